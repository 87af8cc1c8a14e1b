"""Scores of examples: the loss of each, and whether its answer was right."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Shaped

from grokscope.run import Shape
from grokscope.training.losses import target_and_best_other


class Scores(NamedTuple):
    """Loss in nats of every example, and whether its answer was right. Summed once an epoch, not once a step."""

    loss: Float[Array, " n"]
    right: Bool[Array, " n"]

    def sums_over(self, counted: Bool[Array, " n"]) -> tuple[Float[Array, ""], Int[Array, ""]]:
        """Summed loss and number of right answers of the examples that count."""
        return jnp.sum(jnp.where(counted, self.loss, 0)), jnp.sum(self.right & counted, dtype=jnp.int32)


def score_outputs(
    shape: Shape,
    logits: Float[Array, "batch classes"],
    targets: Shaped[Array, "batch ..."],
    hyper: dict[str, Float[Array, ""]],
) -> Scores:
    """Loss of every example, and whether its answer is right: the target's logit is strictly the largest.

    Strictly, so that a net that answers everything alike is never right. Where targets are numbers no answer is.
    """
    loss = shape.loss.per_example(logits, targets, hyper)
    if not shape.signature.labelled:
        return Scores(loss, jnp.zeros(len(loss), bool))
    own, best_other = target_and_best_other(logits, targets)
    return Scores(loss, own > best_other)


def empty_scores(n: int, shape: Shape) -> Scores:
    """Zeros, to be overwritten by the scores of n examples."""
    return Scores(jnp.zeros(n, shape.precision), jnp.zeros(n, bool))


def write_scores(scores: Scores, new: Scores, first: Int[Array, ""]) -> Scores:
    """The scores, overwritten from position `first` on by new ones."""
    put = jax.lax.dynamic_update_slice_in_dim
    return Scores(put(scores.loss, new.loss, first, 0), put(scores.right, new.right, first, 0))
