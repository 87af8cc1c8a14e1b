"""The bound is never above the best order or the relaxation that it approaches, nor below the bound of pairs."""

import numpy as np
import pytest
from scipy.optimize import linprog

from grokscope.probes.orderedness.bound import least_cost
from grokscope.probes.orderedness.subsets import best_orders


def some(n: int, density: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.abs(rng.normal(size=(n, n))) * (rng.uniform(size=(n, n)) < density)


def relaxed(strengths: np.ndarray) -> float:
    """The linear programme with a row for every three units, as it is written."""
    n = len(strengths)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    number = {pair: k for k, pair in enumerate(pairs)}
    rows = np.zeros((n * (n - 1) * (n - 2) // 6, len(pairs)))
    threes = [(i, j, k) for i in range(n) for j in range(i + 1, n) for k in range(j + 1, n)]
    for row, (i, j, k) in zip(rows, threes, strict=True):
        row[number[i, j]], row[number[j, k]], row[number[i, k]] = 1, 1, -1
    cost = [strengths[j, i] - strengths[i, j] for i, j in pairs]
    limits = np.concatenate([np.ones(len(rows)), np.zeros(len(rows))])
    found = linprog(cost, A_ub=np.concatenate([rows, -rows]), b_ub=limits, bounds=(0, 1))
    return found.fun + sum(strengths[i, j] for i, j in pairs)


@pytest.mark.parametrize("density", [0.3, 1.0])
@pytest.mark.parametrize("n", [3, 6, 10, 14])
def test_it_is_the_relaxation_s_value_and_below_the_best(n: int, density: float) -> None:
    for seed in range(4):
        strengths = some(n, density, seed)
        bound = least_cost(strengths)
        assert bound <= relaxed(strengths) + 1e-9
        assert bound == pytest.approx(relaxed(strengths), abs=0.005 * strengths.sum())
        assert bound <= best_orders(strengths[None])[0][0] + 1e-9


@pytest.mark.parametrize("n", [1, 2, 3, 12, 40])
def test_it_is_never_below_the_bound_of_pairs(n: int) -> None:
    strengths = some(n, 0.7, n)
    pairs = np.triu(np.minimum(strengths, strengths.T), 1).sum()
    assert least_cost(strengths) >= pairs
    assert least_cost(np.zeros((n, n))) == 0


def test_a_circle_of_three_costs_its_weakest_connection() -> None:
    assert least_cost(np.array([[0, 3, 0], [0, 0, 2], [1, 0, 0.0]])) == pytest.approx(1, abs=1e-6)


def test_its_unit_is_that_of_the_strengths_and_names_do_not_matter_much() -> None:
    strengths = some(15, 1.0, 5)
    names = np.random.default_rng(1).permutation(15)
    assert least_cost(1000 * strengths) == pytest.approx(1000 * least_cost(strengths), rel=1e-9)
    assert least_cost(strengths[np.ix_(names, names)]) == pytest.approx(least_cost(strengths), rel=2e-3)
