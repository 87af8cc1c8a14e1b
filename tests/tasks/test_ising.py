"""Samplers against what is known of them, the pool, and the split."""

from pathlib import Path

import jax
import numpy as np
import pytest

from grokscope.spec import SpecError
from grokscope.tasks import Ising, ising
from grokscope.tasks.lattice import (
    CRITICAL,
    SpinPool,
    neighbour_sites,
    sample_glauber,
    sample_wolff,
    scramble,
    temperatures,
)

SMALL = Ising(side=8, temperatures=10, per_temperature=20, sweeps=3, n_train=41, n_val=60)


def energies(pool: SpinPool) -> np.ndarray:
    """Per bond, from the four neighbours of every site."""
    flat = pool.spins.reshape(len(pool.spins), -1).astype(int)
    beside = sum(flat[:, row] for row in neighbour_sites(pool.spins.shape[1]))
    return -np.mean(flat * beside, axis=1) / 4


def best_threshold(value: np.ndarray, label: np.ndarray) -> float:
    """Accuracy of the best rule `disordered above the threshold`; equal values fall on the same side."""
    order = np.argsort(value, kind="stable")
    right = np.cumsum(1 - label[order]) + (label.sum() - np.cumsum(label[order]))
    between = np.append(np.diff(value[order]) > 1e-9, True)
    return float(right[between].max() / len(label))


def test_temperatures_and_labels() -> None:
    t = temperatures(50)
    assert (t[0], t[-1]) == pytest.approx((1.269185, 3.269185), abs=1e-6)
    assert pytest.approx(2.269185, abs=1e-6) == CRITICAL
    label = SpinPool(np.ones((50, 4, 4), np.int8), t).disordered
    assert label.sum() == 25
    assert label[:25].sum() == 0


def test_neighbours_are_mutual_and_periodic() -> None:
    found = neighbour_sites(4)
    assert sorted(found[:, 0].tolist()) == [1, 3, 4, 12]
    for site in range(16):
        assert all(site in found[:, other] for other in found[:, site])


def test_glauber_flips_with_the_probability_that_it_should() -> None:
    """One attempt on 2^16 chains from random spins, against detailed balance: the mean change of energy."""
    t = np.full(60_000, 2.0)
    start, after = (energies(sample_glauber(4, t, sweeps, 5)).mean() for sweeps in (0, 1))
    assert start == pytest.approx(0, abs=0.005)
    one = [_one_sweep(np.random.default_rng(seed), 2.0) for seed in range(4000)]
    assert after == pytest.approx(np.mean(one), abs=4 * np.std(one) / 4000**0.5)


def _one_sweep(rng: np.random.Generator, t: float) -> float:
    """16 attempts on one 4 x 4 lattice, as plainly as can be."""
    spins = 2 * rng.integers(0, 2, (4, 4)) - 1
    for _ in range(16):
        i, j = rng.integers(0, 4, 2)
        beside = spins[i - 1, j] + spins[(i + 1) % 4, j] + spins[i, j - 1] + spins[i, (j + 1) % 4]
        if rng.random() < 1 / (1 + np.exp(2 * spins[i, j] * beside / t)):
            spins[i, j] *= -1
    return float(energies(SpinPool(spins[None].astype(np.int8), np.array([t])))[0])


def test_scrambling_keeps_magnetisation_and_leaves_no_more_energy_than_it_has() -> None:
    stripes = np.ones((200, 8, 8), np.int8)
    stripes[:, :3] = -1
    mixed = scramble(stripes)
    np.testing.assert_array_equal(mixed.sum(axis=(1, 2)), stripes.sum(axis=(1, 2)))
    assert len({each.tobytes() for each in mixed}) == 200
    m = stripes[0].mean()
    expected = -(64 * m * m - 1) / 63  # mean of s_i s_j over pairs of different sites of equal M
    assert energies(SpinPool(mixed, np.full(200, 2.0))).mean() == pytest.approx(expected, abs=0.02)
    assert energies(SpinPool(stripes, np.full(200, 2.0))).mean() < -0.7


@pytest.mark.parametrize("sampler", [sample_glauber, sample_wolff])
def test_a_small_lattice_comes_to_its_exact_energy(sampler: object) -> None:
    """The mean energy of 4 x 4 spins over all 2^16 states."""
    states = (2 * ((np.arange(2**16)[:, None] >> np.arange(16)) & 1) - 1).reshape(-1, 4, 4).astype(np.int8)
    energy = 32 * energies(SpinPool(states, np.zeros(2**16)))
    weight = np.exp(-(energy - energy.min()) / 2.5)
    n = 4000 if sampler is sample_glauber else 600
    found = energies(sampler(4, np.full(n, 2.5), 60, 1))  # type: ignore[operator]
    assert found.mean() == pytest.approx(np.sum(weight * energy) / weight.sum() / 32, abs=4 * found.std() / n**0.5)


@pytest.mark.slow
def test_a_row_of_the_published_calibration() -> None:
    """100 sweeps, 100 snapshots a temperature: thresholds on energy and on |M|, and extended domain walls."""
    pool = sample_glauber(16, np.repeat(temperatures(50), 100), 100, 0)
    energy, size = energies(pool), np.abs(pool.spins.mean(axis=(1, 2)))
    label = pool.disordered
    walls = np.mean((size < 0.5)[label == 0] & (energy < -0.75)[label == 0])
    # both are of 5,000 snapshots: the standard error of a difference is 0.005 and 0.007
    assert best_threshold(energy, label) == pytest.approx(0.929, abs=0.012)
    assert best_threshold(-size, label) == pytest.approx(0.838, abs=0.015)
    assert walls == pytest.approx(0.083, abs=0.015)


def test_the_pool_is_made_once_and_kept_with_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROKSCOPE_CACHE", str(tmp_path))
    ising._load_or_sample.cache_clear()
    first = ising.load_pool(SMALL)
    ising._load_or_sample.cache_clear()
    monkeypatch.setitem(ising.SAMPLERS, "glauber", lambda *a: pytest.fail("made twice"))
    second = ising.load_pool(SMALL)
    np.testing.assert_array_equal(first.spins, second.spins)
    (path,) = (tmp_path / "ising").iterdir()
    with np.load(path, allow_pickle=False) as file:
        assert (int(file["sweeps"]), int(file["seed"]), str(file["sampler"])) == (3, 0, "glauber")
        np.testing.assert_array_equal(file["label"], first.disordered)
    ising._load_or_sample.cache_clear()


def test_the_split_is_disjoint_and_half_and_half() -> None:
    data, again, other = (SMALL.arrays(jax.random.key(seed)) for seed in (0, 0, 1))
    assert data.train_inputs.shape == (41, 1, 8, 8)
    assert data.val_inputs.shape == (60, 1, 8, 8)
    assert data.train_targets.sum() == 20
    np.testing.assert_array_equal(data.train_inputs, again.train_inputs)
    assert not np.array_equal(data.train_inputs, other.train_inputs)
    assert set(np.unique(data.train_inputs)) == {-1, 1}
    loose = Ising(
        **{f: getattr(SMALL, f) for f in ("side", "temperatures", "per_temperature", "sweeps")},
        n_train=41,
        n_val=60,
        halves="no",
    ).arrays(jax.random.key(0))
    np.testing.assert_array_equal(loose.val_inputs, data.val_inputs)


def test_more_than_the_pool_is_refused() -> None:
    with pytest.raises(SpecError, match="200 snapshots"):
        Ising(temperatures=10, per_temperature=20, n_train=150, n_val=60)
