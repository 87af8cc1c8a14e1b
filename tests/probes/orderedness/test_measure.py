"""Orderedness against brute force and against what is known of small matrices."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grokscope.probes.orderedness import orderedness

EXACT = ("dp", "ilp", "exact", "auto")


def by_brute_force(weights: np.ndarray, pinned: int) -> float:
    """1 - least cost / total over every allowed order, as it is defined."""
    strengths = np.abs(weights)
    m = len(strengths)
    orders = ([*range(pinned), *rest] for rest in itertools.permutations(range(pinned, m)))
    least = min(sum(strengths[o[a], o[b]] for a in range(m) for b in range(a)) for o in orders)
    return 1 - least / strengths.sum()


def share(weights: np.ndarray, order: tuple[int, ...]) -> float:
    strengths = np.abs(weights)[np.ix_(order, order)]
    return 1 - np.tril(strengths, -1).sum() / strengths.sum()


@st.composite
def matrices(draw: st.DrawFn, most: int = 6) -> tuple[np.ndarray, int]:
    """Any sparsity, with ties, equal pairs and negative entries among them; and how many units are pinned."""
    m = draw(st.integers(1, most))
    few = st.sampled_from([0.0, 0.0, 1.0, -1.0, 2.0])
    entries = draw(st.sampled_from([few, st.floats(-3, 3, allow_subnormal=False)]))
    weights = draw(arrays(np.float64, (m, m), elements=entries))
    weights[0, 0] += 5 * (np.abs(weights).sum() < 1e-3)
    return weights, draw(st.integers(0, m))


@settings(deadline=None, max_examples=150)
@given(matrices())
def test_every_exact_way_is_brute_force(given: tuple[np.ndarray, int]) -> None:
    weights, pinned = given
    expected = by_brute_force(weights, pinned)
    for method in EXACT:
        found = orderedness(weights, pinned=pinned, method=method)  # type: ignore[arg-type]
        assert found.value == pytest.approx(expected, abs=1e-9), method
        assert share(weights, found.order) == pytest.approx(found.value, abs=1e-12)
        assert found.order[:pinned] == tuple(range(pinned))
        assert found.gap == 0


@pytest.mark.parametrize("pinned", [0, 1, 2])
def test_seven_units_by_brute_force(pinned: int) -> None:
    weights = np.random.default_rng(pinned).normal(size=(7, 7))
    expected = by_brute_force(weights, pinned)
    assert orderedness(weights, pinned=pinned).value == pytest.approx(expected, abs=1e-12)
    assert orderedness(weights, pinned=pinned, method="ilp").value == pytest.approx(expected, abs=1e-9)


@settings(deadline=None, max_examples=100)
@given(matrices(), st.randoms(use_true_random=False))
def test_names_of_units_do_not_matter(given: tuple[np.ndarray, int], random: object) -> None:
    """Relabelling the free units, and the signs of weights, leave every number but the order as it is."""
    weights, pinned = given
    free = list(range(pinned, len(weights)))
    random.shuffle(free)  # type: ignore[attr-defined]
    names = [*range(pinned), *free]
    one, other = orderedness(weights, pinned=pinned), orderedness(-weights[np.ix_(names, names)], pinned=pinned)
    for name in ("value", "gap", "off_diagonal", "diagonal_share"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-9, nan_ok=True), name


@settings(deadline=None, max_examples=100)
@given(matrices())
def test_more_pins_never_order_better_and_a_heuristic_never_better_than_the_best(given: tuple[np.ndarray, int]) -> None:
    weights, _ = given
    values = [orderedness(weights, pinned=q).value for q in range(len(weights) + 1)]
    assert all(later <= earlier + 1e-12 for earlier, later in itertools.pairwise(values))
    good = orderedness(weights, method="heuristic")
    assert good.value <= values[0] + 1e-12 <= good.value + good.gap + 2e-12
    assert values[0] >= (1 + good.diagonal_share) / 2 - 1e-12


@pytest.mark.parametrize("m", [2, 5, 18, 45])
@pytest.mark.parametrize("pinned", [0, 1])
def test_all_ones(m: int, pinned: int) -> None:
    """(m + 1) / 2m in any order: proven at once, since no pair has a stronger side."""
    found = orderedness(np.ones((m, m)), pinned=pinned)
    assert found.value == pytest.approx((m + 1) / (2 * m))
    assert (found.gap, found.off_diagonal) == (0, pytest.approx(0.5))


def test_the_known_small_matrices() -> None:
    identity = orderedness(np.eye(4))
    assert (identity.value, identity.diagonal_share, identity.order) == (1, 1, (0, 1, 2, 3))
    assert math.isnan(identity.off_diagonal)
    circle = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    assert [orderedness(circle, pinned=q).value for q in (0, 1)] == pytest.approx([2 / 3, 2 / 3])
    found = orderedness(np.array([[0, 2, 0], [1, 0, 3], [0, 0, 0]]))
    assert (found.value, found.order) == (pytest.approx(5 / 6), (0, 1, 2))
    one = orderedness(np.array([[3, 0], [-1, 0]]), pinned=2)
    assert (one.value, one.off_diagonal, one.diagonal_share) == (0.75, 0, 0.75)


def test_nothing_to_order_is_nan() -> None:
    none = orderedness(np.zeros((3, 3)), pinned=1)
    assert math.isnan(none.value)
    assert (none.order, none.gap) == ((0, 1, 2), 0)
    broken = orderedness(np.array([[1, np.nan], [0, 1]]))
    assert math.isnan(broken.value)
    assert math.isnan(broken.gap)
    assert broken.order == ()


def planted(n: int, seed: int) -> tuple[np.ndarray, float]:
    """Strength along a hidden order with a tenth as much in any direction, and the value that the hidden order has."""
    rng = np.random.default_rng(seed)
    weights = np.triu(rng.uniform(size=(n, n)), 1) + 0.2 * rng.uniform(size=(n, n)) * (rng.uniform(size=(n, n)) < 0.5)
    hidden = rng.permutation(n)
    return weights[np.ix_(hidden, hidden)], share(weights, tuple(range(n)))


@pytest.mark.parametrize("method", ["auto", "heuristic"])
def test_a_planted_order_of_a_hundred_units_is_found(method: str) -> None:
    weights, value = planted(100, 3)
    found = orderedness(weights, method=method)  # type: ignore[arg-type]
    assert (found.gap, found.method) == (0, "heuristic")
    assert value - 1e-12 <= found.value < value + 1e-3
    assert found.value == pytest.approx(share(weights, found.order))


def test_connections_that_run_one_way_need_no_search() -> None:
    """A hidden order of two hundred units with a weaker connection back beside each: every pair says the same."""
    along = np.triu(np.random.default_rng(0).uniform(1, 2, (200, 200)), 1)
    hidden = np.random.default_rng(1).permutation(200)
    found = orderedness((along + 0.01 * along.T)[np.ix_(hidden, hidden)])
    assert (found.value, found.gap, found.method) == (pytest.approx(1 / 1.01), 0, "dp")


def test_the_heuristic_is_near_the_best_where_both_run() -> None:
    short = []
    for seed in range(3):
        weights = np.abs(np.random.default_rng(seed).normal(size=(20, 20)))
        best, good = orderedness(weights, method="ilp"), orderedness(weights, method="heuristic")
        assert (best.gap, best.method, good.method) == (0, "ilp", "heuristic")
        assert orderedness(weights).value == pytest.approx(best.value, abs=1e-9)
        assert best.value <= good.value + good.gap
        short.append(best.value - good.value)
    assert min(short) >= 0
    assert max(short) < 0.005


def test_a_programme_out_of_time_says_how_far_it_is_known() -> None:
    weights = np.abs(np.random.default_rng(0).normal(size=(45, 45)))
    found = orderedness(weights, method="ilp", seconds=0.2)
    assert 0 < found.gap < 0.3
    assert found.value >= orderedness(weights, method="heuristic").value - 1e-12


def test_where_the_relaxation_says_what_the_search_found_it_is_proven_without_a_programme() -> None:
    """Twenty units, whose relaxation is mostly tight; the programme agrees."""
    weights = np.abs(np.random.default_rng(20).normal(size=(20, 20)))
    found = orderedness(weights, method="heuristic")
    assert found.gap == 0
    assert found.value == pytest.approx(orderedness(weights, method="ilp").value, abs=1e-9)


def test_sixty_units_are_known_to_a_hundredth() -> None:
    """The bound over pairs alone would leave 0.12."""
    found = orderedness(np.random.default_rng(0).normal(size=(60, 60)), method="heuristic")
    assert 0 < found.gap < 0.015


@pytest.mark.parametrize(
    ("weights", "options", "words"),
    [
        (np.ones((2, 3)), {}, r"weights: found the shape \(2, 3\), expected a square matrix"),
        (np.ones((2, 2)), {"pinned": 3}, "pinned: found 3, expected 0 to 2"),
        (np.ones((2, 2)), {"pinned": -1}, "pinned: found -1"),
        (np.ones((2, 2)), {"method": "guess"}, "method: found 'guess', expected one of auto"),
        (np.random.default_rng(0).normal(size=(24, 24)), {"method": "dp"}, "found 24 units, expected at most 20"),
    ],
)
def test_what_cannot_be_is_said(weights: np.ndarray, options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        orderedness(weights, **options)
