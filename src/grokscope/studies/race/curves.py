"""Learning curves packed for the page: so thin that 20 000 runs still load at once, and exact where they are drawn."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping

import numpy as np

COLUMNS = ("running_acc", "train_acc", "val_acc")
SCALE = 50_000
"""Accuracy 1 as a whole number of 16 bits; 65 535 stands for no value."""
BUDGET = 4_500_000
"""bytes for all curves together, before they are written as text."""
MOST, FEWEST = 240, 16


def points_per_curve(n_runs: int) -> int:
    """How many points of each curve the budget allows."""
    return int(np.clip(BUDGET // (2 * len(COLUMNS) * max(n_runs, 1)), FEWEST, MOST))


def drawn_epochs(last: int, points: int) -> np.ndarray:
    """(points,) epochs from 1 to `last`, evenly in log; the page computes the same from `last`."""
    return np.rint(last ** (np.arange(points) / (points - 1))).astype(int)


def packed(
    identities: Iterable[str], traces: Mapping[str, Mapping[str, np.ndarray]], points: int
) -> tuple[dict[str, int], str]:
    """(identity -> row, base64 of little-endian uint16 of shape (rows, 3, points)) for the runs that have a trace.

    A trace without an epoch counts as none.
    A row's bytes are a multiple of three, so that the page can decode the text of one row alone.
    """
    rows: dict[str, int] = {}
    blocks: list[np.ndarray] = []
    for identity in identities:
        trace = traces.get(identity)
        last = 0 if trace is None else len(trace[COLUMNS[0]])
        if trace is None or not last:
            continue
        at = drawn_epochs(last, points) - 1
        values = np.array([np.asarray(trace[column])[at] for column in COLUMNS], np.float64)
        known = np.clip(np.rint(np.nan_to_num(values) * SCALE), 0, SCALE)
        rows[identity] = len(blocks)
        blocks.append(np.where(np.isnan(values), 65_535, known).astype("<u2"))
    return rows, base64.b64encode(b"".join(block.tobytes() for block in blocks)).decode()
