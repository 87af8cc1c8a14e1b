"""Localisation in frequency against sums written out, and what dead units do to a mean."""

import jax
import numpy as np
import pytest

from grokscope.probes.fourier import ipr, localisation, means, power

P, HIDDEN = 13, 6


def plain_power(vector: np.ndarray) -> np.ndarray:
    """|sum_n v_n exp(-2 pi i nu n / p)|^2, term by term."""
    p = len(vector)
    return np.array(
        [abs(sum(v * np.exp(-2j * np.pi * nu * n / p) for n, v in enumerate(vector))) ** 2 for nu in range(p)]
    )


def plain_ipr(vector: np.ndarray) -> float:
    spectrum = plain_power(vector)
    return sum(spectrum**2) / sum(spectrum) ** 2


@pytest.fixture
def weights() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    embedding, unembedding = rng.normal(size=(2, HIDDEN, P)), rng.normal(size=(HIDDEN, P))
    unembedding[1] = 3 * np.cos(2 * np.pi * 4 * np.arange(P) / P + 0.3) + 0.5
    unembedding[2] *= 1e-7
    unembedding[3], embedding[:, 3] = 0, 0
    return embedding, unembedding


def test_localisation_is_the_sum_written_out(weights: tuple[np.ndarray, np.ndarray]) -> None:
    embedding, unembedding = weights
    with jax.enable_x64(True):
        found = localisation(embedding, unembedding)
        np.testing.assert_allclose(power(unembedding)[0], plain_power(unembedding[0]), rtol=1e-9)
    for unit in (0, 1, 2, 4, 5):
        assert float(found.unembedding[unit]) == pytest.approx(plain_ipr(unembedding[unit]), rel=1e-9)
        both = [plain_ipr(embedding[i, unit]) for i in (0, 1)]
        assert float(found.embedding[unit]) == pytest.approx(np.mean(both), rel=1e-9)
        dc = plain_power(unembedding[unit])[0] / sum(plain_power(unembedding[unit]))
        assert float(found.dc[unit]) == pytest.approx(dc, rel=1e-6)
    assert int(found.dominant[1]) == 4
    assert np.isnan(found.unembedding[3])
    np.testing.assert_array_equal(found.live, [True, True, False, False, True, True])


def test_a_wave_has_one_half_and_a_constant_one() -> None:
    n = np.arange(113)
    with jax.enable_x64(True):
        for frequency in (1, 7, 56):
            assert float(ipr(np.cos(2 * np.pi * frequency * n / 113 + 1.0))) == pytest.approx(0.5)
        assert float(ipr(np.ones(113))) == pytest.approx(1)
        assert float(ipr(np.eye(113)[5])) == pytest.approx(1 / 113)


def test_denormal_units_keep_their_shape() -> None:
    wave = np.cos(2 * np.pi * 3 * np.arange(P) / P)
    with jax.enable_x64(True):
        assert float(ipr(1e-290 * wave)) == pytest.approx(0.5)


def test_dead_units_count_as_zero_in_the_mean_over_all() -> None:
    values, live = np.array([0.5, 0.3, np.nan, 0.4]), np.array([True, True, False, False])
    alive, every = means(values, live)
    assert float(alive) == pytest.approx(0.4)
    assert float(every) == pytest.approx(0.3)
