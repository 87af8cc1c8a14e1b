"""What is left of a net without its smallest weights: accuracy against the share that is set to zero.

Four schemes by magnitude and one by Fisher information. Every scheme gives each entry its *place*: the share of
entries that are removed before it. A curve then sets to zero what has a place up to p, so that all schemes, points,
snapshots and seeds go through one compiled function.

Source: method 8.5 and method 8.7; Manning-Coe et al. 2025, sections 4 and appendix.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Shaped

Scheme = Literal["layerwise", "global", "normalised"]
SCHEMES: tuple[Scheme, ...] = ("layerwise", "global", "normalised")
POINTS = 100
NEVER = 2.0
"""The place of an entry that is never removed."""

Net = Any
"""A net, or a tree of its structure."""


class PruningCurve(NamedTuple):
    """Evaluated on the data, without any training in between.

    Attributes:
        accuracy: share of examples whose target has strictly the largest logit.
        loss: mean cross-entropy, in nats.
    """

    accuracy: Float[Array, "*lead points"]
    loss: Float[Array, "*lead points"]


def fractions(points: int = POINTS) -> Float[Array, " points"]:
    """From nothing removed to everything, evenly."""
    return jnp.linspace(0, 1, points)


def places(net: Net, scheme: Scheme) -> Net:
    """By magnitude: `layerwise` within each weight tensor, `global` over all, `normalised` over all, each weight
    divided by the norm of its tensor. Biases are never removed.
    """
    if scheme == "layerwise":
        return places_among(jax.tree.map(jnp.ones_like, _arrays(net)), net)
    scale = jnp.linalg.norm if scheme == "normalised" else jnp.ones_like
    return together(jax.tree.map(lambda w: jnp.abs(w) / jnp.max(scale(w)), _arrays(net)), net)


def places_among(counted: Net, net: Net) -> Net:
    """By magnitude within each weight tensor, of the entries that count alone; the others are gone from the start."""

    def of(w: Array, counts: Array) -> Array:
        if not is_weight(w):
            return jnp.full_like(w, NEVER)
        place, gone = _ranked(jnp.where(counts, jnp.abs(w), -1)), jnp.mean(counts == 0)
        return jnp.where(counts, (place - gone) / (1 - gone), -1)

    return jax.tree.map(of, _arrays(net), counted)


def layer_places(net: Net, layer: int, scores: Net | None = None) -> Net:
    """Within the one weight tensor with this number, counted in the order of the net; no other.

    By magnitude, or by a score of every entry of the unpruned net.
    """
    leaves, tree = jax.tree.flatten(_arrays(net))
    scored = [jnp.abs(w) for w in leaves] if scores is None else jax.tree.leaves(scores)
    numbers = iter(range(len(leaves)))
    of = [next(numbers) if is_weight(w) else None for w in leaves]
    ranked = [_ranked(s) if n == layer else jnp.full_like(s, NEVER) for s, n in zip(scored, of, strict=True)]
    return jax.tree.unflatten(tree, ranked)


def together(scores: Net, net: Net, *, biases: bool = False) -> Net:
    """Places over all weights, and biases if they are to be removed too, from a score of every entry."""
    leaves, tree = jax.tree.flatten(_arrays(net))
    counted = [biases or is_weight(leaf) for leaf in leaves]
    scored = [s for s, counts in zip(jax.tree.leaves(scores), counted, strict=True) if counts]
    flat, first, out = _ranked(jnp.concatenate([jnp.ravel(s) for s in scored])), 0, []
    for leaf, counts in zip(leaves, counted, strict=True):
        if counts:
            out.append(flat[first : first + leaf.size].reshape(leaf.shape))
            first += leaf.size
        else:
            out.append(jnp.full(leaf.shape, NEVER))
    return jax.tree.unflatten(tree, out)


def is_weight(leaf: Any) -> bool:
    """Weights are matrices and larger; biases are vectors."""
    return bool(jnp.ndim(leaf) > 1)


def pruned(net: Net, at: Net, fraction: Float[Array, ""]) -> Net:
    """The net without the entries whose place is at most `fraction`."""
    arrays, rest = eqx.partition(net, eqx.is_inexact_array)
    return eqx.combine(jax.tree.map(lambda w, place: jnp.where(place <= fraction, 0, w), arrays, at), rest)


def curve(
    net: Net, at: Net, inputs: Shaped[Array, "n ..."], targets: Int[Array, " n"], points: int, at_once: int = 1
) -> PruningCurve:
    """One net at every fraction: the function that `curves` compiles."""

    def at_fraction(fraction: Float[Array, ""]) -> PruningCurve:
        logits = pruned(net, at, fraction).batched(inputs)
        is_target = jnp.arange(logits.shape[-1]) == targets[:, None]
        best_other = jnp.max(jnp.where(is_target, -jnp.inf, logits), axis=-1)
        right = jnp.max(jnp.where(is_target, logits, -jnp.inf), axis=-1) > best_other
        loss = optax.softmax_cross_entropy_with_integer_labels(logits, targets)
        return PruningCurve(jnp.mean(right, dtype=logits.dtype), jnp.mean(loss))

    found: PruningCurve = jax.lax.map(at_fraction, fractions(points), batch_size=at_once if at_once > 1 else None)
    return found


@eqx.filter_jit
def curves(
    nets: Net,
    at: Net,
    inputs: Shaped[Array, "nets n ..."],
    targets: Int[Array, "nets n"],
    points: int = POINTS,
    at_once: int = 1,
) -> PruningCurve:
    """Curves of many nets, stacked along a leading axis with their places and their data, in one compiled call.

    Args:
        at_once: points of one net that are evaluated side by side. On a CPU a test set fills the cores, so one; an
            accelerator has room for more. Memory grows with this number alone.
    """
    arrays, rest = eqx.partition(nets, eqx.is_inexact_array)

    def one(each: tuple[Net, Net, Array, Array]) -> PruningCurve:
        return curve(eqx.combine(each[0], rest), *each[1:], points, at_once)

    found: PruningCurve = jax.lax.map(one, (arrays, at, inputs, targets))
    return found


def _arrays(net: Net) -> Net:
    return eqx.filter(net, eqx.is_inexact_array)


def _ranked(score: Float[Array, "..."]) -> Float[Array, "..."]:
    """(rank + 1/2) / n, so that a fraction p removes p * n entries, rounded; of equal ones the first go first."""
    order = jnp.argsort(jnp.ravel(score), stable=True)
    rank = jnp.zeros(score.size).at[order].set(jnp.arange(score.size, dtype=jnp.float32))
    return ((rank + 0.5) / score.size).reshape(score.shape)
