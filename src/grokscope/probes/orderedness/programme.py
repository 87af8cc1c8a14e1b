"""The best order by an integer programme, with a proof: the linear ordering problem, solved by HiGHS.

x_ij = 1 (i < j) says that i comes before j; three units are in an order, not in a circle, where
0 <= x_ij + x_jk - x_ik <= 1.
The only place of the probes that needs SciPy.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

OPTIMAL, OUT_OF_TIME = 0, 1
"""What `milp` says of its end."""


class Solution(NamedTuple):
    """What came of it.

    Attributes:
        order: of the best solution, or None if the time was over before there was any.
        bound: no order costs less.
        proven: whether `order` is known to be best.
    """

    order: Int[np.ndarray, " n"] | None
    bound: float
    proven: bool


def solved(strengths: Float[np.ndarray, "n n"], seconds: float) -> Solution:
    """The best order of these units, or how far it is known after so many seconds. The diagonal is ignored.

    Raises:
        RuntimeError: the solver ended in a way that is neither.
    """
    n = len(strengths)
    i, j = np.triu_indices(n, 1)
    answer = milp(
        strengths[j, i] - strengths[i, j],
        integrality=np.ones(len(i)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(_in_no_circle(n), 0, 1) if n > 2 else (),
        options={"mip_rel_gap": 0.0, "time_limit": seconds},
    )
    if answer.status not in (OPTIMAL, OUT_OF_TIME):
        raise RuntimeError(f"integer programme of {n} units: {answer.message}")
    constant = float(strengths[i, j].sum())
    dual = answer.mip_dual_bound
    bound = constant + dual if dual is not None and np.isfinite(dual) else _pairs(strengths)
    if answer.x is None:
        return Solution(None, max(bound, _pairs(strengths)), False)
    before = np.zeros((n, n))
    before[i, j] = np.round(answer.x)
    before[j, i] = 1 - before[i, j]
    order = np.argsort(before.sum(axis=0), kind="stable")
    return Solution(order, max(bound, _pairs(strengths)), answer.status == OPTIMAL)


def _pairs(strengths: Float[np.ndarray, "n n"]) -> float:
    """Every pair costs at least the weaker of its two connections."""
    return float(np.triu(np.minimum(strengths, strengths.T), 1).sum())


def _in_no_circle(n: int) -> coo_array:
    """A row for every three units, a column for every pair: x_ij + x_jk - x_ik."""
    column = np.zeros((n, n), np.int64)
    column[np.triu_indices(n, 1)] = np.arange(n * (n - 1) // 2)
    i, j, k = np.array([(i, j, k) for i in range(n) for j in range(i + 1, n) for k in range(j + 1, n)]).T
    columns = np.stack([column[i, j], column[j, k], column[i, k]], axis=1)
    values = np.broadcast_to([1.0, 1.0, -1.0], columns.shape)
    rows = np.broadcast_to(np.arange(len(i))[:, None], columns.shape)
    return coo_array((values.ravel(), (rows.ravel(), columns.ravel())), shape=(len(i), n * (n - 1) // 2))
