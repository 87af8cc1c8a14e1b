"""Losses against their equations in plain NumPy."""

import jax.numpy as jnp
import numpy as np
import pytest

from grokscope.registry import kinds
from grokscope.training.losses import cross_entropy, row_max, squared_error, stablemax

OUTPUTS = np.array([[2.0, -1.0, 0.0], [0.5, 3.0, -2.0], [-50.0, 60.0, 1.0]])
LABELS = np.array([0, 2, 1])


def test_every_name_has_an_equation() -> None:
    assert list(kinds("losses")) == ["cross_entropy", "squared", "stablemax"]
    outputs, labels = jnp.asarray(OUTPUTS), jnp.asarray(LABELS)
    for name, function in {"cross_entropy": cross_entropy, "squared": squared_error, "stablemax": stablemax}.items():
        np.testing.assert_array_equal(
            kinds("losses")[name]().per_example(outputs, labels, {}), function(outputs, labels)
        )


def test_cross_entropy() -> None:
    shares = np.exp(OUTPUTS) / np.exp(OUTPUTS).sum(axis=1, keepdims=True)
    expected = -np.log(shares[np.arange(3), LABELS])
    np.testing.assert_allclose(cross_entropy(jnp.asarray(OUTPUTS), jnp.asarray(LABELS)), expected, rtol=1e-5, atol=1e-6)


def test_stablemax() -> None:
    s = np.where(OUTPUTS >= 0, OUTPUTS + 1, 1 / (1 - np.minimum(OUTPUTS, 0)))
    expected = -np.log((s / s.sum(axis=1, keepdims=True))[np.arange(3), LABELS])
    np.testing.assert_allclose(stablemax(jnp.asarray(OUTPUTS), jnp.asarray(LABELS)), expected, rtol=1e-5)


@pytest.mark.parametrize("targets", [LABELS, np.eye(3)[LABELS]])
def test_squared_takes_a_class_for_its_one_hot_vector(targets: np.ndarray) -> None:
    expected = ((OUTPUTS - np.eye(3)[LABELS]) ** 2).mean(axis=1)
    np.testing.assert_allclose(squared_error(jnp.asarray(OUTPUTS), jnp.asarray(targets)), expected, rtol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 8, 9, 15, 16, 17, 115])
def test_the_largest_is_found_at_every_place(n: int) -> None:
    x = np.random.default_rng(n).normal(size=(n, n)) + 9 * np.eye(n)
    np.testing.assert_array_equal(row_max(jnp.asarray(x, jnp.float32)), np.float32(np.diag(x)))
    low = jnp.full((1, n), -jnp.inf)
    assert row_max(low)[0] == -np.inf
    assert np.isnan(row_max(low.at[0, n // 2].set(jnp.nan))[0])
