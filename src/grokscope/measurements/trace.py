"""What is recorded each epoch, and what is read from it afterwards."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

Column = Float[np.ndarray, " epochs"]


class Trace(NamedTuple):
    """One number an epoch for every quantity; element 0 is epoch 1. Losses in nats, accuracies in [0, 1].

    `running` is accumulated batch by batch while the weights change, in train mode under dropout; `train` and
    `val` are measured after the epoch in eval mode. Without validation examples `val` is NaN.
    """

    running_loss: Column
    running_acc: Column
    train_loss: Column
    train_acc: Column
    val_loss: Column
    val_acc: Column
    param_norm: Column

    @property
    def epochs(self) -> int:
        return len(self.running_loss)


def first_epoch(reached: Bool[np.ndarray, " epochs"]) -> int | None:
    """1-based first epoch at which something holds, or None."""
    return int(np.argmax(reached)) + 1 if np.any(reached) else None


def first_streak(reached: Bool[np.ndarray, " epochs"], length: int) -> int | None:
    """1-based first epoch of the first `length` epochs in a row at which something holds, or None."""
    if len(reached) < length:
        return None
    unbroken = np.lib.stride_tricks.sliding_window_view(reached, length)
    return first_epoch(np.all(unbroken, axis=1))


def right_count(accuracy: Column, n: int) -> Float[np.ndarray, " epochs"]:
    """How many of n examples were right: the whole numbers that accuracies of any precision were made of."""
    return np.rint(accuracy.astype(np.float64) * n)


def at_least(accuracy: Column, threshold: float, n: int) -> Bool[np.ndarray, " epochs"]:
    """Where `threshold` of n examples or more are right, decided on whole numbers of examples."""
    return right_count(accuracy, n) >= count_needed(threshold, n)


def count_needed(threshold: float, n: int) -> int:
    """The fewest of n examples that are at least the fraction `threshold` of them."""
    return int(np.ceil(threshold * n - 1e-9))
