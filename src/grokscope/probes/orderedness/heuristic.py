"""A good order where the best cannot be proven: Eades-Lin-Smyth, insertions until none helps, and again from near by.

Eades, Lin & Smyth (1993) begins; many chains search side by side, each unit in turn to the place where it costs least,
and start again from a disturbed copy of the best they have. Equal matrices give equal orders.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

CHAINS = 16
ROUNDS_PER_UNIT, MOST_ROUNDS = 6, 240
"""Times that every chain starts again from near its best."""
DISTURBANCES, UNITS_PER_DISTURBANCE = 4, 50
"""Units that are put somewhere else each time: so many, and one more for every fifty that there are."""
LEAST_GAIN = 1e-12
"""Of the whole strength: less is rounding."""

Orders = Int[np.ndarray, "chains n"]


def good_order(strengths: Float[np.ndarray, "n n"], *, seed: int = 0, enough: float = -np.inf) -> Int[np.ndarray, " n"]:
    """An order that no insertion of one unit makes better, of many the best. The diagonal is ignored.

    Args:
        enough: a cost at which to stop, such as one that no order can go below.
    """
    n = len(strengths)
    rng = np.random.default_rng(seed)
    skew = strengths - strengths.T
    starts = np.stack([eades_lin_smyth(strengths), *(rng.permutation(n) for _ in range(CHAINS - 1))])
    best, costs = _settled(skew, starts, rng)
    for _ in range(min(MOST_ROUNDS, ROUNDS_PER_UNIT * n)):
        if cost(strengths, best[np.argmin(costs)]) <= enough:
            break
        tried, new = _settled(skew, _disturbed(best, rng), rng)
        better = new < costs
        best[better], costs[better] = tried[better], new[better]
    found: Int[np.ndarray, " n"] = best[np.argmin(costs)]
    return found


def eades_lin_smyth(strengths: Float[np.ndarray, "n n"]) -> Int[np.ndarray, " n"]:
    """Sinks to the back, sources to the front, else to the front who sends most more than it gets."""
    arcs = strengths * (1 - np.eye(len(strengths)))
    out, into, left = arcs.sum(axis=1), arcs.sum(axis=0), np.ones(len(arcs), bool)
    front: list[int] = []
    back: list[int] = []
    while left.any():
        there = np.flatnonzero(left)
        sinks, sources = there[out[there] <= 0], there[into[there] <= 0]
        at_back = len(sinks) > 0
        unit = sinks[0] if at_back else sources[0] if len(sources) else there[np.argmax((out - into)[there])]
        (back if at_back else front).append(unit)
        left[unit] = False
        # summed anew, since differences of floats never come back to zero
        out, into = arcs[:, left].sum(axis=1), arcs[left].sum(axis=0)
    return np.array(front + back[::-1])


def cost(strengths: Float[np.ndarray, "n n"], order: Int[np.ndarray, " n"]) -> float:
    """Strength of the connections into a unit from one before it."""
    return float(np.tril(strengths[np.ix_(order, order)], -1).sum())


def _settled(
    skew: Float[np.ndarray, "n n"], orders: Orders, rng: np.random.Generator
) -> tuple[Orders, Float[np.ndarray, " chains"]]:
    """Insertions until none helps, and what every order then costs, but for a constant.

    A unit costs what it sends to those before it and gets from those behind it: but for a constant the running sum of
    its skew entries along the order, so its best place is where that is least.
    """
    orders = orders.copy()
    chains, n = orders.shape
    least = LEAST_GAIN * np.abs(skew).sum()
    each = np.arange(chains)
    active = each
    while len(active):
        moved = np.zeros(chains, bool)
        for unit in rng.permutation(n):
            mine = orders[active]
            place = np.argmax(mine == unit, axis=1)
            along = np.zeros((len(active), n + 1))
            np.cumsum(skew[unit, mine], axis=1, out=along[:, 1:])
            best = np.argmin(along, axis=1)
            rows = np.arange(len(active))
            for row in np.flatnonzero(along[rows, place] - along[rows, best] > least):
                _insert(orders[active[row]], int(place[row]), int(best[row]))
                moved[active[row]] = True
        active = each[moved]
    ordered = skew[orders[:, :, None], orders[:, None, :]]
    return orders, np.tril(ordered, -1).sum(axis=(1, 2))


def _insert(order: Int[np.ndarray, " n"], place: int, slot: int) -> None:
    """Takes the unit at `place` out and puts it before what was at `slot`."""
    unit = order[place]
    if slot > place:
        order[place : slot - 1] = order[place + 1 : slot]
        order[slot - 1] = unit
    else:
        order[slot + 1 : place + 1] = order[slot:place]
        order[slot] = unit


def _disturbed(orders: Orders, rng: np.random.Generator) -> Orders:
    """Every order with a few units somewhere else."""
    orders = orders.copy()
    n = orders.shape[1]
    for order in orders:
        for place, slot in rng.integers(0, n, (DISTURBANCES + n // UNITS_PER_DISTURBANCE, 2)):
            _insert(order, int(place), int(slot))
    return orders
