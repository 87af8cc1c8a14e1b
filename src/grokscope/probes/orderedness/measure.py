"""`orderedness`: of one matrix of any size, exactly or with how far it is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Float, Int, Real

from grokscope.probes.orderedness import heuristic
from grokscope.probes.orderedness.bound import least_cost
from grokscope.probes.orderedness.parts import parts, without_pairs
from grokscope.probes.orderedness.subsets import best_orders

Method = Literal["auto", "exact", "dp", "ilp", "heuristic"]
METHODS: tuple[Method, ...] = get_args(Method)
AT_ONCE, BY_SUBSETS = 12, 16
"""Units up to which a part is solved over its subsets unless a method is named: at once, and in a second, if a search
does not meet its bound before."""
BY_PROGRAMME = 40
"""Units up to which `auto` tries the integer programme; beyond, its time is mostly over before it proves anything."""
PROVEN = 1e-9
"""Of the strength of a part: an order that is no further from the bound is the best, but for rounding."""


@dataclass(frozen=True)
class Orderedness:
    """How well a matrix can be ordered.

    Attributes:
        value: D = 1 - cost / strength of all connections, self-connections included. NaN where there is none, or one
            that is NaN.
        order: the unit at each position; empty for NaN weights.
        gap: how much greater the true value may be: 0 where `value` is proven best, NaN where the value is because
            weights are.
        off_diagonal: the same share without self-connections; NaN where there are no others.
        diagonal_share: of the whole strength, what is in self-connections.
        method: `dp`, `ilp` or `heuristic`: how the order of the part was found that was hardest. `gap` says whether it
            is proven: a heuristic's order is too where it costs what the relaxation says that every order does.
    """

    value: float
    order: tuple[int, ...]
    gap: float
    off_diagonal: float
    diagonal_share: float
    method: str


class _Found(NamedTuple):
    """An order of a part, how much less strength the best may cost, and how it was found."""

    order: Int[np.ndarray, " n"]
    short: float
    method: str


def orderedness(
    weights: Real[np.ndarray, "m m"], *, pinned: int = 0, method: Method = "auto", seconds: float = 30.0, seed: int = 0
) -> Orderedness:
    """D_q of a square matrix of connection strengths; signs do not count.

    A network without any connection has no orderedness: its value is NaN, as 0 / 0, with the natural order and gap 0.

    Args:
        weights: entry [i, j] is the connection from unit j into unit i.
        pinned: q, so many first units keep their positions: the outputs, which only receive.
        method: `dp` over subsets and `ilp`, an integer programme with a proof, for each strongly connected part;
            `heuristic` is a search, with the bound of a relaxation (see `bound`). `exact` is the first where a part is
            small, and where it is not the third and, if that proves nothing, the second without end; `auto` is the same
            with an end, and says with `gap` how far it is known.
        seconds: that the integer programmes of `auto` and `ilp` may take for a part.
        seed: of the heuristic.

    Raises:
        ValueError: not a square matrix, more pinned than there are units, an unknown method, too many units for `dp`.
    """
    strengths = np.abs(np.asarray(weights, np.float64))
    _check(strengths, pinned, method)
    natural = tuple(range(len(strengths)))
    total, diagonal = float(strengths.sum()), float(np.trace(strengths))
    if not np.isfinite(total):
        return Orderedness(np.nan, (), np.nan, np.nan, np.nan, method)
    if total == 0:
        return Orderedness(np.nan, natural, 0.0, np.nan, np.nan, method)
    free = strengths[pinned:, pinned:]
    more = without_pairs(free)
    found = [(part, _ordered(more[np.ix_(part, part)], method, seconds, seed)) for part in parts(more)]
    behind = [part[one.order] + pinned for part, one in found]
    order = np.concatenate([np.arange(pinned), *behind]).astype(np.int64)
    cost = heuristic.cost(strengths, order)
    methods = {one.method for _, one in found}
    off_diagonal = total - diagonal
    return Orderedness(
        value=1 - cost / total,
        order=tuple(order.tolist()),
        gap=sum(one.short for _, one in found) / total,
        off_diagonal=1 - cost / off_diagonal if off_diagonal > 0 else np.nan,
        diagonal_share=diagonal / total,
        method=next((name for name in ("heuristic", "ilp") if name in methods), "dp"),
    )


def _check(strengths: Float[np.ndarray, "..."], pinned: int, method: str) -> None:
    if strengths.ndim != 2 or strengths.shape[0] != strengths.shape[1]:
        raise ValueError(f"weights: found the shape {strengths.shape}, expected a square matrix")
    if not 0 <= pinned <= len(strengths):
        raise ValueError(f"pinned: found {pinned}, expected 0 to {len(strengths)}, the number of units")
    if method not in METHODS:
        raise ValueError(f"method: found {method!r}, expected one of {', '.join(METHODS)}")


def _ordered(more: Float[np.ndarray, "n n"], method: Method, seconds: float, seed: int) -> _Found:
    """A strongly connected part, of which no pair has connections both ways."""
    n = len(more)
    if n == 1:
        return _Found(np.zeros(1, np.int64), 0.0, "dp")
    exactly = method in ("auto", "exact")
    if method == "dp" or (exactly and n <= AT_ONCE):
        return _by_subsets(more)
    searched = None if method == "ilp" else _searched(more, seed)
    if searched and (searched.short == 0 or method == "heuristic" or (method == "auto" and n > BY_PROGRAMME)):
        return searched
    if exactly and n <= BY_SUBSETS:
        return _by_subsets(more)
    return _by_programme(more, math.inf if method == "exact" else seconds, searched or _searched(more, seed))


def _by_subsets(more: Float[np.ndarray, "n n"]) -> _Found:
    _, orders = best_orders(more[None])
    assert orders is not None
    return _Found(orders[0], 0.0, "dp")


def _searched(more: Float[np.ndarray, "n n"], seed: int) -> _Found:
    """The heuristic's order; the best, if it costs no more than every order does."""
    bound, slack = least_cost(more), PROVEN * float(more.sum())
    order = heuristic.good_order(more, seed=seed, enough=bound + slack)
    short = heuristic.cost(more, order) - bound
    return _Found(order, short if short > slack else 0.0, "heuristic")


def _by_programme(more: Float[np.ndarray, "n n"], seconds: float, searched: _Found) -> _Found:
    """The solver's order if that is proven, or else the better of its own and the heuristic's; the better bound."""
    from grokscope.probes.orderedness.programme import solved  # the only place that needs SciPy

    found = solved(more, seconds)
    if found.proven:
        assert found.order is not None
        return _Found(found.order, 0.0, "ilp")
    candidates = [order for order in (searched.order, found.order) if order is not None]
    costs = [heuristic.cost(more, order) for order in candidates]
    bound = max(found.bound, heuristic.cost(more, searched.order) - searched.short)
    return _Found(candidates[int(np.argmin(costs))], max(0.0, min(costs) - bound), "ilp")
