"""Scores of many matrices, looked up where they were measured before: of large layers they take longer than training.

Files lie in `$GROKSCOPE_CACHE/orderedness`, named by a hash of all that they come from. Deleting them loses only time.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import numpy as np
from jaxtyping import Float

from grokscope.folders import cache_folder, whole
from grokscope.probes.orderedness import Scores, scores

VERSION = 1
"""Of what `scores` gives: a change of it makes what was kept before unknown."""


def kept_scores(weights: Float[np.ndarray, "matrices m m"], *, pinned: int, draws: int) -> Scores:
    """As `scores` gives them, from the cache if it has them."""
    path = cache_folder() / "orderedness" / f"{_name(weights, pinned, draws)}.npy"
    with contextlib.suppress(OSError, ValueError, EOFError):  # not there, or not whole: measured anew
        table = np.load(path)
        if table.shape == (len(Scores._fields), len(weights)):
            return Scores(*table)
    measured = scores(weights, pinned=pinned, draws=draws)
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, and nothing else
        _keep(path, np.stack(measured))
    return measured


def _name(weights: Float[np.ndarray, "matrices m m"], pinned: int, draws: int) -> str:
    given = f"{VERSION}|{weights.dtype}|{weights.shape}|{pinned}|{draws}"
    return hashlib.blake2b(np.ascontiguousarray(weights).data, digest_size=16, key=given.encode()).hexdigest()


def _keep(path: Path, table: Float[np.ndarray, "fields matrices"]) -> None:
    with whole(path) as new, new.open("wb") as file:
        np.save(file, table)
