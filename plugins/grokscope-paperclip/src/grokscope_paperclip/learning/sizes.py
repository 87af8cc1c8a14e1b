"""The name of a base model in a spec, and its number of parameters."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import torch

from grokscope.spec import InputError
from grokscope_paperclip.learning.configuration import tiny_config
from grokscope_paperclip.learning.parts import Clip

PUBLISHED_SIZES = {"openai/clip-vit-base-patch16": 149_620_737, "openai/clip-vit-large-patch14": 427_616_513}
_folders: dict[str, Path] = {}
"""Digest -> the folder of a local model."""


@lru_cache(maxsize=64)
def count(net: Clip) -> int:
    """P: parameters of both towers, counted without making them; 0 for a hub's model of unknown size."""
    from transformers import CLIPConfig, CLIPModel

    if net.base in PUBLISHED_SIZES:
        return PUBLISHED_SIZES[net.base]
    if net.base != "tiny" and net.base not in _folders:
        return 0
    config = tiny_config(net) if net.base == "tiny" else CLIPConfig.from_pretrained(_folders[net.base])
    with torch.device("meta"):
        return sum(weight.numel() for weight in CLIPModel(config).parameters())


def digest(folder: Path) -> str:
    """`local:` and a hash of a model's configuration and weights.

    Raises:
        InputError: there is no model in it.
    """
    files = sorted(path for path in folder.glob("*") if path.suffix == ".safetensors" or path.name == "config.json")
    if not any(path.suffix == ".safetensors" for path in files) or len(files) < 2:
        raise InputError(f"{folder}: found no config.json and *.safetensors, expected a CLIP model's folder")
    whole = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            whole.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    named = f"local:{whole.hexdigest()[:16]}"
    _folders[named] = folder
    return named
