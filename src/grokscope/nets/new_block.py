"""A block of the transformer before its first step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Key

from grokscope.nets.block import EXPANSION, Block, Gate, Norm, Rotary
from grokscope.nets.layers import framework_linear


def new_block(
    dim: int, heads: int, rotary: Rotary, norm: Norm, gate: Gate, *, key: Key[Array, ""], dtype: DTypeLike
) -> Block:
    """A block as the published framework initialises it: gains 1, biases of norms 0, every linear parameter
    U(+-1/sqrt(fan_in))."""
    d, hidden = dim, EXPANSION * dim
    keys = iter(jax.random.split(key, 9))

    def linear(*shape: int, fan_in: int = d) -> Float[Array, "..."]:
        return framework_linear(next(keys), shape, dtype, fan_in=fan_in)

    return Block(
        attn_norm=jnp.ones(d, dtype),
        attn_norm_bias=norm_bias(norm, d, dtype),
        query=linear(d, d),
        key=linear(d, d),
        value=linear(d, d),
        out=linear(d, d),
        ffn_norm=jnp.ones(d, dtype),
        ffn_norm_bias=norm_bias(norm, d, dtype),
        gate=linear(d, hidden) if gate == "silu" else None,
        up=linear(d, hidden),
        down=linear(d, hidden, fan_in=hidden),
        proj_weight=linear(d, d) if heads > 1 else None,
        proj_bias=linear(d) if heads > 1 else None,
        heads=heads,
        rotary=rotary,
    )


def norm_bias(norm: Norm, dim: int, dtype: DTypeLike) -> Float[Array, " dim"] | None:
    """What `layers.normed` takes a norm by: zeros at first, or nothing."""
    return jnp.zeros(dim, dtype) if norm == "layer" else None
