"""What is learnt from a batch, and what a net makes of examples."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, Shaped

from grokscope.nets.base import ExampleNet
from grokscope.run import Shape
from grokscope.training.lane import Fixed, frame
from grokscope.training.scores import Scores, scored

NOTHING = -1e30
"""exp of it is 0 beside any logit, and 0 times it still a number."""


class Batch(NamedTuple):
    """Rows of examples, of which the first count, as many as are `left`; they are the first of a batch of `room`."""

    rows: Int[Array, " n"]
    left: Int[Array, ""]
    room: int


def learnt(
    params: Float[Array, " P"], shape: Shape, fixed: Fixed, batch: Batch, key: Key[Array, ""] | None, *, halves: bool
) -> tuple[Float[Array, " P"], Scores]:
    """The gradient of a whole batch's loss, and the scores of all of its rows.

    Args:
        halves: see `Variant`. Of the rows that are then left out the scores are 0.
    """

    def of_first(n: int, params: Float[Array, " P"]) -> tuple[Float[Array, " P"], Scores]:
        first = batch._replace(rows=batch.rows[:n])
        gradient, scores = jax.grad(batch_loss, has_aux=True)(params, shape, fixed, first, key)
        return gradient, Scores(*(jnp.pad(score, (0, batch.room - n)) for score in scores))

    half = batch.room // 2
    if not halves:
        return of_first(batch.room, params)
    found: tuple[Array, Scores] = jax.lax.cond(
        batch.left <= half, partial(of_first, half), partial(of_first, batch.room), params
    )
    return found


def batch_loss(
    params: Float[Array, " P"], shape: Shape, fixed: Fixed, batch: Batch, key: Key[Array, ""] | None
) -> tuple[Float[Array, ""], Scores]:
    """Mean loss over the examples that count, with dropout if there is a key for it; and the scores of all."""
    net = frame(shape).net(params, fixed.hyper.net)
    logits = outputs(shape, fixed, net, fixed.inputs[batch.rows], key, batch.room)
    scores = scored(shape, logits, fixed.targets[batch.rows], fixed.hyper.loss)
    counted = jnp.arange(len(batch.rows)) < batch.left
    return jnp.sum(jnp.where(counted, scores.loss, 0)) / jnp.sum(counted), scores


def outputs(
    shape: Shape,
    fixed: Fixed,
    net: ExampleNet,
    inputs: Shaped[Array, "batch ..."],
    key: Key[Array, ""] | None,
    room: int,
) -> Float[Array, "batch classes"]:
    """The net's outputs. Those that are mere room are so low that a softmax makes nothing of them.

    Args:
        room: examples of the batch that these are the first of.
    """
    batched = net.batched if room == len(inputs) else partial(net.batched_prefix, batch_size=room)
    if fixed.classes is None or fixed.following is None:
        return batched(inputs, key=key, following=shape.signature.following)
    logits = batched(inputs, key=key, following=tuple(fixed.following))
    return jnp.where(jnp.arange(logits.shape[-1]) < fixed.classes, logits, NOTHING)
