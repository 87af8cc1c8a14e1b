"""What a signal sees of a run after an epoch: its net, its examples and what was made of them."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Shaped

from grokscope.nets.base import ExampleNet


class Seen(NamedTuple):
    """A run after an epoch, in eval mode. Examples are rows: training examples, then validation, then mere room.

    In a padded pack there is room beyond the run's own vocabulary and outputs, too: parameters there are 0, outputs
    -1e30. The last three fields are None unless a signal names them in `Signal.reads`.

    Attributes:
        epoch: how many epochs the run has been through; 1 after the first.
        net: the net with its parameters as the epoch left them.
        inputs, targets: of every row.
        is_train, is_val: which rows are training and which are validation examples.
        is_output: which outputs are the run's own.
        loss: the run's loss of every row, in nats where it is a code length, in the run's precision.
        right: whether every row's answer is right; never where targets are numbers.
        gradient: a tree like the net: the gradient of the mean loss over all training examples.
        logits: the net's outputs.
        float32_loss: the loss of every row as float32 arithmetic has it: `loss` itself in a float32 run, else the loss
            of the outputs rounded to float32.
    """

    epoch: Int[Array, ""]
    net: ExampleNet
    inputs: Shaped[Array, "rows ..."]
    targets: Shaped[Array, "rows ..."]
    is_train: Bool[Array, " rows"]
    is_val: Bool[Array, " rows"]
    is_output: Bool[Array, " outputs"]
    loss: Float[Array, " rows"]
    right: Bool[Array, " rows"]
    gradient: ExampleNet | None = None
    logits: Float[Array, "rows outputs"] | None = None
    float32_loss: Float[Array, " rows"] | None = None


READS = ("gradient", "logits", "float32_loss")
"""The fields that a signal has to name in order to see them."""


def mean_over(counted: Bool[Array, " rows"], values: Float[Array, " rows"]) -> Float[Array, ""]:
    """The mean of the rows that count; NaN if none does."""
    return jnp.sum(jnp.where(counted, values, 0)) / jnp.sum(counted)
