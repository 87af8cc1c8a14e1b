"""The few functions that layers are made of."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

NORM_EPS = 1e-5
ROTARY_BASE = 1e6
DROPOUT_LEVELS = 2.0**32


def dense(x: Float[Array, "*rows n_in"], weight: Float[Array, "n_in n_out"]) -> Float[Array, "*rows n_out"]:
    """x @ weight as one flat matrix product: given more axes, XLA transposes the widest array of a training step
    to form the weight's gradient."""
    return (x.reshape(-1, x.shape[-1]) @ weight).reshape(*x.shape[:-1], -1)


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


def over_rms(x: Float[Array, "*rows dim"]) -> Float[Array, "*rows 1"]:
    """One over the root mean square of every row."""
    return jax.lax.rsqrt(total(x * x) / x.shape[-1] + NORM_EPS)


def centred(x: Float[Array, "*rows dim"]) -> Float[Array, "*rows dim"]:
    """Every row without its mean."""
    return x - spread(total(x) / x.shape[-1], x.shape[-1])


def rms_norm(x: Float[Array, "*rows dim"], gain: Float[Array, " dim"]) -> Float[Array, "*rows dim"]:
    """x over its root mean square, times a learned gain."""
    return x * spread(over_rms(x), x.shape[-1]) * gain


def normed(
    x: Float[Array, "*rows dim"], gain: Float[Array, " dim"], bias: Float[Array, " dim"] | None
) -> Float[Array, "*rows dim"]:
    """RMSNorm; where there is a bias LayerNorm, which also takes the mean away and adds the bias."""
    if bias is None:
        return rms_norm(x, gain)
    return rms_norm(centred(x), gain) + bias


def rotated(x: Float[Array, "batch heads dim_head"], position: int) -> Float[Array, "batch heads dim_head"]:
    """Rotary embedding: pair (2j, 2j+1) turned by position * base^(-2j / dim_head)."""
    dim_head = x.shape[-1]
    angle = position * ROTARY_BASE ** (-jnp.arange(0, dim_head, 2, dtype=x.dtype) / dim_head)
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = (even * jnp.cos(angle) - odd * jnp.sin(angle), even * jnp.sin(angle) + odd * jnp.cos(angle))
    return jnp.stack(turned, axis=-1).reshape(x.shape)


def random_words(key: Key[Array, ""], shape: tuple[int, ...]) -> UInt32[Array, "*shape"]:
    """Uniform 32-bit words that depend on the key and their place alone.

    A counter hash of two multiply-xorshift rounds, half of the key in the counter and half in the second multiplier:
    twenty times cheaper on a CPU than the full Threefry cipher, which still makes the key.
    """
    first, second = jax.random.key_data(key)
    x = jnp.arange(math.prod(shape), dtype=jnp.uint32).reshape(shape) ^ first
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * (jnp.uint32(0x846CA68B) ^ (second << 1))
    words: UInt32[Array, "*shape"] = x ^ (x >> 16)
    return words


def dropped(
    x: Float[Array, "*shape"], rate: Float[Array, ""] | float, key: Key[Array, ""] | None
) -> Float[Array, "*shape"]:
    """Inverted dropout: a unit survives where its random word is not below `rate`; without a key, nothing."""
    if key is None:
        return x
    rate = jnp.asarray(rate, x.dtype)
    survives = random_words(key, x.shape) >= (rate * DROPOUT_LEVELS).astype(jnp.uint32)
    kept: Array = jnp.where(survives, x * (1 / (1 - rate)), 0)
    return kept


def framework_linear(
    key: Key[Array, ""], shape: tuple[int, ...], dtype: DTypeLike, *, fan_in: int
) -> Float[Array, "*shape"]:
    """Parameters of a linear layer as the published framework draws them: U(-1/sqrt(fan_in), 1/sqrt(fan_in))."""
    return jax.random.uniform(key, shape, dtype, minval=-1, maxval=1) / math.sqrt(fan_in)


def kept_largest(x: Float[Array, "*shape"], share: Float[Array, ""] | float) -> Bool[Array, "*shape"]:
    """Where the `kept_count` entries of largest magnitude are; of equal ones those that come first."""
    ranks = jnp.argsort(-jnp.abs(x).ravel(), stable=True)
    kept = jnp.arange(x.size) < kept_count(share, x.size)
    return jnp.zeros(x.size, bool).at[ranks].set(kept, unique_indices=True).reshape(x.shape)


def kept_count(share: Float[Array, ""] | float, n: int) -> Int[Array, ""]:
    """floor(share * n): of n entries, the whole number that a share of them is. A share such as 0.9 of 10 that is just
    short in floating point is meant whole."""
    return jnp.floor(jnp.asarray(share) * n + 1e-4).astype(jnp.int32)
