"""What makes a matrix smaller without changing which order is best: pinned units, pairs, strongly connected parts."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int


def pinned_cost(strengths: Float[np.ndarray, "*matrices m m"], pinned: int) -> Float[np.ndarray, "*matrices"]:
    """What every order costs whose first `pinned` units stand where they are: all connections that leave a pinned unit
    for one behind it."""
    cost: Float[np.ndarray, "*matrices"] = np.tril(strengths, -1)[..., :pinned].sum(axis=(-2, -1))
    return cost


def without_pairs(strengths: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """Only what the stronger connection of each pair has more than the other: the rest costs the same in any order."""
    more: Float[np.ndarray, "n n"] = np.maximum(strengths - strengths.T, 0)
    return more


def parts(strengths: Float[np.ndarray, "n n"]) -> list[Int[np.ndarray, " units"]]:
    """Strongly connected parts in an order that costs nothing: no connection runs into a part from one before it."""
    reach = _reachable(strengths > 0)
    reached, units = reach.sum(axis=1), np.arange(len(reach))
    first = np.where(reach & reach.T, units, len(reach)).min(axis=1, initial=len(reach))
    leaders = sorted(set(first.tolist()), key=lambda unit: (-reached[unit], unit))
    return [np.flatnonzero(first == leader) for leader in leaders]


def _reachable(adjacent: Bool[np.ndarray, "n n"]) -> Bool[np.ndarray, "n n"]:
    """Along any number of connections; every unit reaches itself. Whoever reaches more units comes first."""
    reach = (adjacent | np.eye(len(adjacent), dtype=bool)).astype(np.float32)
    while True:
        further = (reach @ reach > 0).astype(np.float32)
        if (further == reach).all():
            return reach > 0
        reach = further
