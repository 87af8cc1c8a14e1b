"""What no order can cost less than: a bound from the relaxation in which no three units are in a circle.

The linear programme over 0 <= x_ij <= 1 with 0 <= x_ij + x_jk - x_ik <= 1 for every three units i < j < k has too many
rows for a solver at a hundred units. Its dual has one number d for every three units, any of which give a bound:

    L(d) = sum_{i<j} min(strength[i, j], strength[j, i] + what the three-unit terms add) - sum max(d, 0)

so that an ascent can end whenever it likes. It climbs by accelerated proximal gradients on the minimum smoothed at a
temperature that falls (Nesterov 2005; Beck & Teboulle 2009); the bound that is told is that of the unsmoothed L.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int

MOST_UNITS = 250
"""2.6 million threes: a few hundred megabytes."""
WORK, FEWEST_STEPS, MOST_STEPS = 2e8, 160, 640
"""Steps times threes; seconds."""
WARM, COLD = 0.3, 0.003
"""Temperatures at the beginning and the end, in units of the mean strength difference."""
LOOKS = 8
"""Steps between two looks at the unsmoothed bound."""

Pairs = Float[np.ndarray, " pairs"]
Threes = Float[np.ndarray, " threes"]


def least_cost(strengths: Float[np.ndarray, "n n"]) -> float:
    """A bound on what any order of these units costs: strength of connections into a unit from one before it.

    Never below the bound of pairs, each of which costs at least its weaker side; up to `MOST_UNITS` units better.
    """
    n = len(strengths)
    i, j = np.triu_indices(n, 1)
    pairs = float(np.minimum(strengths[i, j], strengths[j, i]).sum())
    skew = strengths[j, i] - strengths[i, j]
    scale = float(np.abs(skew).mean()) if len(skew) else 0.0
    if not 3 <= n <= MOST_UNITS or scale == 0:
        return pairs
    constant = float(strengths[i, j].sum())
    threes = n * (n - 1) * (n - 2) // 6
    steps = int(np.clip(WORK / threes, FEWEST_STEPS, MOST_STEPS))
    return max(pairs, constant + scale * _climbed(skew / scale, n, steps))


def _climbed(cost: Pairs, n: int, steps: int) -> float:
    """The best L(d) on the way, of x_ij = 1 costing `cost`."""
    threes = _threes(n)
    d = np.zeros(len(threes[0]))
    ahead, momentum, best = d, 1.0, -np.inf
    for step in range(steps):
        temperature = WARM * (COLD / WARM) ** (step / max(1, steps - 1))
        rate = (
            4 * temperature / n
        )  # n is the largest eigenvalue of threes over pairs, 1 / (4 temperature) the curvature
        x = _share(_reduced(cost, ahead, threes) / temperature)
        moved = ahead + rate * (x[threes[0]] + x[threes[1]] - x[threes[2]])
        new = np.where(moved > 0, np.maximum(moved - rate, 0), moved)
        after = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + (momentum - 1) / after * (new - d)
        d, momentum = new, after
        if step % LOOKS == LOOKS - 1 or step == steps - 1:
            best = max(best, float(np.minimum(_reduced(cost, d, threes), 0).sum() - np.maximum(d, 0).sum()))
    return best


def _reduced(cost: Pairs, d: Threes, threes: Int[np.ndarray, "3 threes"]) -> Pairs:
    """What x_ij = 1 costs with the three-unit terms."""
    n_pairs = len(cost)
    first, second, third = (np.bincount(column, d, n_pairs) for column in threes)
    reduced: Pairs = cost + first + second - third
    return reduced


def _share(cost: Pairs) -> Pairs:
    """x of the smoothed minimum: 1 where x = 1 costs much less than nothing."""
    share: Pairs = 1 / (1 + np.exp(np.clip(cost, -50, 50)))
    return share


@lru_cache(maxsize=1)
def _threes(n: int) -> Int[np.ndarray, "3 threes"]:
    """Numbers of the pairs ij, jk and ik of every three units i < j < k."""
    number = np.zeros((n, n), np.int32)
    number[np.triu_indices(n, 1)] = np.arange(n * (n - 1) // 2)
    i, j = np.triu_indices(n, 1)
    rest = n - 1 - j
    i, j = np.repeat(i, rest), np.repeat(j, rest)
    k = np.arange(len(j)) - np.repeat(np.cumsum(rest) - rest, rest) + j + 1
    return np.stack([number[i, j], number[j, k], number[i, k]])
