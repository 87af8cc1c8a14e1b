"""Numbers that are drawn in few sizes are those of the size that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
import pytest

from grokscope.run.draws import in_few_sizes

DRAWS: dict[str, Callable[..., Any]] = {
    "uniform": partial(jax.random.uniform, minval=-1, maxval=1),
    "normal": jax.random.normal,
    "whole numbers": lambda key, shape: jax.random.randint(key, shape, 0, 59, "int32"),
}


@pytest.mark.parametrize("shape", [(1,), (7,), (3, 5), (64,), (61, 20)])
@pytest.mark.parametrize("name", DRAWS)
def test_they_are_the_same(name: str, shape: tuple[int, ...]) -> None:
    key = jax.random.key(11)
    found = in_few_sizes(DRAWS[name], key, shape)
    assert found.shape == shape
    np.testing.assert_array_equal(found, DRAWS[name](key, shape))


@pytest.mark.parametrize("name", ["uniform", "normal"])
def test_so_they_are_in_double_precision(name: str) -> None:
    with jax.enable_x64(True):
        key = jax.random.key(12)
        found = in_few_sizes(DRAWS[name], key, (61, 20), dtype="float64")
        np.testing.assert_array_equal(found, DRAWS[name](key, (61, 20), dtype="float64"))


def test_few_sizes_are_asked_for() -> None:
    asked = set()

    def draw(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        asked.add(shape)
        return jax.numpy.zeros(shape)

    for n in range(1, 1000):
        in_few_sizes(draw, jax.random.key(0), (n,))
    assert asked == {(2**k,) for k in range(11)}
