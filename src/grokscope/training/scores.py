"""What an epoch adds up: the loss of every example, and whether its answer was right."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Shaped

from grokscope.run import Shape
from grokscope.training.losses import own_and_best_other


class Scores(NamedTuple):
    """Loss in nats of every example, and whether its answer was right. Summed once an epoch, not once a step."""

    loss: Float[Array, " n"]
    right: Bool[Array, " n"]

    def among(self, counted: Bool[Array, " n"]) -> tuple[Float[Array, ""], Int[Array, ""]]:
        """Summed loss and number of right answers of the examples that count."""
        return jnp.sum(jnp.where(counted, self.loss, 0)), jnp.sum(self.right & counted, dtype=jnp.int32)


def scored(
    shape: Shape,
    logits: Float[Array, "batch classes"],
    targets: Shaped[Array, "batch ..."],
    hyper: dict[str, Float[Array, ""]],
) -> Scores:
    """The loss of each, and whether the target's logit is strictly the largest; of numbers none is.

    Strictly: a net that answers everything alike is never right.
    """
    loss = shape.loss.per_example(logits, targets, hyper)
    if not shape.signature.labelled:
        return Scores(loss, jnp.zeros(len(loss), bool))
    own, best_other = own_and_best_other(logits, targets)
    return Scores(loss, own > best_other)


def unscored(n: int, shape: Shape) -> Scores:
    """Room for the scores of n examples."""
    return Scores(jnp.zeros(n, shape.precision), jnp.zeros(n, bool))


def written(scores: Scores, new: Scores, first: Int[Array, ""]) -> Scores:
    """The scores with new ones from position `first` on."""
    put = jax.lax.dynamic_update_slice_in_dim
    return Scores(put(scores.loss, new.loss, first, 0), put(scores.right, new.right, first, 0))
