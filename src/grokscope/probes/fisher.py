"""The diagonal of the Fisher information: how much each parameter matters to what a net says.

By default of raw logits, F_i = E_x sum_k (d z_k / d theta_i)^2, as the published figures have it (the Gauss-Newton
diagonal, or the Fisher information of Gaussian outputs of unit variance); or of the categorical distribution,
F_i = E_x sum_k p_k (d ln p_k / d theta_i)^2. They differ greatly once probabilities saturate.
Source: method 8.7; Manning-Coe et al. 2025, section 5, and what its code computes.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree, Shaped

Kind = Literal["logits", "categorical"]
KINDS: tuple[Kind, ...] = get_args(Kind)
BLOCK = 50
"""Examples whose Jacobians are held at once."""


def diagonal(net: PyTree[Any], inputs: Shaped[Array, "n ..."], *, kind: Kind = "logits") -> PyTree[Any]:
    """F by automatic differentiation, as a tree like the net's arrays: exact for any net, one block at a time."""
    arrays, rest = eqx.partition(net, eqx.is_inexact_array)

    def outputs(params: PyTree[Any], x: Array) -> tuple[Array, Array]:
        z = eqx.combine(params, rest)(x)
        if kind == "logits":
            return z, jnp.ones_like(z)
        return jax.nn.log_softmax(z), jax.nn.softmax(z)

    def of_example(x: Array) -> PyTree[Any]:
        jacobian, weight = jax.jacrev(outputs, has_aux=True)(arrays, x)
        return jax.tree.map(lambda j: jnp.tensordot(weight, j**2, axes=1), jacobian)

    n = len(inputs)
    blocks = -(-n // BLOCK)
    room = jnp.resize(inputs, (blocks * BLOCK, *inputs.shape[1:])).reshape(blocks, BLOCK, *inputs.shape[1:])
    counted = (jnp.arange(blocks * BLOCK) < n).reshape(blocks, BLOCK)

    def add(total: PyTree[Any], block: tuple[Array, Array]) -> tuple[PyTree[Any], None]:
        each = jax.vmap(of_example)(block[0])
        return jax.tree.map(lambda t, f: t + jnp.tensordot(block[1].astype(f.dtype), f, axes=1), total, each), None

    total, _ = jax.lax.scan(add, jax.tree.map(jnp.zeros_like, arrays), (room, counted))
    return jax.tree.map(lambda t: t / n, total)


class OneLayer(NamedTuple):
    """The diagonal for z = phi(x W1 + b1) W2 + b2, weights stored (in, out)."""

    w1: Float[Array, "in hidden"]
    b1: Float[Array, " hidden"]
    w2: Float[Array, "hidden classes"]
    b2: Float[Array, " classes"]


def one_layer(
    x: Float[Array, "n in"],
    hidden: Float[Array, "n hidden"],
    slope: Float[Array, "n hidden"],
    w2: Float[Array, "hidden classes"],
    logits: Float[Array, "n classes"],
    *,
    kind: Kind = "logits",
) -> OneLayer:
    """F in closed form for one hidden layer, no differentiation.

    With h = phi(.), m = phi'(.)^2 and q_j = sum_k W2_jk^2: F(W2_jk) = E h_j^2, F(b2) = 1, F(W1_ij) = E x_i^2 m_j q_j,
    F(b1_j) = E m_j q_j. Categorical: the same with E h_j^2 p_k (1 - p_k), E p_k (1 - p_k) and, for q_j, the variance
    over classes of W2_jk under p.

    Args:
        hidden, slope: phi and its derivative at every example's pre-activations.
    """
    n = len(x)
    if kind == "categorical":
        p = jax.nn.softmax(logits)
        m = slope**2 * (p @ w2.T**2 - (p @ w2.T) ** 2)
        f_w2, f_b2 = (hidden**2).T @ (p * (1 - p)) / n, jnp.mean(p * (1 - p), axis=0)
    else:
        m = slope**2 * jnp.sum(w2**2, axis=1)
        f_w2 = jnp.broadcast_to(jnp.mean(hidden**2, axis=0)[:, None], w2.shape)
        f_b2 = jnp.ones(w2.shape[1], w2.dtype)
    return OneLayer((x**2).T @ m / n, jnp.mean(m, axis=0), f_w2, f_b2)
