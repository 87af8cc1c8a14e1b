"""The operations that nets are made of: matrix products, sums, softmax, norms, rotary embedding.

A reduction along a short axis, or a gradient that is cut up and padded, costs a CPU more than the arithmetic in it. So
sums over a row are products with ones, sums over the positions that a query sees are written out one after another, and
gradients are given where XLA's own would be slower.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

NORM_EPS = 1e-5
ROTARY_BASE = 1e6

# Matrix products


def dense(x: Float[Array, "*rows n_in"], weight: Float[Array, "n_in n_out"]) -> Float[Array, "*rows n_out"]:
    """x @ weight as one flat matrix product: given more axes, XLA transposes the widest array of a training step
    to form the weight's gradient."""
    return (x.reshape(-1, x.shape[-1]) @ weight).reshape(*x.shape[:-1], -1)


def dense_chain(
    x: Float[Array, "*rows n_in"], first: Float[Array, "n_in n"], second: Float[Array, "n n_out"]
) -> Float[Array, "*rows n_out"]:
    """x @ first @ second, from whichever end multiplies fewer numbers."""
    n_rows, (n_in, n), n_out = math.prod(x.shape[:-1]), first.shape, second.shape[-1]
    if n_in * n_out * (n_rows + n) < n_rows * n * (n_in + n_out):
        return dense(x, first @ second)
    return dense(dense(x, first), second)


@jax.custom_vjp
def dense_precomputed(
    x: Float[Array, "*rows n_in"], weight: Float[Array, "n_in n_out"], product: Float[Array, "*rows n_out"]
) -> Float[Array, "*rows n_out"]:
    """`dense(x, weight)` whose value is known already; its gradient is that of `dense` all the same."""
    return product


def _dense_precomputed_forward(x: Array, weight: Array, product: Array) -> tuple[Array, tuple[Array, Array]]:
    return product, (x, weight)


def _dense_precomputed_backward(residuals: tuple[Array, Array], cotangent: Array) -> tuple[Array, Array, None]:
    return *jax.vjp(dense, *residuals)[1](cotangent), None


dense_precomputed.defvjp(_dense_precomputed_forward, _dense_precomputed_backward)

# Sums


def row_sum(x: Float[Array, "*rows n"]) -> Float[Array, "*rows 1"]:
    """Sum over the last axis, as a product with ones: on a CPU XLA adds along an axis one by one, but multiplies
    matrices with all of the core's width. Its gradient is `broadcast_rows`."""
    return _matmul_ones(x, jnp.ones((x.shape[-1], 1), x.dtype))


def broadcast_rows(x: Float[Array, "*rows 1"], n: int) -> Float[Array, "*rows n"]:
    """Every number n times along the last axis, as a product with ones: its gradient is `row_sum`."""
    return _matmul_ones(x, jnp.ones((1, n), x.dtype))


def _matmul_ones(x: Float[Array, "*rows n_in"], ones: Float[Array, "n_in n_out"]) -> Float[Array, "*rows n_out"]:
    flat = jnp.matmul(x.reshape(-1, x.shape[-1]), ones, precision=jax.lax.Precision.HIGHEST)
    return flat.reshape(*x.shape[:-1], ones.shape[-1])


def sum_arrays(arrays: Iterable[Float[Array, "*shape"]]) -> Float[Array, "*shape"]:
    """Sum of the arrays, one after another."""
    total: Array = functools.reduce(jnp.add, arrays)
    return total


# Attention of one query; what it sees lies along the first axis


@jax.custom_vjp
def dot_products(q: Float[Array, "*rows n"], k: Float[Array, "seen *rows n"]) -> Float[Array, "seen *rows 1"]:
    """q.k for every position that the query sees."""
    return row_sum(q * k)


def _dot_products_forward(q: Array, k: Array) -> tuple[Array, tuple[Array, Array]]:
    return dot_products(q, k), (q, k)


def _dot_products_backward(residuals: tuple[Array, Array], cotangent: Array) -> tuple[Array, Array]:
    q, k = residuals
    return weighted_sum(cotangent, k), broadcast_rows(cotangent, q.shape[-1]) * q


dot_products.defvjp(_dot_products_forward, _dot_products_backward)


@jax.custom_vjp
def softmax(scores: Float[Array, "seen *rows"]) -> Float[Array, "seen *rows"]:  # noqa: F821  names of axes
    """Softmax over the first axis: the positions that the query sees."""
    exp = jnp.exp(scores - functools.reduce(jnp.maximum, list(scores)))
    return exp / sum_arrays(exp)


def _softmax_forward(scores: Array) -> tuple[Array, Array]:
    weights = softmax(scores)
    return weights, weights


def _softmax_backward(weights: Array, cotangent: Array) -> tuple[Array]:
    return (weights * (cotangent - sum_arrays(weights * cotangent)),)


softmax.defvjp(_softmax_forward, _softmax_backward)


@jax.custom_vjp
def weighted_sum(weights: Float[Array, "seen *rows 1"], v: Float[Array, "seen *rows n"]) -> Float[Array, "*rows n"]:
    """Sum of the values that the query sees, each times its weight."""
    return sum_arrays(broadcast_rows(weight, v.shape[-1]) * row for weight, row in zip(weights, v, strict=True))


def _weighted_sum_forward(weights: Array, v: Array) -> tuple[Array, tuple[Array, Array]]:
    return weighted_sum(weights, v), (weights, v)


def _weighted_sum_backward(residuals: tuple[Array, Array], cotangent: Array) -> tuple[Array, Array]:
    weights, v = residuals
    return dot_products(cotangent, v), broadcast_rows(weights, v.shape[-1]) * cotangent


weighted_sum.defvjp(_weighted_sum_forward, _weighted_sum_backward)


def apply_rotary(x: Float[Array, "batch heads dim_head"], position: int) -> Float[Array, "batch heads dim_head"]:
    """Rotary embedding: pair (2j, 2j+1) rotated by position * base^(-2j / dim_head)."""
    dim_head = x.shape[-1]
    angle = position * ROTARY_BASE ** (-jnp.arange(0, dim_head, 2, dtype=x.dtype) / dim_head)
    even, odd = x[..., 0::2], x[..., 1::2]
    rotated = (even * jnp.cos(angle) - odd * jnp.sin(angle), even * jnp.sin(angle) + odd * jnp.cos(angle))
    return jnp.stack(rotated, axis=-1).reshape(x.shape)


# RMSNorm and LayerNorm, whose gain is folded into the matrix that follows


def inverse_rms(x: Float[Array, "*rows dim"]) -> Float[Array, "*rows 1"]:
    """One over the root mean square of every row."""
    return jax.lax.rsqrt(row_sum(x * x) / x.shape[-1] + NORM_EPS)


def centre(x: Float[Array, "*rows dim"]) -> Float[Array, "*rows dim"]:
    """Every row less its mean."""
    return x - broadcast_rows(row_sum(x) / x.shape[-1], x.shape[-1])


@jax.custom_vjp
def rms_normalise(x: Float[Array, "*rows dim"]) -> Float[Array, "*rows dim"]:
    """Every row over its root mean square: RMSNorm without a gain."""
    return x * broadcast_rows(inverse_rms(x), x.shape[-1])


def _rms_normalise_forward(x: Array) -> tuple[Array, tuple[Array, Array]]:
    scale = inverse_rms(x)
    normed = x * broadcast_rows(scale, x.shape[-1])
    return normed, (normed, scale)


def _rms_normalise_backward(residuals: tuple[Array, Array], cotangent: Array) -> tuple[Array]:
    """The part of the cotangent that is orthogonal to the row, over the root mean square. Divided by that, not
    multiplied by one over it: XLA forms a product again for every use of it, but a quotient once."""
    normed, scale = residuals
    dim = normed.shape[-1]
    along = broadcast_rows(row_sum(cotangent * normed) / dim, dim)
    return ((cotangent - normed * along) / broadcast_rows(1 / scale, dim),)


rms_normalise.defvjp(_rms_normalise_forward, _rms_normalise_backward)


def normalise(x: Float[Array, "*rows dim"], bias: Float[Array, " dim"] | None) -> Float[Array, "*rows dim"]:
    """RMSNorm before its gain; for a norm with a bias LayerNorm before gain and bias, which also centres."""
    return rms_normalise(x if bias is None else centre(x))


def fold_gain(weight: Float[Array, "dim n"], gain: Float[Array, " dim"]) -> Float[Array, "dim n"]:
    """diag(gain) @ weight: a norm's gain goes into the matrix after it, which has fewer numbers than the rows."""
    return broadcast_rows(gain[:, None], weight.shape[-1]) * weight


def dense_after_norm(
    x: Float[Array, "*rows dim"],
    weight: Float[Array, "dim n"],
    gain: Float[Array, " dim"],
    bias: Float[Array, " dim"] | None,
) -> Float[Array, "*rows n"]:
    """(x * gain + bias) @ weight for rows that `normalise` made; no bias is none."""
    product = dense(x, fold_gain(weight, gain))
    return product if bias is None else product + bias @ weight


# Masks by magnitude


def largest_mask(x: Float[Array, "*shape"], share: Float[Array, ""] | float) -> Bool[Array, "*shape"]:
    """Mask of the `kept_count` entries of largest magnitude; of equal ones those that come first."""
    ranks = jnp.argsort(-jnp.abs(x).ravel(), stable=True)
    kept = jnp.arange(x.size) < kept_count(share, x.size)
    return jnp.zeros(x.size, bool).at[ranks].set(kept, unique_indices=True).reshape(x.shape)


def kept_count(share: Float[Array, ""] | float, n: int) -> Int[Array, ""]:
    """floor(share * n), the number of n entries that a share of them is. A share such as 0.9 of 10 that is just short
    in floating point is meant whole."""
    return jnp.floor(jnp.asarray(share) * n + 1e-4).astype(jnp.int32)
