"""Every optimiser is the plain equation it names, step after step, in float64; and it trains."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import jax
import numpy as np
import pytest

from grokscope.registry import kinds
from grokscope.spec import Spec
from grokscope.training.advance import stack_lanes
from grokscope.training.checkpoint import pack_state, unpack_lane
from grokscope.training.optimisers import SGD, Adam, AdamW, Muon

from .lane_helpers import RUN, advance_alone, advance_stacked, relative_distance
from .optimiser_steps import MATRICES, Vector, step_optimiser


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
    for params, gradient, update in step_optimiser(Adam(0.1, 0.7, 0.8, 0.95, 1e-3), 5):
        np.testing.assert_allclose(update, -0.1 * coupled(params, gradient), rtol=1e-12)
    plain = adam(0.0, 0.8, 0.95, 1e-3)
    for params, gradient, update in step_optimiser(AdamW(0.1, 0.7, 0.8, 0.95, 1e-3), 5):
        np.testing.assert_allclose(update, -0.1 * (plain(params, gradient) + 0.7 * params), rtol=1e-12)


def test_sgd_gathers_speed() -> None:
    speed = np.zeros(25)
    for params, gradient, update in step_optimiser(SGD(0.05, 0.9, 0.3), 5):
        speed = 0.9 * speed + gradient + 0.3 * params
        np.testing.assert_allclose(update, -0.05 * speed, rtol=1e-12)


def orthogonalise(matrix: Vector) -> Vector:
    """Five quintic Newton-Schulz steps, which bring singular values near 1, from a matrix of Frobenius norm 1."""
    x = matrix / (np.linalg.norm(matrix) + 1e-9)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x


def test_muon_makes_singular_values_alike_and_leaves_biases_to_adam() -> None:
    average = np.zeros(25)
    for t, (params, gradient, update) in enumerate(step_optimiser(Muon(0.1, 0.7, 0.9, 0.8, 0.95, 1e-9, 0.3), 4), 1):
        average = 0.9 * average + 0.1 * gradient
        # Nesterov: the average as it will be, both parts freed of their start from zero
        ahead = 0.9 * average / (1 - 0.9 ** (t + 1)) + 0.1 * gradient / (1 - 0.9**t)
        moved = -update / 0.1 - 0.7 * params
        for part, shape in MATRICES:
            expected = orthogonalise(ahead[part].reshape(shape)) * 0.3 * np.sqrt(max(shape))
            np.testing.assert_allclose(moved[part].reshape(shape), expected, rtol=1e-6, atol=1e-9)
            assert np.sqrt(np.mean(moved[part] ** 2)) == pytest.approx(0.3, rel=0.4)
        if t == 1:
            np.testing.assert_allclose(np.abs(moved[:3]), np.abs(moved[0]), rtol=1e-6)  # Adam: signs alone


def test_every_hyper_parameter_is_traced() -> None:
    assert set(kinds("optimisers")) == {"adamw", "adam", "sgd", "muon"}
    for cls in kinds("optimisers").values():
        assert {"kind": cls.kind} | cls().traced_part() == cls().to_dict()


@pytest.mark.parametrize(
    ("spec", "other"), [(Muon(3e-3, 0.1), Muon(1e-2)), (SGD(0.3), SGD(0.1, 0.5))], ids=["muon", "sgd"]
)
def test_it_trains_alone_beside_others_and_after_a_checkpoint(spec: Spec, other: Spec) -> None:
    run, neighbour = (dataclasses.replace(RUN, optimiser=optimiser) for optimiser in (spec, other))
    alone, records = advance_alone(run, 12)
    assert records[-1, 0] < records[0, 0]
    together, _ = advance_stacked([neighbour, run], 12)
    assert relative_distance(alone.state.params, together.state.params[1]) < 1e-9
    with jax.enable_x64(True):
        again, _ = unpack_lane(run, pack_state(run, alone.state, records))
        stack_lanes([alone, again])
    for one, same in zip(jax.tree.leaves(alone.state), jax.tree.leaves(again.state), strict=True):
        np.testing.assert_array_equal(one, same)
