"""Cells compared at equal seeds: their networks began alike, so that their difference is known better than each.

A difference is that of the excess over the null, seed by seed, with Student's interval over seeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from grokscope.laws.results import Estimate
from grokscope.laws.statistics.seeds import mean_over_seeds
from grokscope.studies.order.cells import UNPRUNED, Cell, named
from grokscope.studies.order.measured import OUTPUTS

RISING, FOR_GOOD, TOP_K = "rising ", " for good", "top k"


def difference(frame: pd.DataFrame, other: pd.DataFrame) -> Estimate:
    """Excess of one cell less that of another at one epoch of each, over the seeds that both have.

    Args:
        frame, other: rows of `measured`, of one epoch and one choice of pins.
    """
    mine, theirs = (rows.set_index("seeds")["excess"] for rows in (frame, other))
    both = mine.index.intersection(theirs.index, sort=False)
    return mean_over_seeds((mine[both] - theirs[both]).to_numpy(float))


def at(frame: pd.DataFrame, epoch: int) -> pd.DataFrame:
    """Rows of an epoch, outputs pinned."""
    return frame[(frame["epoch"] == epoch) & (frame["pins"] == OUTPUTS)]


def last(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of the last epoch, outputs pinned."""
    return at(frame, int(frame["epoch"].max()))


def pairs(frames: Mapping[Cell, pd.DataFrame]) -> pd.DataFrame:
    """Every cell against those it is to be told from; columns: what names it, against, seeds,
    difference with interval."""
    by_key = {cell.key: frame for cell, frame in frames.items()}
    rows = []
    for cell, frame in frames.items():
        for scheme, value in rivals(cell):
            rival = by_key.get(like(cell, scheme, value))
            if rival is not None:
                found = difference(last(frame), last(rival))
                against = scheme if value is None else f"{scheme} {value:g}"
                rows.append(named(cell) | {"against": against, "seeds": found.n} | interval("difference", found))
    return pd.DataFrame(rows)


def rivals(cell: Cell) -> Iterator[tuple[str, float | None]]:
    """Schemes, and their strengths, that a cell's is to be told from: none; the same without its schedule or its mask;
    of magnitude pruning a random choice of as many, of rewinding the schedule."""
    scheme, value = cell.scheme, cell.value
    if scheme != UNPRUNED:
        yield UNPRUNED, None
    if scheme.endswith(FOR_GOOD):
        yield scheme.removesuffix(FOR_GOOD), value
    elif scheme.startswith(RISING):
        yield scheme.removeprefix(RISING), value
    if scheme in (TOP_K, RISING + TOP_K):
        yield "random", round(1 - value, 6)
    if scheme == "rewinding":
        yield RISING + TOP_K, value


def like(cell: Cell, scheme: str, value: float | None) -> tuple[Any, ...]:
    """The key of the cell that is like this one under another scheme."""
    task, _, _, *rest = cell.key
    return (task, scheme, value, *rest)


def interval(name: str, found: Estimate) -> dict[str, float]:
    """An estimate as the columns `name`, `name_low` and `name_high`."""
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
