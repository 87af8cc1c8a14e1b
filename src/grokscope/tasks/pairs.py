"""Modular arithmetic for nets that see the two numbers at once: `a o b = c (mod p)` as the tokens `[a, b]`.

Token ids and labels are the digits 0..p-1, and nothing else.

Source: method 1.6; Manning-Coe et al. 2025, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Array, Key

from grokscope.registry import register
from grokscope.run import Signature
from grokscope.spec import traced
from grokscope.tasks.dataset import Dataset
from grokscope.tasks.modular import LARGEST_PRIME, OPERATIONS, Operation, TableTask, modular_table


@register
@dataclass(frozen=True)
class Pairs(TableTask):
    """Learn an operation modulo p from two tokens, be tested on the rest of its table.

    The test part has trunc((1 - fraction) * N) rows and training the others: 8939 and 3830 of 12769 at p = 113.
    """

    kind = "pairs"

    p: int = traced(113, low=2, high=LARGEST_PRIME)
    op: Operation = traced("+", choices=OPERATIONS)
    fraction: float = traced(0.7, low=0.0, high=1.0)

    @property
    def signature(self) -> Signature:
        return Signature(vocab=self.p, length=2, classes=self.p)

    @property
    def n_train(self) -> int:
        return self.n_rows - self.n_val

    @property
    def n_val(self) -> int:
        return int((1 - self.fraction) * self.n_rows + 1e-9)

    def arrays(self, key: Key[Array, ""]) -> Dataset:
        """The examples, each part in the random order of one permutation by `key`."""
        tokens, labels = modular_table(self.p, self.op)
        inputs = tokens[:, (0, 2)]
        order = np.asarray(jax.random.permutation(key, self.n_rows))
        train, val = order[: self.n_train], order[self.n_train :]
        return Dataset(inputs[train], labels[train], inputs[val], labels[val])
