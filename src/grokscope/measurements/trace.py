"""What is recorded each epoch, and what is read from it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np
from jaxtyping import Bool, Float

Column = Float[np.ndarray, " epochs"]


@dataclass(frozen=True, eq=False)
class Trace:
    """One number an epoch for every quantity; element 0 is epoch 1. Losses in nats, accuracies in [0, 1].

    `running` is accumulated batch by batch while the weights change, in train mode under dropout; `train` and
    `val` are measured after the epoch in eval mode. Without validation examples `val` is NaN.

    Attributes:
        signals: columns of the signals that the run asked for, by name; NaN at epochs where a signal has no value.
    """

    running_loss: Column
    running_acc: Column
    train_loss: Column
    train_acc: Column
    val_loss: Column
    val_acc: Column
    param_norm: Column
    signals: Mapping[str, Column] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Mapping[str, Column]) -> Trace:
        """The trace of all its columns by name: those of `CORE`, and any others, which are signals."""
        core = {name: columns[name] for name in CORE}
        return cls(**core, signals={name: column for name, column in columns.items() if name not in core})

    @property
    def columns(self) -> dict[str, Column]:
        """All columns by name, those of `CORE` first."""
        return {name: getattr(self, name) for name in CORE} | dict(self.signals)

    @property
    def epochs(self) -> int:
        return len(self.running_loss)

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]


CORE = tuple(column.name for column in fields(Trace) if column.name != "signals")
"""Names of the columns that every trace has, in the order in which they are recorded."""


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
    """Number of n examples that were right: the whole numbers that accuracies of any precision were made of."""
    return np.rint(accuracy.astype(np.float64) * n)


def at_least(accuracy: Column, threshold: float, n: int) -> Bool[np.ndarray, " epochs"]:
    """Mask of the epochs at which `threshold` of n examples or more are right, decided on whole numbers of examples."""
    return right_count(accuracy, n) >= count_needed(threshold, n)


def count_needed(threshold: float, n: int) -> int:
    """The fewest of n examples that are at least the fraction `threshold` of them."""
    return int(np.ceil(threshold * n - 1e-9))
