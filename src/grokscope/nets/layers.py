"""The few functions that layers are made of."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

NORM_EPS = 1e-5
ROTARY_BASE = 1e6
DROPOUT_LEVELS = 2**16


def rms_norm(x: Float[Array, "*rows dim"], gain: Float[Array, " dim"]) -> Float[Array, "*rows dim"]:
    """x over its root mean square, times a learned gain."""
    return x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + NORM_EPS) * gain


def rotated(
    x: Float[Array, "length heads dim_head"], positions: Int[Array, " length"]
) -> Float[Array, "length heads dim_head"]:
    """Rotary embedding: pair (2j, 2j+1) turned by position * base^(-2j / dim_head)."""
    dim_head = x.shape[-1]
    frequency = ROTARY_BASE ** (-jnp.arange(0, dim_head, 2, dtype=x.dtype) / dim_head)
    angle = positions[:, None, None].astype(x.dtype) * frequency
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = (even * jnp.cos(angle) - odd * jnp.sin(angle), even * jnp.sin(angle) + odd * jnp.cos(angle))
    return jnp.stack(turned, axis=-1).reshape(x.shape)


def dropped(
    x: Float[Array, "*shape"], rate: Float[Array, ""] | float, key: Key[Array, ""] | None
) -> Float[Array, "*shape"]:
    """Inverted dropout; without a key, nothing.

    A unit is dropped by comparing a 16-bit random word with the rate: a quarter of the random bits that a
    float costs, for a rate rounded to 1.5e-5. Survivors are scaled by the rounded rate, so the mean is exact.
    """
    if key is None:
        return x
    words = jax.random.bits(key, (-(-x.size // 2),), "uint32")
    level = jax.lax.bitcast_convert_type(words, jnp.uint16).reshape(-1)[: x.size].reshape(x.shape)
    n_dropped = jnp.round(jnp.asarray(rate, x.dtype) * DROPOUT_LEVELS)
    return jnp.where(level >= n_dropped.astype(jnp.uint16), x / (1 - n_dropped / DROPOUT_LEVELS), 0)


def framework_linear(key: Key[Array, ""], n_out: int, n_in: int) -> Float[Array, "n_out n_in"]:
    """Weights of a linear layer as the published framework draws them: U(-1/sqrt(n_in), 1/sqrt(n_in))."""
    return jax.random.uniform(key, (n_out, n_in), minval=-1, maxval=1) / math.sqrt(n_in)
