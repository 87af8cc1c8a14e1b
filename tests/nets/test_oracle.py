"""The oracle itself, before anything is compared with it: its hand-written gradient against finite differences."""

import numpy as np
import pytest

import oracle

from .random_arrays import published_arrays, random_tokens

STEP = 1e-6


@pytest.mark.parametrize(("heads", "rotary"), [(1, "published"), (2, "published"), (2, "intended"), (4, "none")])
def test_gradient_is_that_of_the_loss(heads: int, rotary: str) -> None:
    params, (inputs, targets) = published_arrays(depth=2, heads=heads), random_tokens()
    draw = np.random.default_rng(0)
    masks = {
        f"layer{i}.{part}": draw.integers(0, 2, (len(inputs), 4, width)) * 2.0
        for i in range(2)
        for part, width in (("ffn", 32), ("attn", 8))
    }
    model = oracle.Model(heads, rotary, masks)
    _, grads = oracle.gradient(params, inputs, targets, model)
    assert set(grads) == set(params)
    for name, value in params.items():
        place = tuple(draw.integers(0, value.shape))
        moved = []
        for sign in (1, -1):
            other = {n: v.copy() for n, v in params.items()}
            other[name][place] += sign * STEP
            moved.append(oracle.loss(other, inputs, targets, model))
        slope = (moved[0] - moved[1]) / (2 * STEP)
        assert grads[name][place] == pytest.approx(slope, abs=1e-8, rel=1e-6), name


def test_adamw_without_gradient_only_decays() -> None:
    optimiser = oracle.AdamW(lr=0.1, weight_decay=0.5)
    stepped = optimiser.step({"w": np.array([2.0])}, {"w": np.array([0.0])})
    assert stepped["w"] == pytest.approx(2.0 * (1 - 0.1 * 0.5))


def test_adamw_first_step_is_the_learning_rate() -> None:
    optimiser = oracle.AdamW(lr=0.1, weight_decay=0.0)
    stepped = optimiser.step({"w": np.array([2.0, 2.0])}, {"w": np.array([1e-3, -7.0])})
    np.testing.assert_allclose(stepped["w"], [1.9, 2.1], rtol=1e-5)
