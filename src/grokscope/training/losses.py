"""Losses: the number that is minimised, for every example, from a net's outputs and its target.

A loss is a frozen spec under `grokscope.run.Loss` with `per_example(outputs, targets, hyper)`. The built-in ones have
no numbers of their own, and a run calls them by their kind alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Shaped

from grokscope.nets.layers import row_sum
from grokscope.registry import register
from grokscope.run import Loss

FEW = 8
Outputs = Float[Array, "n outputs"]
Targets = Shaped[Array, "n ..."]
Losses = Float[Array, " n"]


def cross_entropy(outputs: Outputs, targets: Targets) -> Losses:
    """-log softmax(outputs)[target], in nats."""
    own, best_other = target_and_best_other(outputs, targets)
    largest = jax.lax.stop_gradient(jnp.maximum(own, best_other))
    return largest - own + jnp.log(row_sum(jnp.exp(outputs - largest[:, None]))[:, 0])


def target_and_best_other(outputs: Outputs, targets: Int[Array, " n"]) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """The output of every example's target, and the largest of its other outputs: all that loss and accuracy need."""
    is_target = jnp.arange(outputs.shape[-1]) == targets[:, None]
    best_other = row_max(jnp.where(is_target, -jnp.inf, outputs))
    return jnp.take_along_axis(outputs, targets[:, None], axis=-1)[:, 0], best_other


def row_max(x: Float[Array, "n outputs"]) -> Float[Array, " n"]:
    """Maximum of every row. Its halves are laid one over the other until a few numbers are left: along an axis XLA
    compares one by one, which on a CPU takes as long as half of the head's matrix product."""
    while (n := x.shape[-1]) > FEW:
        half = -(-n // 2)
        x = jnp.maximum(x[:, :half], x[:, n - half :])
    return jnp.max(x, axis=-1)


def stablemax(outputs: Outputs, targets: Targets) -> Losses:
    """-log s(outputs)[target] / sum s(outputs), with s(x) = x + 1 from 0 on and 1 / (1 - x) below, in nats.

    s grows linearly where exp would round all but the largest away. Source: Prieto et al. 2025, "Grokking at the edge
    of numerical stability", arXiv 2501.04697.
    """
    log_s = jnp.where(outputs >= 0, jnp.log1p(jnp.maximum(outputs, 0)), -jnp.log1p(-jnp.minimum(outputs, 0)))
    of_target = jnp.take_along_axis(log_s, targets[:, None], axis=-1)[:, 0]
    return jnp.log(jnp.sum(jnp.exp(log_s), axis=-1)) - of_target


def squared_error(outputs: Outputs, targets: Targets) -> Losses:
    """Mean over outputs of the squared distance to the target: to its one-hot vector where it is a class."""
    wanted = jax.nn.one_hot(targets, outputs.shape[-1], dtype=outputs.dtype) if targets.ndim == 1 else targets
    return jnp.mean((outputs - wanted) ** 2, axis=-1)


@register
@dataclass(frozen=True)
class CrossEntropy(Loss):
    """-log softmax(outputs)[target], in nats."""

    kind = "cross_entropy"
    code_length = True
    pads = True

    def per_example(self, outputs: Outputs, targets: Targets, hyper: object = None) -> Losses:
        return cross_entropy(outputs, targets)


@register
@dataclass(frozen=True)
class StableMax(Loss):
    """-log of s(outputs) over their sum, s(x) = x + 1 from 0 on and 1 / (1 - x) below, in nats."""

    kind = "stablemax"
    code_length = True

    def per_example(self, outputs: Outputs, targets: Targets, hyper: object = None) -> Losses:
        return stablemax(outputs, targets)


@register
@dataclass(frozen=True)
class Squared(Loss):
    """Mean over outputs of the squared distance to the target: to its one-hot vector where it is a class."""

    kind = "squared"

    def per_example(self, outputs: Outputs, targets: Targets, hyper: object = None) -> Losses:
        return squared_error(outputs, targets)
