"""The best order exactly, by dynamic programming over sets of units: for many small matrices at once.

f(S) is the least cost of having the units of S at the front: f(S + v) = min over v of f(S) + sum_{u in S} A[v, u].
2^n numbers, n 2^n steps; a layer of sets of one size after the other, so that each is a few array operations.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int

MOST_UNITS = 20
"""2^20 sets take about a gigabyte and a few seconds."""
CELLS = 2**22
"""Numbers that are held at once when many matrices are taken together."""

Step = tuple[int, Int[np.ndarray, " sets"], Int[np.ndarray, " sets"]]


@lru_cache(maxsize=MOST_UNITS + 1)
def _steps(n: int) -> tuple[Step, ...]:
    """(unit, sets without it, the same sets with it), smaller sets first."""
    sets = np.arange(2**n)
    size = np.bitwise_count(sets)
    steps = []
    for layer in range(n):
        of_size = sets[size == layer]
        for unit in range(n):
            without = of_size[(of_size >> unit) & 1 == 0]
            steps.append((unit, without, without | (1 << unit)))
    return tuple(steps)


def best_orders(
    strengths: Float[np.ndarray, "matrices n n"], *, order: bool = True
) -> tuple[Float[np.ndarray, " matrices"], Int[np.ndarray, "matrices n"] | None]:
    """Least cost of every matrix, and an order that has it; of equally good ones one near the natural order.

    Args:
        strengths: not negative; the diagonal is ignored.
        order: whether orders are wanted too.

    Raises:
        ValueError: more than `MOST_UNITS` units.
    """
    count, n, _ = strengths.shape
    if n > MOST_UNITS:
        raise ValueError(f"strengths: found {n} units, expected at most {MOST_UNITS} for the exact way over sets")
    together = max(1, CELLS // (2**n * max(n, 1)))
    costs, orders = np.empty(count), np.empty((count, n), np.int64) if order else None
    for first in range(0, count, together):
        part = slice(first, first + together)
        least, before = _least(strengths[part])
        costs[part] = least[-1]
        if orders is not None:
            orders[part] = _traced_back(least, before)
    return costs, orders


def _least(
    strengths: Float[np.ndarray, "matrices n n"],
) -> tuple[Float[np.ndarray, "sets matrices"], Float[np.ndarray, "n sets matrices"]]:
    """f of every set, and what each unit costs right behind each set."""
    count, n, _ = strengths.shape
    members = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    before = members.astype(float) @ strengths.transpose(1, 2, 0)
    least = np.full((2**n, count), np.inf)
    least[0] = 0
    for unit, without, joined in _steps(n):
        least[joined] = np.minimum(least[joined], least[without] + before[unit, without])
    return least, before


def _traced_back(
    least: Float[np.ndarray, "sets matrices"], before: Float[np.ndarray, "n sets matrices"]
) -> Int[np.ndarray, "matrices n"]:
    """From the whole set backwards, the unit that came last; of several the one with the greatest number."""
    n, _, count = before.shape
    each, units = np.arange(count), np.arange(n)[:, None]
    left = np.full(count, 2**n - 1)
    orders = np.empty((count, n), np.int64)
    for position in reversed(range(n)):
        rest = left & ~(1 << units)
        cost = np.where((left >> units) & 1 == 1, least[rest, each] + before[units, rest, each], np.inf)
        last = n - 1 - np.argmin(cost[::-1], axis=0)
        orders[:, position], left = last, left & ~(1 << last)
    return orders
