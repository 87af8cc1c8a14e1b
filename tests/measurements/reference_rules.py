"""The published stopping rules once more, in plain Python: loops over epochs, numbers of right examples, no arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction


def enough(right: int, n: int, threshold: float) -> bool:
    """Whether right / n is at least the threshold as it is written in decimals."""
    return Fraction(right, n) >= Fraction(str(threshold))


def capacity_end(losses: Sequence[float], patience: int, min_delta: float) -> int | None:
    """1-based epoch at which the loss has not dropped by more than min_delta below its best for `patience` epochs."""
    best, waited = math.inf, 0
    for epoch, loss in enumerate(losses, 1):
        if loss < best - min_delta:
            best, waited = loss, 0
        else:
            waited += 1
        if waited >= patience:
            return epoch
    return None


def speed_reached(right: Sequence[int], n: int, threshold: float, patience: int) -> tuple[int | None, int | None]:
    """The epoch a streak began that was kept up, and the epoch that ends the run; a dip resets both."""
    streak, began = 0, None
    for epoch, count in enumerate(right, 1):
        if enough(count, n, threshold):
            streak += 1
            began = epoch if began is None else began
        else:
            streak, began = 0, None
        if streak >= max(1, patience):
            return began, epoch
    return None, None


def groks_end(
    train: Sequence[int],
    val: Sequence[int],
    n: tuple[int, int],
    thresholds: tuple[float, float],
    patience: int,
    min_delta: float,
) -> int | None:
    """First epoch with both at their thresholds, or with validation accuracy on a plateau."""
    best, waited = -math.inf, 0
    for epoch, (t, v) in enumerate(zip(train, val, strict=True), 1):
        if v / n[1] > best + min_delta:
            best, waited = v / n[1], 0
        else:
            waited += 1
        if enough(t, n[0], thresholds[0]) and enough(v, n[1], thresholds[1]):
            return epoch
        if 0 <= patience <= waited:
            return epoch
    return None


def first_enough(right: Sequence[int], n: int, threshold: float) -> int | None:
    return next((epoch for epoch, count in enumerate(right, 1) if enough(count, n, threshold)), None)
