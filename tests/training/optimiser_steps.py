"""Optax transformations taken by hand: a few steps in float64 from made-up gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from grokscope.spec import Spec

Vector = np.ndarray
TREE = {"bias": np.arange(1.0, 4.0), "tall": np.ones((5, 2)), "wide": np.ones((2, 6))}
"""Flat: three numbers of a bias, then two matrices."""
MATRICES = ((slice(3, 13), (5, 2)), (slice(13, 25), (2, 6)))


def step_optimiser(spec: Spec, n: int) -> Iterator[tuple[Vector, Vector, Vector]]:
    """Parameters, a gradient, and the update that the spec makes of them; the update is taken, n times."""
    with jax.enable_x64(True):
        vector, unravel = ravel_pytree(TREE)
        noise = np.random.default_rng(0)
        params = np.asarray(vector) + 0.1 * noise.normal(size=len(vector))
        transformation: Any = spec.transform(spec.traced_part(), unravel)  # type: ignore[attr-defined]
        state = transformation.init(jax.numpy.asarray(params))
        for _ in range(n):
            gradient = noise.normal(size=len(params)) * 10.0 ** noise.integers(-2, 2)
            update, state = transformation.update(jax.numpy.asarray(gradient), state, jax.numpy.asarray(params))
            yield params, gradient, np.asarray(update)
            params = params + np.asarray(update)
