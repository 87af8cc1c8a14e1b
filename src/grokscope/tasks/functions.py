"""Functions of two numbers, all of which is trained on: nothing is kept back to test.

Source: the code released with Song 2025, arXiv 2507.14747.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float, Key

from grokscope.registry import register
from grokscope.run import Signature, Task
from grokscope.tasks.dataset import Dataset


def _without_validation(inputs: Float[np.ndarray, "n 2"], targets: Float[np.ndarray, "n 1"]) -> Dataset:
    return Dataset(inputs, targets, inputs[:0], targets[:0])


@register
@dataclass(frozen=True)
class Xor(Task):
    """Exclusive or of two bits, as numbers: four examples."""

    kind = "xor"

    signature = Signature(vocab=0, length=2, classes=1, numbers=(2,), labelled=False)
    n_train, n_val, row_bucket = 4, 0, 4
    label = "xor"

    def arrays(self, key: Key[Array, ""]) -> Dataset:
        """The whole table; nothing is random."""
        inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
        return _without_validation(inputs, (inputs.sum(axis=1, keepdims=True) == 1).astype(np.float64))


@register
@dataclass(frozen=True)
class Sine(Task):
    """Mean of the sines of two neighbouring numbers: (x, x + 0.01) for 150 even hundredths from 0 to 2.98."""

    kind = "sine"

    signature = Signature(vocab=0, length=2, classes=1, numbers=(2,), labelled=False)
    n_train, n_val, row_bucket = 150, 0, 150
    label = "sine"

    def arrays(self, key: Key[Array, ""]) -> Dataset:
        """The whole table; nothing is random."""
        inputs = np.arange(300).reshape(150, 2) / 100
        return _without_validation(inputs, np.sin(inputs).mean(axis=1, keepdims=True))
