"""Features of snapshots and correlations with them, against loops."""

import numpy as np
import pytest

from grokscope.probes.correlations import features, most_active, pearson, summary

RNG = np.random.default_rng(1)
SPINS = (2 * RNG.integers(0, 2, (30, 5, 5)) - 1).astype(np.float32)


def test_energy_counts_each_bond_once() -> None:
    found = features(SPINS)
    for spins, row in zip(SPINS, found, strict=True):
        bonds = [spins[i, j] * (spins[(i + 1) % 5, j] + spins[i, (j + 1) % 5]) for i in range(5) for j in range(5)]
        assert float(row[0]) == pytest.approx(-sum(bonds) / 50, abs=1e-6)
        assert float(row[1]) == pytest.approx(spins.sum() / 25, abs=1e-6)
        assert float(row[2]) == pytest.approx(abs(spins.sum()) / 25, abs=1e-6)
    assert float(features(np.ones((1, 4, 4)))[0, 0]) == -1


def test_pearson_is_that_of_numpy_and_nan_where_nothing_varies() -> None:
    z, of = RNG.normal(size=(30, 4)).astype(np.float32), np.asarray(features(SPINS))
    z[:, 2] = 0.1
    found = np.asarray(pearson(z, of))
    for k in (0, 1, 3):
        for f in range(3):
            assert found[k, f] == pytest.approx(np.corrcoef(z[:, k], of[:, f])[0, 1], abs=1e-5)
    assert np.isnan(found[2]).all()


def test_a_layer_is_summed_up_by_share_of_activity() -> None:
    z = np.array([[1.0, -2.0, 4.0], [3.0, 2.0, 0.0]])
    r = np.array([[0.9, -0.2], [-0.5, 0.6], [np.nan, np.nan]])
    found = summary(z, r)
    share = np.array([4, 4, 4]) / 12
    np.testing.assert_allclose(
        found.weighted, [share[0] * 0.9 + share[1] * 0.5, share[0] * 0.2 + share[1] * 0.6], rtol=1e-6
    )
    np.testing.assert_allclose(found.divided, np.asarray(found.weighted) / 3, rtol=1e-6)
    np.testing.assert_allclose(found.plain, [0.7, 0.4], rtol=1e-6)
    np.testing.assert_allclose(found.neurons, [1 / 3, 1 / 3], rtol=1e-6)
    np.testing.assert_allclose(found.activation, [share[0], share[1]], rtol=1e-6)
    assert int(most_active(np.array([[1.0, -5.0], [1.0, 4.0]]))) == 1
