"""How large the outputs have grown, and on how many examples the loss has run out of digits."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

from grokscope.probes.seen import Seen, mean_over
from grokscope.registry import register
from grokscope.run import Net, Signal, Task
from grokscope.spec import SpecError


@register
@dataclass(frozen=True)
class LogitScale(Signal):
    """Root mean square over training examples and classes of the logits, each example's about their mean (method 9.3).

    What is common to all logits of an example is left out, as a softmax leaves it out.
    """

    kind = "logit_scale"
    reads = ("logits",)
    pads = True

    def check(self, task: Task, net: Net) -> None:
        """Refuse a task whose outputs are numbers, not classes."""
        if not task.signature.labelled:
            raise SpecError("task", f"{task.kind}, whose targets are numbers", "a task of classes")

    def values(self, seen: Seen) -> Float[Array, ""]:
        """The scale, in nats."""
        assert seen.logits is not None
        n_outputs = jnp.sum(seen.is_output)
        logits = jnp.where(seen.is_output, seen.logits, 0)
        mean = jnp.sum(logits, axis=1, keepdims=True) / n_outputs
        squares = jnp.where(seen.is_output, jnp.square(logits - mean), 0)
        return jnp.sqrt(mean_over(seen.is_train, jnp.sum(squares, axis=1) / n_outputs))


@register
@dataclass(frozen=True)
class ZeroLossShare(Signal):
    """Share of the training examples whose loss is exactly 0 in float32 (method 9.4).

    Beside the target's term rounding then loses all others of its softmax. Source: Prieto et al. 2025, "Grokking at the
    edge of numerical stability", arXiv 2501.04697.
    """

    kind = "zero_loss_share"
    reads = ("float32_loss",)
    pads = True

    def values(self, seen: Seen) -> Float[Array, ""]:
        """The share, in [0, 1]."""
        assert seen.float32_loss is not None
        return mean_over(seen.is_train, (seen.float32_loss == 0).astype(seen.loss.dtype))
