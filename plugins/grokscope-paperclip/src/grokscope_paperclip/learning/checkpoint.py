"""A run in flight as one file: weights, optimiser, trace and the best weights so far, sealed by a checksum."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import torch

from grokscope_paperclip.data.layout import write_whole
from grokscope_paperclip.learning.run import FineTune

DIGEST = 32


def keep(path: Path, run: FineTune, state: dict[str, Any]) -> None:
    """Replace the checkpoint at `path`, whole or not at all."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_whole(path, _seal(run, buffer.getvalue()) + buffer.getvalue())


def restore(path: Path, run: FineTune) -> dict[str, Any] | str | None:
    """The state, None if there is none, or a line that says why it is not used."""
    if not path.exists():
        return None
    content = path.read_bytes()
    if content[:DIGEST] != _seal(run, content[DIGEST:]):
        return f"{path}: the checksum does not match, so the run begins anew"
    state: dict[str, Any] = torch.load(io.BytesIO(content[DIGEST:]), weights_only=True, map_location="cpu")
    if not all(isinstance(row, dict) for row in state["trace"]):
        return f"{path}: an earlier version made it, so the run begins anew"
    return state


def _seal(run: FineTune, body: bytes) -> bytes:
    return hashlib.sha256(run.identity.encode() + body).digest()
