"""Attention of one position: how much it reads from each of those it sees, and what it then reads."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from grokscope.nets.layers import spread, total

Weights = Sequence[Float[Array, "batch heads 1"]]
"""Of what one position reads, or the scores they are made of: one array for each position it sees."""


def weights(q: Float[Array, "batch heads dim_head"], k: Sequence[Float[Array, "batch heads dim_head"]]) -> Weights:
    """How much one position reads from each of those it sees: the softmax of q.k / sqrt(dim_head).

    Written position by position, not as matrix products or along an axis of positions: four are too few for either to
    pay.
    """
    return shares([total(q * key) / math.sqrt(q.shape[-1]) for key in k])


def shares(scores: Weights) -> Weights:
    """Softmax of the scores of what one position sees."""
    largest = jax.lax.stop_gradient(functools.reduce(jnp.maximum, scores))
    odds = [jnp.exp(score - largest) for score in scores]
    whole = functools.reduce(jnp.add, odds)
    # A barrier, for XLA would take the softmax again for every number that is weighted.
    shares: Weights = jax.lax.optimization_barrier([odd / whole for odd in odds])
    return shares


def mixture(
    weights: Sequence[Float[Array, "*rows 1"]], v: Sequence[Float[Array, "*rows n"]]
) -> Float[Array, "*rows n"]:
    """The weighted sum of what one position sees."""
    parts = [spread(weight, value.shape[-1]) * value for weight, value in zip(weights, v, strict=True)]
    return functools.reduce(jnp.add, parts)
