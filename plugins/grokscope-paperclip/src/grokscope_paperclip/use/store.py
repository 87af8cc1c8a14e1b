"""Embeddings of a data folder's images, kept beside the manifest rows that they are of."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from grokscope.spec import InputError
from grokscope_paperclip.data.layout import write_whole

VECTORS, ROWS, FACTS = "vectors.npy", "rows.parquet", "index.json"
SHOWN = (
    "proposal",
    "filename",
    "instrument",
    "detector",
    "filters",
    "cycle",
    "category",
    "title",
    "target",
    "abstract",
    "split",
)


@dataclass(frozen=True)
class Store:
    """Vectors (crops, dim) of unit length, `owner` (crops,) the image of each, a row of `rows` an image."""

    vectors: np.ndarray
    owner: np.ndarray
    rows: pd.DataFrame
    facts: dict[str, Any]


def write_store(store: Store, folder: Path) -> None:
    """Write a store; its index last, so that it is there whole or not at all."""
    (folder / FACTS).unlink(missing_ok=True)
    buffer = io.BytesIO()
    np.savez(buffer, vectors=store.vectors.astype(np.float32), owner=store.owner.astype(np.int64))
    write_whole(folder / VECTORS, buffer.getvalue())
    write_whole(folder / ROWS, store.rows.to_parquet(index=False))
    write_whole(folder / FACTS, json.dumps(store.facts, indent=1).encode())


def read_store(folder: Path) -> Store:
    """A store.

    Raises:
        InputError: there is none, or its parts do not belong together.
    """
    try:
        facts = json.loads((folder / FACTS).read_text())
        with np.load(folder / VECTORS, allow_pickle=False) as arrays:
            vectors, owner = arrays["vectors"], arrays["owner"]
        rows = pd.read_parquet(folder / ROWS)
    except FileNotFoundError:
        raise InputError(f"{folder}: found no embeddings, expected some (`grokscope paperclip embed`)") from None
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder}: found {str(error).splitlines()[0]}, expected what embed wrote") from None
    if len(vectors) != len(owner) or (len(owner) and owner.max() >= len(rows)):
        raise InputError(f"{folder}: found {len(vectors)} vectors of {len(rows)} images, expected what embed wrote")
    return Store(vectors, owner, rows, facts)
