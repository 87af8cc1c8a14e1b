"""When a run had learned its training examples, when it generalised, and whether that is grokking.

Source: method 8.2; Manning-Coe et al. 2025, section 2. Epochs are counted from 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

FRACTION = 0.95
"""Of its largest value: accuracy is there once it is within 5 %."""
RISE = 0.1
"""The plateau ends when this share of the way from it to the top is done."""


class Times(NamedTuple):
    """Of one run.

    Attributes:
        t_train, t_test: first epoch at which accuracy is at least the fraction of its largest over the whole run.
        t_grok: t_test - t_train (definition 1).
        plateau_end: first epoch from t_train on at which test accuracy leaves its median until t_test; NaN where
            the two do not part.
        groks: whether t_grok > t_train (definition 2); otherwise the run learns steadily.
    """

    t_train: int
    t_test: int
    t_grok: int
    plateau_end: float
    groks: bool


def times(
    train: Float[np.ndarray, " epochs"], test: Float[np.ndarray, " epochs"], *, fraction: float = FRACTION
) -> Times:
    """From accuracies of every epoch, element 0 being epoch 1."""
    t_train, t_test = (int(np.argmax(a >= fraction * np.max(a))) + 1 for a in (train, test))
    return Times(t_train, t_test, t_test - t_train, plateau_end(test, t_train, t_test), t_test - t_train > t_train)


def plateau_end(test: Float[np.ndarray, " epochs"], t_train: int, t_test: int) -> float:
    """The end of the plateau between two epochs (see `Times`)."""
    if t_test <= t_train:
        return float("nan")
    level = np.median(test[t_train - 1 : t_test - 1])
    left = test[t_train - 1 :] > level + RISE * (np.max(test) - level)
    return float(t_train + np.argmax(left))
