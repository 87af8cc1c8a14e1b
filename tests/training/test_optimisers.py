"""Every optimiser is the plain equation it names, step after step, in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from grokscope.spec import Spec
from grokscope.training.optimisers import OPTIMISERS, SGD, Adam, AdamW, Muon

Vector = np.ndarray
TREE = {"bias": np.arange(1.0, 4.0), "tall": np.ones((5, 2)), "wide": np.ones((2, 6))}
"""Flat: three numbers of a bias, then two matrices."""


def steps(spec: Spec, n: int) -> Iterator[tuple[Vector, Vector, Vector]]:
    """Parameters, a made-up gradient and the parameters after the step, n times."""
    with jax.enable_x64(True):
        vector, unravel = ravel_pytree(TREE)
        noise = np.random.default_rng(0)
        params = np.asarray(vector) + 0.1 * noise.normal(size=len(vector))
        optimiser: Any = spec.transform(spec.traced_part(), unravel)  # type: ignore[attr-defined]
        state = optimiser.init(jax.numpy.asarray(params))
        for _ in range(n):
            gradient = noise.normal(size=len(params)) * 10.0 ** noise.integers(-2, 2)
            updates, state = optimiser.update(jax.numpy.asarray(gradient), state, jax.numpy.asarray(params))
            after = params + np.asarray(updates)
            yield params, gradient, after
            params = after


def adam(decay: float, beta1: float, beta2: float, eps: float) -> Callable[[Vector, Vector], Vector]:
    """The direction of Adam whose gradient contains the decay."""
    state = {"m": 0.0, "v": 0.0, "t": 0}

    def direction(params: Vector, gradient: Vector) -> Vector:
        g = gradient + decay * params
        state["t"] += 1
        state["m"] = beta1 * state["m"] + (1 - beta1) * g
        state["v"] = beta2 * state["v"] + (1 - beta2) * g**2
        return state["m"] / (1 - beta1 ** state["t"]) / (np.sqrt(state["v"] / (1 - beta2 ** state["t"])) + eps)

    return direction


def test_adam_decays_before_its_moments_and_adamw_after() -> None:
    coupled = adam(0.7, 0.8, 0.95, 1e-3)
    for params, gradient, after in steps(Adam(0.1, 0.7, 0.8, 0.95, 1e-3), 5):
        np.testing.assert_allclose(after, params - 0.1 * coupled(params, gradient), rtol=1e-12)
    plain = adam(0.0, 0.8, 0.95, 1e-3)
    for params, gradient, after in steps(AdamW(0.1, 0.7, 0.8, 0.95, 1e-3), 5):
        np.testing.assert_allclose(after, params - 0.1 * (plain(params, gradient) + 0.7 * params), rtol=1e-12)


def test_sgd_gathers_speed() -> None:
    speed = 0.0
    for params, gradient, after in steps(SGD(0.05, 0.9, 0.3), 5):
        speed = 0.9 * speed + gradient + 0.3 * params
        np.testing.assert_allclose(after, params - 0.05 * speed, rtol=1e-12)


def orthogonalised(matrix: Vector) -> Vector:
    """Five quintic Newton-Schulz steps, which bring singular values near 1, from a matrix of Frobenius norm 1."""
    x = matrix / (np.linalg.norm(matrix) + 1e-9)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x


def test_muon_makes_singular_values_alike_and_leaves_biases_to_adam() -> None:
    spec = Muon(0.1, 0.7, 0.9, 0.8, 0.95, 1e-9, 0.3)
    average = 0.0
    for t, (params, gradient, after) in enumerate(steps(spec, 4), 1):
        average = 0.9 * average + 0.1 * gradient
        # Nesterov: the average as it will be, with both parts freed of their start from zero
        ahead = 0.9 * average / (1 - 0.9 ** (t + 1)) + 0.1 * gradient / (1 - 0.9**t)
        moved = (params - after) / 0.1 - 0.7 * params
        for part, shape in ((slice(3, 13), (5, 2)), (slice(13, 25), (2, 6))):
            expected = orthogonalised(ahead[part].reshape(shape)) * 0.3 * np.sqrt(max(shape))
            np.testing.assert_allclose(moved[part].reshape(shape), expected, rtol=1e-6, atol=1e-9)
            assert np.sqrt(np.mean(moved[part] ** 2)) == pytest.approx(0.3, rel=0.4)
        if t == 1:
            np.testing.assert_allclose(np.abs(moved[:3]), np.abs(moved[:3][0]), rtol=1e-6)  # Adam: signs alone


def test_every_optimiser_is_registered_with_traced_fields_alone() -> None:
    assert set(OPTIMISERS) == {"adamw", "adam", "sgd", "muon"}
    for cls in OPTIMISERS.values():
        assert cls().traced_part().keys() == cls().to_dict().keys() - {"kind"}
