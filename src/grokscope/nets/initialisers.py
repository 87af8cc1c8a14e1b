"""Distributions that parameters are drawn from before the first step."""

from __future__ import annotations

import math
from typing import Literal, get_args

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Key

from grokscope.run.draws import in_few_sizes

Initialiser = Literal["normal", "uniform", "zeros", "ones"]
INITIALISERS: tuple[Initialiser, ...] = get_args(Initialiser)


def draw_initial(
    initialiser: Initialiser, key: Key[Array, ""], shape: tuple[int, ...], dtype: DTypeLike, *, mean: float, std: float
) -> Float[Array, "*shape"]:
    """N(mean, std^2), U[0, 1), zeros or ones."""
    if initialiser == "normal":
        return mean + std * in_few_sizes(jax.random.normal, key, shape, dtype)
    if initialiser == "uniform":
        return in_few_sizes(jax.random.uniform, key, shape, dtype)
    return jnp.full(shape, float(initialiser == "ones"), dtype)


def uniform_by_fan_in(
    key: Key[Array, ""], shape: tuple[int, ...], dtype: DTypeLike, *, fan_in: int
) -> Float[Array, "*shape"]:
    """U(-1/sqrt(fan_in), 1/sqrt(fan_in)): parameters of a linear layer as the published framework draws them."""

    def draw(key: Key[Array, ""], shape: tuple[int, ...]) -> Array:
        return jax.random.uniform(key, shape, dtype, minval=-1, maxval=1) / math.sqrt(fan_in)

    return in_few_sizes(draw, key, shape)


def xavier_normal(key: Key[Array, ""], shape: tuple[int, int], dtype: DTypeLike) -> Float[Array, "n_in n_out"]:
    """N(0, 2 / (fan_in + fan_out)). Source: Glorot & Bengio 2010, equation 12."""
    return in_few_sizes(jax.random.normal, key, shape, dtype) * math.sqrt(2 / sum(shape))
