# mypy: no-warn-return-any, no-disallow-untyped-decorators
"""A model that is kept: its folder in transformers' format, with tokenizer, preprocessing and the run it came from."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from grokscope.spec import InputError
from grokscope_paperclip.data.pictures import centre_crop
from grokscope_paperclip.learning.model import Towers, load_clip
from grokscope_paperclip.learning.tokens import Caption, Captions

Array = np.ndarray
MEAN, STD = (0.4815, 0.4578, 0.4082), (0.2686, 0.2613, 0.2758)
"""Mean and standard deviation of CLIP's pictures, channel by channel."""

EXTRA, FACTS = "grokscope.safetensors", "grokscope.json"


def pixels(pictures: Array) -> torch.Tensor:
    """uint8 (n, crop, crop, 1 or 3) -> float32 (n, 3, crop, crop), normalised; one channel becomes three."""
    whole = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    return (whole.expand(-1, 3, -1, -1) - mean) / std


@dataclass
class Model:
    """Towers with everything that is needed to embed pictures and texts.

    Attributes:
        size: the side that pictures are made square at, before a crop of `crop` is taken of them.
        facts: what `grokscope.json` says: the run's identity and spec, among others.
    """

    towers: Towers
    tokenizer: Any
    crop: int
    context: int
    size: int
    colour: bool
    facts: dict[str, Any]

    @torch.inference_mode()
    def embed_pictures(self, pictures: Array, *, batch: int = 256) -> Array:
        """float32 (n, dim) unit vectors of uint8 (n, s, s, channels) pictures' middles."""
        self.towers.eval()
        device = self.towers.bias.device
        found = [
            self.towers.images(pixels(centre_crop(pictures[i : i + batch], self.crop)).to(device)).float().cpu().numpy()
            for i in range(0, len(pictures), batch)
        ]
        return np.concatenate(found) if found else np.zeros((0, self.dim), np.float32)

    @torch.inference_mode()
    def embed_texts(self, texts: list[str], *, batch: int = 256) -> Array:
        """float32 (n, dim) unit vectors; a text longer than the context is the mean of its windows."""
        self.towers.eval()
        device, maker = self.towers.bias.device, Captions(self.tokenizer, [], self.context, whole=True)
        windows, owner = [], []
        for n, text in enumerate(texts):
            caption = Caption(self.tokenizer, text, whole=False)
            fits = caption.windows(maker.budget)
            windows += fits
            owner += [n] * len(fits)
        total = np.zeros((len(texts), self.dim), np.float32)
        for start in range(0, len(windows), batch):
            ids, mask = maker.pad(windows[start : start + batch])
            vectors = self.towers.texts(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
            np.add.at(total, np.array(owner[start : start + batch]), vectors.float().cpu().numpy())
        return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)

    @property
    def dim(self) -> int:
        return int(self.towers.clip.config.projection_dim)

    @property
    def scale(self) -> float:
        return float(self.towers.scale.detach())

    @property
    def n_params(self) -> int:
        return sum(weight.numel() for weight in self.towers.parameters()) - 1  # the bias is the loss's


def save(model: Model, folder: Path) -> None:
    """Write a model's folder, whole or not at all, in place of what was there."""
    folder = folder.absolute()
    new, old = (folder.with_name(f".{folder.name}.{kind}-{os.getpid()}") for kind in ("new", "old"))
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    model.towers.clip.save_pretrained(new)
    model.tokenizer.save_pretrained(new)
    extra = {k: v.contiguous() for k, v in model.towers.state_dict().items() if not k.startswith("clip.")}
    save_file(extra, new / EXTRA)
    facts = model.facts | {
        "crop": model.crop,
        "context": model.context,
        "size": model.size,
        "colour": model.colour,
        "head": model.towers.heads is not None,
        "scaling": model.towers.scaling,
    }
    (new / FACTS).write_text(json.dumps(facts, indent=1))
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def load(source: str | Path, *, size: int = 512, colour: bool = False) -> Model:
    """A kept model, or any CLIP model from a folder or the hub: then pictures are made square at `size`.

    Raises:
        InputError: there is none, or its folder is damaged.
    """
    from transformers import AutoTokenizer

    folder = Path(source)
    clip = load_clip(str(source))
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(source))
        facts = json.loads((folder / FACTS).read_text()) if (folder / FACTS).exists() else {}
        towers = Towers(clip, head=facts.get("head", False), scale=facts.get("scaling", "exp"))
        if (folder / EXTRA).exists():
            towers.load_state_dict(load_file(folder / EXTRA), strict=False)
    except (OSError, ValueError, KeyError) as error:
        said = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise InputError(f"{source}: {said} (expected a model's folder with its tokenizer)") from error
    crop, context = clip.config.vision_config.image_size, clip.config.text_config.max_position_embeddings
    return Model(
        towers.eval(), tokenizer, crop, context, facts.get("size", max(size, crop)), facts.get("colour", colour), facts
    )
