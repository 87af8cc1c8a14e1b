"""The few functions that layers are made of."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Bool, Float, Int, Key

from grokscope.run.draws import in_few_sizes

ROTARY_BASE = 1e6


def dense(x: Float[Array, "*rows n_in"], weight: Float[Array, "n_in n_out"]) -> Float[Array, "*rows n_out"]:
    """x @ weight as one flat matrix product: given more axes, XLA transposes the widest array of a training step
    to form the weight's gradient."""
    return (x.reshape(-1, x.shape[-1]) @ weight).reshape(*x.shape[:-1], -1)


def chained(
    x: Float[Array, "*rows n_in"], first: Float[Array, "n_in n"], second: Float[Array, "n n_out"]
) -> Float[Array, "*rows n_out"]:
    """x @ first @ second, from whichever end multiplies fewer numbers."""
    n_rows, (n_in, n), n_out = math.prod(x.shape[:-1]), first.shape, second.shape[-1]
    if n_in * n_out * (n_rows + n) < n_rows * n * (n_in + n_out):
        return dense(x, first @ second)
    return dense(dense(x, first), second)


@jax.custom_vjp
def recalled(
    x: Float[Array, "*rows n_in"], weight: Float[Array, "n_in n_out"], product: Float[Array, "*rows n_out"]
) -> Float[Array, "*rows n_out"]:
    """`dense(x, weight)` of which the product is known; the gradient is that of `dense` all the same."""
    return product


def _recalled(x: Array, weight: Array, product: Array) -> tuple[Array, tuple[Array, Array]]:
    return product, (x, weight)


def _recalled_gradient(factors: tuple[Array, Array], along: Array) -> tuple[Array, Array, None]:
    return *jax.vjp(dense, *factors)[1](along), None


recalled.defvjp(_recalled, _recalled_gradient)


def total(x: Float[Array, "*rows n"]) -> Float[Array, "*rows 1"]:
    """Sum over the last axis, as a product with ones: on a CPU XLA adds along an axis one by one, but multiplies
    matrices with all of the core's width. Its gradient is `spread`."""
    return _product(x, jnp.ones((x.shape[-1], 1), x.dtype))


def spread(x: Float[Array, "*rows 1"], n: int) -> Float[Array, "*rows n"]:
    """Every number n times along the last axis, as a product with ones: its gradient is `total`."""
    return _product(x, jnp.ones((1, n), x.dtype))


def _product(x: Float[Array, "*rows n_in"], ones: Float[Array, "n_in n_out"]) -> Float[Array, "*rows n_out"]:
    flat = jnp.matmul(x.reshape(-1, x.shape[-1]), ones, precision=jax.lax.Precision.HIGHEST)
    return flat.reshape(*x.shape[:-1], ones.shape[-1])


def rotated(x: Float[Array, "batch heads dim_head"], position: int) -> Float[Array, "batch heads dim_head"]:
    """Rotary embedding: pair (2j, 2j+1) turned by position * base^(-2j / dim_head)."""
    dim_head = x.shape[-1]
    angle = position * ROTARY_BASE ** (-jnp.arange(0, dim_head, 2, dtype=x.dtype) / dim_head)
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = (even * jnp.cos(angle) - odd * jnp.sin(angle), even * jnp.sin(angle) + odd * jnp.cos(angle))
    return jnp.stack(turned, axis=-1).reshape(x.shape)


def framework_linear(
    key: Key[Array, ""], shape: tuple[int, ...], dtype: DTypeLike, *, fan_in: int
) -> Float[Array, "*shape"]:
    """Parameters of a linear layer as the published framework draws them: U(-1/sqrt(fan_in), 1/sqrt(fan_in))."""

    def draw(key: Key[Array, ""], shape: tuple[int, ...]) -> Array:
        return jax.random.uniform(key, shape, dtype, minval=-1, maxval=1) / math.sqrt(fan_in)

    return in_few_sizes(draw, key, shape)


def kept_largest(x: Float[Array, "*shape"], share: Float[Array, ""] | float) -> Bool[Array, "*shape"]:
    """Where the `kept_count` entries of largest magnitude are; of equal ones those that come first."""
    ranks = jnp.argsort(-jnp.abs(x).ravel(), stable=True)
    kept = jnp.arange(x.size) < kept_count(share, x.size)
    return jnp.zeros(x.size, bool).at[ranks].set(kept, unique_indices=True).reshape(x.shape)


def kept_count(share: Float[Array, ""] | float, n: int) -> Int[Array, ""]:
    """floor(share * n): of n entries, the whole number that a share of them is. A share such as 0.9 of 10 that is just
    short in floating point is meant whole."""
    return jnp.floor(jnp.asarray(share) * n + 1e-4).astype(jnp.int32)
