"""How a net encodes what it knows: how far it can be compressed, how unequal its numbers are.

Source: method 8.5; Manning-Coe et al. 2025, section 4.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PyTree

KEPT = 0.95
"""Share of the unpruned accuracy that p95 holds on to."""


class Compressibility(NamedTuple):
    """What a pruning curve a(p) comes to.

    Attributes:
        unpruned: a(0).
        area: A, the integral of a(p) from 0 to 1.
        c: 1 / (1 - A), as published; never above 1 / (1 - a(0)).
        c_norm: 1 / (1 - A / a(0)): of nets that are not equally good too.
        p95: the largest p whose accuracy, and that of every smaller one, is at least 95 % of a(0); interpolated.
        factor: 1 / (1 - p95), the compression at that accuracy.
    """

    unpruned: Float[np.ndarray, "*nets"]
    area: Float[np.ndarray, "*nets"]
    c: Float[np.ndarray, "*nets"]
    c_norm: Float[np.ndarray, "*nets"]
    p95: Float[np.ndarray, "*nets"]
    factor: Float[np.ndarray, "*nets"]


def compressibility(accuracy: Float[np.ndarray, "*nets points"]) -> Compressibility:
    """Of curves over evenly spaced fractions from 0 to 1, by trapezoids."""
    accuracy = np.asarray(accuracy, np.float64)
    area = np.mean((accuracy[..., 1:] + accuracy[..., :-1]) / 2, axis=-1)
    unpruned = accuracy[..., 0]
    relative = np.divide(area, unpruned, out=np.zeros_like(area), where=unpruned > 0)
    p95 = last_above(accuracy, KEPT * unpruned)
    with np.errstate(divide="ignore"):
        return Compressibility(unpruned, area, 1 / (1 - area), 1 / (1 - relative), p95, 1 / (1 - p95))


def last_above(
    accuracy: Float[np.ndarray, "*nets points"], level: Float[np.ndarray, "*nets"]
) -> Float[np.ndarray, "*nets"]:
    """The fraction at which each curve first falls below its level, by lines between points; 1 if none does."""
    below = accuracy < level[..., None]
    after = np.argmax(below, axis=-1)
    before = np.maximum(after - 1, 0)
    high, low = (np.take_along_axis(accuracy, i[..., None], -1)[..., 0] for i in (before, after))
    share = np.divide(high - level, high - low, out=np.zeros_like(high), where=high > low)
    return np.where(below.any(axis=-1), (before + share) / (accuracy.shape[-1] - 1), 1.0)


def gini(values: Float[Array, "..."]) -> Float[Array, ""]:
    """How unequal absolute values are: 0 if all are equal, towards 1 if one has all."""
    x = jnp.sort(jnp.abs(jnp.ravel(values)))
    n = x.size
    return 2 * jnp.sum(jnp.arange(1, n + 1) * x) / (n * jnp.sum(x)) - (n + 1) / n


def weight_gini(net: PyTree[Any]) -> Float[Array, ""]:
    """Of all weights of a net, biases left out."""
    leaves = jax.tree.leaves(eqx.filter(net, eqx.is_inexact_array))
    return gini(jnp.concatenate([jnp.ravel(leaf) for leaf in leaves if leaf.ndim > 1]))


def free_share(live: Bool[Array, " hidden"]) -> Float[Array, ""]:
    """The share of each weight matrix beside a hidden layer that belongs to dead units and is pruned for nothing."""
    return 1 - jnp.mean(live)
