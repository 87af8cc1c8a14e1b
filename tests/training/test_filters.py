"""Every filter is the plain equation it names; and the optimiser sees what it makes of the gradient."""

from __future__ import annotations

import dataclasses

import jax
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from grokscope.registry import kinds
from grokscope.training.filters import Grokfast, Orthogonal, Pull
from grokscope.training.lane import stream_key
from grokscope.training.optimisers import SGD
from grokscope.training.params import named_arrays

from .custom_parts import RUN
from .lane_helpers import advance_alone
from .optimiser_steps import MATRICES, step_optimiser

WHOLE_BATCHES = dataclasses.replace(RUN, batch_size=-1, optimiser=SGD(0.05, 0.0), shuffle="never")


def test_grokfast_adds_the_moving_average_that_begins_at_the_first_gradient() -> None:
    slow = None
    for _, gradient, filtered in step_optimiser(Grokfast(0.9, 3.0), 5):
        slow = gradient if slow is None else 0.9 * slow + 0.1 * gradient
        np.testing.assert_allclose(filtered, gradient + 3.0 * slow, rtol=1e-12)


def test_the_orthogonal_gradient_is_at_right_angles_to_the_parameters() -> None:
    for params, gradient, filtered in step_optimiser(Orthogonal(), 3):
        expected = gradient - params @ gradient / (params @ params) * params
        np.testing.assert_allclose(filtered, expected, rtol=1e-9)
        assert abs(params @ filtered) < 1e-9


def test_array_by_array_and_of_the_old_length_as_in_the_published_code() -> None:
    for params, gradient, filtered in step_optimiser(Orthogonal("array", "kept"), 3):
        for part in (slice(0, 3), *(part for part, _ in MATRICES)):
            theta, g = params[part], gradient[part]
            across = g - theta @ g / (theta @ theta) * theta
            np.testing.assert_allclose(
                filtered[part], across * np.linalg.norm(g) / np.linalg.norm(across), rtol=1e-9, atol=1e-12
            )


def test_a_pull_is_the_gradient_of_the_arrays_lengths() -> None:
    """By finite differences of the sum of their norms."""
    for params, gradient, filtered in step_optimiser(Pull(0.5), 3):
        parts = (slice(0, 3), *(part for part, _ in MATRICES))
        steps = 1e-6 * np.eye(len(params))
        ahead, behind = (
            np.array([sum(np.linalg.norm((params + sign * step)[part]) for part in parts) for step in steps])
            for sign in (1, -1)
        )
        np.testing.assert_allclose(filtered - gradient, 0.5 * (ahead - behind) / 2e-6, atol=1e-8)


def test_what_is_held_or_zero_is_not_pulled() -> None:
    params = {"held": np.ones(2), "zero": np.zeros(3), "free": np.array([3.0, 4.0])}
    gradient = {"held": np.zeros(2), "zero": np.ones(3), "free": np.array([1.0, 0.0])}
    vector, unravel = ravel_pytree(params)
    transformation = Pull().transform({"strength": 0.5}, unravel)
    update, _ = transformation.update(ravel_pytree(gradient)[0], transformation.init(vector), vector)
    found = unravel(update)
    np.testing.assert_allclose(found["free"], [1.3, 0.4], rtol=1e-6)
    np.testing.assert_array_equal(found["held"], 0)
    np.testing.assert_array_equal(found["zero"], 1)


@pytest.mark.parametrize("kind", kinds("filters"))
def test_the_optimiser_is_given_the_filtered_gradient(kind: str) -> None:
    """The engine's steps on a line are those of a plain loop."""
    run = dataclasses.replace(WHOLE_BATCHES, filter=kinds("filters")[kind]())
    with jax.enable_x64(True):
        data = run.task.arrays(stream_key(run.seeds.data, "data"))
        start = named_arrays(run, advance_alone(run, 0)[0].state.params)
    weight, bias, slow = start["weight"], start["bias"], None
    for _ in range(6):
        error = data.train_inputs @ weight.T + bias - data.train_targets
        g = np.concatenate([np.ravel(error.T @ data.train_inputs), error.sum(0)]) / len(error)
        theta = np.concatenate([np.ravel(weight), bias])
        if kind == "grokfast":
            slow = g if slow is None else 0.98 * slow + 0.02 * g
            g = g + 2.0 * slow
        elif kind == "pull":
            lengths = np.repeat([np.linalg.norm(theta[:4]), np.linalg.norm(theta[4:]) or np.inf], (4, 2))
            g = g + 0.5 * theta / lengths
        else:
            g = g - theta @ g / (theta @ theta) * theta
        theta = theta - 0.05 * g
        weight, bias = theta[:4].reshape(2, 2), theta[4:]
    lane, _ = advance_alone(run, 6)
    ours = named_arrays(run, lane.state.params)
    np.testing.assert_allclose(ours["weight"], weight, rtol=1e-9)
    np.testing.assert_allclose(ours["bias"], bias, rtol=1e-9)
    assert run.identity != WHOLE_BATCHES.identity
    assert run.shape != WHOLE_BATCHES.shape


def test_numbers_of_a_filter_share_a_program() -> None:
    one, other = (dataclasses.replace(RUN, filter=Grokfast(amplify=amplify)) for amplify in (2.0, 5.0))
    assert one.shape == other.shape
