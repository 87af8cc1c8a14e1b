"""Attention of one position: how much it reads from each of those it sees, and what it then reads.

What is seen lies along the first axis. Sums over it are written out, as are gradients: positions are few, so that a
reduction along their axis, or a gradient that is cut up and padded, costs a CPU more than the arithmetic.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from grokscope.nets.layers import spread, total

Weights = Float[Array, "_ batch heads 1"]
"""Of what one position reads, or the scores they are made of."""


def weights(q: Float[Array, "batch heads dim_head"], k: Float[Array, "seen batch heads dim_head"]) -> Weights:
    """How much one position reads from each of those it sees: the softmax of q.k / sqrt(dim_head)."""
    return shares(scores(q, k) / math.sqrt(q.shape[-1]))


@jax.custom_vjp
def scores(q: Float[Array, "*rows n"], k: Float[Array, "seen *rows n"]) -> Float[Array, "seen *rows 1"]:
    """q.k of every position that is seen."""
    return total(q * k)


def _scores(q: Array, k: Array) -> tuple[Array, tuple[Array, Array]]:
    return scores(q, k), (q, k)


def _scores_gradient(of: tuple[Array, Array], along: Array) -> tuple[Array, Array]:
    q, k = of
    return mixture(along, k), spread(along, q.shape[-1]) * q


scores.defvjp(_scores, _scores_gradient)


@jax.custom_vjp
def mixture(weights: Float[Array, "seen *rows 1"], v: Float[Array, "seen *rows n"]) -> Float[Array, "*rows n"]:
    """The weighted sum of what one position sees."""
    return added(spread(weight, v.shape[-1]) * row for weight, row in zip(weights, v, strict=True))


def _mixture(weights: Array, v: Array) -> tuple[Array, tuple[Array, Array]]:
    return mixture(weights, v), (weights, v)


def _mixture_gradient(of: tuple[Array, Array], along: Array) -> tuple[Array, Array]:
    weights, v = of
    return scores(along, v), spread(weights, v.shape[-1]) * along


mixture.defvjp(_mixture, _mixture_gradient)


@jax.custom_vjp
def shares(scores: Float[Array, "seen *rows"]) -> Float[Array, "seen *rows"]:
    """Softmax of the scores of what one position sees."""
    odds = jnp.exp(scores - functools.reduce(jnp.maximum, list(scores)))
    return odds / added(odds)


def _shares(scores: Array) -> tuple[Array, Array]:
    found = shares(scores)
    return found, found


def _shares_gradient(found: Array, along: Array) -> tuple[Array]:
    return (found * (along - added(found * along)),)


shares.defvjp(_shares, _shares_gradient)


def added(rows: Iterable[Float[Array, "*shape"]]) -> Float[Array, "*shape"]:
    """Their sum, one after the other."""
    whole: Array = functools.reduce(jnp.add, rows)
    return whole
