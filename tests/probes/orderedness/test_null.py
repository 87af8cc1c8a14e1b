"""Many matrices at once are each as alone; the null keeps what it must; chance is what was measured elsewhere."""

import math

import numpy as np
import pytest

from grokscope.probes.orderedness import orderedness, relocated, scores

CHANCE = {  # (units, pinned): mean and standard deviation over abs N(0, 1) matrices, 20,000 draws for 6, else 2,000
    (2, 0): (0.853, 0.094),
    (4, 0): (0.764, 0.055),
    (6, 0): (0.723, 0.037),
    (8, 0): (0.698, 0.028),
    (9, 0): (0.689, 0.024),
    (2, 1): (0.749, 0.161),
    (4, 1): (0.697, 0.078),
    (6, 1): (0.681, 0.048),
    (9, 1): (0.663, 0.029),
    (4, 2): (0.649, 0.088),
    (6, 2): (0.645, 0.055),
    (9, 2): (0.639, 0.033),
}


def some(n: int, m: int, density: float = 0.5, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, m, m)) * (rng.uniform(size=(n, m, m)) < density)


@pytest.mark.parametrize(("m", "pinned"), [(1, 0), (5, 0), (6, 1), (6, 2), (14, 1)])
def test_each_is_as_alone(m: int, pinned: int) -> None:
    weights = some(4, m)
    weights[1] = 0
    found = scores(weights, pinned=pinned, draws=1)
    for i, matrix in enumerate(weights):
        alone = orderedness(matrix, pinned=pinned)
        for name in ("value", "off_diagonal", "diagonal_share"):
            assert getattr(found, name)[i] == pytest.approx(getattr(alone, name), abs=1e-9, nan_ok=True), name


@pytest.mark.parametrize(("units", "pinned"), CHANCE)
def test_chance(units: int, pinned: int) -> None:
    mean, sd = CHANCE[units, pinned]
    n = 1500
    found = scores(some(n, units, 1.0, seed=1), pinned=pinned, draws=1).value
    assert found.mean() == pytest.approx(mean, abs=4 * sd * math.sqrt(1 / n + 1 / 2000) + 5e-4)
    assert found.std() == pytest.approx(sd, rel=0.12)


def test_the_off_diagonal_form_and_the_diagonal_share_of_chance() -> None:
    found = scores(some(1500, 6, 1.0, seed=2), draws=1)
    assert found.off_diagonal.mean() == pytest.approx(0.667, abs=0.005)
    assert found.diagonal_share.mean() == pytest.approx(0.166, abs=0.005)


@pytest.mark.parametrize("density", [0.2, 1.0])
def test_chance_has_no_excess_whatever_its_sparsity(density: float) -> None:
    found = scores(some(600, 6, density, seed=3), pinned=1)
    excess = found.excess[~np.isnan(found.excess)]
    assert abs(excess.mean()) < 3.5 * excess.std() / math.sqrt(len(excess))


def test_an_order_has_an_excess_and_sparsity_alone_a_high_value() -> None:
    ordered = scores(np.triu(some(50, 8, 1.0)), pinned=1)
    np.testing.assert_allclose(ordered.value, 1)
    assert ordered.excess.min() > 0.1
    sparse = scores(some(200, 8, 0.15), pinned=0)
    assert np.nanmean(sparse.value) > 0.9
    assert abs(np.nanmean(sparse.excess)) < 0.02


def test_relocations_keep_entries_diagonal_and_any_place_is_as_likely() -> None:
    weights = np.abs(some(1, 4, 1.0))
    moved = relocated(np.repeat(weights, 3000, axis=0), np.random.default_rng(0))
    np.testing.assert_array_equal(np.diagonal(moved, axis1=1, axis2=2), np.diagonal(weights[0])[None].repeat(3000, 0))
    np.testing.assert_array_equal(np.sort(moved.reshape(3000, -1)), np.sort(weights.reshape(1, -1)).repeat(3000, 0))
    where = (moved == weights[0, 0, 1]).mean(axis=0)
    np.testing.assert_allclose(where[~np.eye(4, dtype=bool)], 1 / 12, atol=0.03)


def test_nan_and_nothing_stay_with_their_own_matrix() -> None:
    weights = some(3, 5, 1.0)
    weights[0, 1, 2], weights[1] = np.nan, 0
    found = scores(weights, pinned=1)
    assert np.isnan(found.value).tolist() == [True, True, False]
    assert np.isnan(found.excess).tolist() == [True, True, False]


def test_large_ones_are_searched_and_never_wait_for_an_integer_programme(monkeypatch: pytest.MonkeyPatch) -> None:
    """A programme may take half a minute for each of thousands of matrices."""

    def solved(*args: object) -> None:
        raise AssertionError("an integer programme")

    monkeypatch.setattr("grokscope.probes.orderedness.programme.solved", solved)
    weights = some(3, 24, 1.0, seed=4)
    weights[2, 0, 1] = np.nan
    found = scores(weights, draws=1)
    assert 0 <= found.gap[:2].max() < 0.01
    assert np.isnan([found.gap[2], found.value[2]]).all()


def test_a_gap_reaches_to_the_best() -> None:
    weights = some(6, 15, 0.6, seed=5)
    found = scores(weights, draws=1)
    best = np.array([orderedness(matrix, method="dp").value for matrix in weights])
    assert (found.value <= best + 1e-9).all()
    assert (best <= found.value + found.gap + 1e-9).all()
    np.testing.assert_array_equal(scores(some(3, 6), draws=1).gap, 0)
