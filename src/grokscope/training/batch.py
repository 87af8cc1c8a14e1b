"""A batch's loss, its gradient, and the outputs of a lane's net."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, Shaped

from grokscope.nets.base import ExampleNet
from grokscope.run import Shape
from grokscope.training.lane import Fixed, net_structure
from grokscope.training.scores import Scores, score_outputs

MASKED_LOGIT = -1e30
"""A logit so low that its exp is 0 beside that of any other, and yet finite, so that 0 times it is 0."""


class Batch(NamedTuple):
    """Rows of examples.

    Attributes:
        rows: numbers of the rows, the first `remaining` of which count; the others fill the batch up.
        remaining: training rows that the epoch has not been through.
        size: rows of the whole batch, of which these are the first.
    """

    rows: Int[Array, " n"]
    remaining: Int[Array, ""]
    size: int


def grad_and_scores(
    params: Float[Array, " P"], shape: Shape, fixed: Fixed, batch: Batch, key: Key[Array, ""] | None, *, halves: bool
) -> tuple[Float[Array, " P"], Scores]:
    """Gradient of the mean loss over a batch, and the scores of its rows.

    Args:
        params: (P,) parameters of the lane.
        key: for dropout; None turns it off.
        halves: see `Variant`; the scores of rows that are then left out are 0.

    Returns:
        (P,) gradient in nats, or the unit of the loss, per parameter; scores of `batch.size` rows.
    """

    def of_prefix(n: int, params: Float[Array, " P"]) -> tuple[Float[Array, " P"], Scores]:
        first = batch._replace(rows=batch.rows[:n])
        gradient, scores = jax.grad(batch_loss, has_aux=True)(params, shape, fixed, first, key)
        return gradient, Scores(*(jnp.pad(score, (0, batch.size - n)) for score in scores))

    half = batch.size // 2
    if not halves:
        return of_prefix(batch.size, params)
    found: tuple[Array, Scores] = jax.lax.cond(
        batch.remaining <= half, partial(of_prefix, half), partial(of_prefix, batch.size), params
    )
    return found


def batch_loss(
    params: Float[Array, " P"], shape: Shape, fixed: Fixed, batch: Batch, key: Key[Array, ""] | None
) -> tuple[Float[Array, ""], Scores]:
    """Mean loss over the examples that count, with dropout if there is a key for it; and the scores of all rows."""
    net = net_structure(shape).net(params, fixed.hyper.net)
    logits = net_outputs(shape, fixed, net, fixed.inputs[batch.rows], key, batch.size)
    scores = score_outputs(shape, logits, fixed.targets[batch.rows], fixed.hyper.loss)
    counted = jnp.arange(len(batch.rows)) < batch.remaining
    return jnp.sum(jnp.where(counted, scores.loss, 0)) / jnp.sum(counted), scores


def net_outputs(
    shape: Shape,
    fixed: Fixed,
    net: ExampleNet,
    inputs: Shaped[Array, "batch ..."],
    key: Key[Array, ""] | None,
    batch_size: int,
) -> Float[Array, "batch classes"]:
    """Outputs of the lane's net; those that pad its classes are so low that a softmax makes nothing of them.

    Args:
        inputs: the first examples of a batch of `batch_size`.
        key: for dropout; None turns it off.
    """
    batched = net.batched if batch_size == len(inputs) else partial(net.batched_prefix, batch_size=batch_size)
    if fixed.classes is None or fixed.following is None:
        return batched(inputs, key=key, following=shape.signature.following)
    logits = batched(inputs, key=key, following=tuple(fixed.following))
    return jnp.where(jnp.arange(logits.shape[-1]) < fixed.classes, logits, MASKED_LOGIT)
