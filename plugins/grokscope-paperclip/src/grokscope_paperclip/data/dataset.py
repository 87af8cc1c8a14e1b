# mypy: no-warn-return-any
"""Shards as a data set in memory: pictures decoded when they are wanted, captions ready to be tokenised."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from PIL import Image

from grokscope.spec import InputError
from grokscope_paperclip.data.layout import Folder
from grokscope_paperclip.data.manifest import Summary

Captions = Literal["summary", "abstract", "objects"]
DECODED_AT_MOST = 2**30
"""Bytes of decoded pictures that are kept; beyond it they are decoded anew each time."""


@dataclass(frozen=True)
class Dataset:
    """One split. `frame`: manifest rows with `image` (JPEG bytes), a row an image, in the manifest's order."""

    frame: pd.DataFrame
    size: int
    colour: bool
    digest: str

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def proposals(self) -> np.ndarray:
        """(images,) proposal of every image."""
        return self.frame["proposal"].to_numpy()

    @cached_property
    def pictures(self) -> np.ndarray | None:
        """uint8 (images, size, size, channels), or None if that is too much to keep."""
        channels = 3 if self.colour else 1
        if len(self) * self.size**2 * channels > DECODED_AT_MOST:
            return None
        return self._decode(np.arange(len(self)))

    def get(self, rows: np.ndarray) -> np.ndarray:
        """uint8 (rows, size, size, channels)."""
        return self._decode(rows) if self.pictures is None else self.pictures[rows]

    def _decode(self, rows: np.ndarray) -> np.ndarray:
        images = self.frame["image"].to_numpy()[rows]
        with ThreadPoolExecutor() as pool:
            found = list(pool.map(_pixels, images))
        return np.stack(found) if found else np.zeros((0, self.size, self.size, 1), np.uint8)

    def captions(self, kind: Captions) -> list[str]:
        """A text an image.

        Raises:
            InputError: there are no summaries, and those were asked for.
        """
        if kind == "abstract":
            return [str(text) for text in self.frame["abstract"]]
        if not len(self) or not min(len(objects) for objects in self.frame["objects"]):
            raise InputError(
                "captions: found images without a summary, expected one each "
                "(`grokscope paperclip summarize`, then `build`)"
            )
        summaries = [
            Summary(tuple(o), tuple(u)) for o, u in zip(self.frame["objects"], self.frame["uses"], strict=True)
        ]
        return [summary.caption if kind == "summary" else ", ".join(summary.objects) for summary in summaries]

    def only(self, rows: np.ndarray) -> Dataset:
        """Some of the images."""
        return Dataset(self.frame.iloc[rows].reset_index(drop=True), self.size, self.colour, self.digest)


def _pixels(data: bytes) -> np.ndarray:
    pixels = np.asarray(Image.open(io.BytesIO(data)))
    return pixels.reshape(*pixels.shape[:2], -1)


def index_of(folder: Folder) -> dict[str, Any]:
    """The index that `build` wrote of the shards: digest, size, colour, split, shards.

    Raises:
        InputError: nothing has been built.
    """
    path = folder.shards / "index.json"
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        raise InputError(f"{path}: found no file, expected shards (`grokscope paperclip build`)") from None
    except ValueError as error:
        raise InputError(f"{path}: found {error}, expected the index that build wrote") from None


def load(folder: Folder, split: str) -> Dataset:
    """A split of a built data folder.

    Raises:
        InputError: it has not been built, has no such split, or a shard is damaged.
    """
    index = index_of(folder)
    names = [shard["file"] for shard in index["shards"] if shard["split"] == split]
    if not names:
        raise InputError(f"split: found {split!r} without images, expected one of train, val, test with some")
    try:
        frames = [pd.read_parquet(folder.shards / name) for name in names]
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder.shards}: found {str(error).splitlines()[0]}, expected the shards that build wrote"
        ) from None
    return Dataset(pd.concat(frames, ignore_index=True), index["size"], index["colour"], index["digest"])
