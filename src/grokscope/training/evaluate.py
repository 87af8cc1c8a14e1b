"""A lane measured in eval mode: the scores of all of its examples, block by block."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from grokscope.run import Shape
from grokscope.training.batch import net_outputs
from grokscope.training.lane import Fixed, net_structure
from grokscope.training.scores import Scores, empty_scores, score_outputs

EVAL_BLOCK = 512
Logits = Float[Array, "rows outputs"]


def evaluate(
    shape: Shape, fixed: Fixed, params: Float[Array, " P"], *, keeps_logits: bool = False
) -> tuple[Scores, Logits | None]:
    """Scores in eval mode of every example, training rows first; with `keeps_logits` the net's outputs, too."""
    net = net_structure(shape).net(params, fixed.hyper.net)
    size = eval_block_size(shape.rows)

    def block(i: Int[Array, ""], found: Any) -> Any:
        first = i * size
        inputs = jax.lax.dynamic_slice_in_dim(fixed.inputs, first, size)
        targets = jax.lax.dynamic_slice_in_dim(fixed.targets, first, size)
        logits = net_outputs(shape, fixed, net, inputs, None, size)
        new = score_outputs(shape, logits, targets, fixed.hyper.loss), logits if keeps_logits else None
        return jax.tree.map(lambda every, some: jax.lax.dynamic_update_slice_in_dim(every, some, first, 0), found, new)

    n_blocks = (fixed.n_rows + size - 1) // size
    room = jnp.zeros((shape.rows, shape.signature.classes), shape.precision) if keeps_logits else None
    found: tuple[Scores, Logits | None] = jax.lax.fori_loop(0, n_blocks, block, (empty_scores(shape.rows, shape), room))
    return found


def eval_block_size(rows: int) -> int:
    """Examples that are evaluated together: of a few, no more than there are."""
    return min(EVAL_BLOCK, rows)
