"""Orderedness of many small matrices at once, and what chance gives: the same entries in other places.

Orderedness rises with sparsity and falls with size whatever a network learned, so that only the excess over the null
can be compared: D_q less the mean D_q of random relocations of the off-diagonal entries (same entries, same diagonal,
same pins).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Real

from grokscope.probes.orderedness.measure import orderedness
from grokscope.probes.orderedness.parts import pinned_cost
from grokscope.probes.orderedness.subsets import best_orders

TOGETHER = 12
"""Free units up to which all matrices are ordered together, exactly; larger ones are searched one after another."""
DRAWS = 10

Each = Float[np.ndarray, " matrices"]


class Scores(NamedTuple):
    """A number for every matrix; NaN where it has no connection, or one that is NaN.

    Attributes:
        value: D_q.
        off_diagonal: O_q, the same without self-connections.
        diagonal_share: of the whole strength, what is in self-connections.
        null: mean D_q of the relocations.
        excess: value - null.
        gap: how much greater the value may be: 0 where it is proven.
    """

    value: Each
    off_diagonal: Each
    diagonal_share: Each
    null: Each
    excess: Each
    gap: Each


class Costs(NamedTuple):
    """What the best order that was found of every matrix costs, in its own strength, and how much less the best of all
    may; NaN where an entry is."""

    found: Each
    short: Each


def scores(weights: Real[np.ndarray, "matrices m m"], *, pinned: int = 0, draws: int = DRAWS, seed: int = 0) -> Scores:
    """Orderedness of every matrix with its null.

    Matrices of up to `TOGETHER` free units are exact. Larger ones, and their relocations, are searched with a bound and
    without an integer programme, which may take half a minute each: there are thousands, and the search misses a matrix
    and its relocations by about as little.

    Args:
        pinned: q, so many first units keep their positions.
        draws: relocations of every matrix.
        seed: of the relocations.
    """
    strengths = np.abs(np.asarray(weights, np.float64))
    total, diagonal = strengths.sum(axis=(1, 2)), np.trace(strengths, axis1=1, axis2=2)
    cost, short = costs(strengths, pinned)
    rng = np.random.default_rng(seed)
    null = np.mean([costs(relocated(strengths, rng), pinned).found for _ in range(draws)], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        value, chance = 1 - cost / total, 1 - null / total
        off_diagonal = 1 - cost / np.where(total > diagonal, total - diagonal, np.nan)
        return Scores(value, off_diagonal, diagonal / total, chance, value - chance, short / total)


def costs(strengths: Float[np.ndarray, "matrices m m"], pinned: int = 0) -> Costs:
    """Of every matrix, exact up to `TOGETHER` free units."""
    whole = np.isfinite(strengths).all(axis=(1, 2))
    found, short = (np.full(len(strengths), np.nan) for _ in Costs._fields)
    free = strengths[whole, pinned:, pinned:]
    if free.shape[-1] <= TOGETHER:
        least, _ = best_orders(free, order=False)
        missing = np.zeros(len(free))
    else:
        best = [orderedness(matrix, method="heuristic") for matrix in free]
        sums = free.sum(axis=(1, 2))
        least = sums * [1 - one.value if one.value == one.value else 0.0 for one in best]
        missing = sums * [one.gap for one in best]
    found[whole], short[whole] = pinned_cost(strengths[whole], pinned) + least, missing
    return Costs(found, short)


def relocated(
    strengths: Float[np.ndarray, "matrices m m"], rng: np.random.Generator
) -> Float[np.ndarray, "matrices m m"]:
    """Every matrix with its off-diagonal entries in other places, each as likely as any."""
    moved = strengths.copy()
    elsewhere = ~np.eye(strengths.shape[-1], dtype=bool)
    moved[:, elsewhere] = rng.permuted(strengths[:, elsewhere], axis=1)
    return moved
