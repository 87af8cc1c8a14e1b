"""Random data: nothing to generalise from, so whatever is learned is memorised.

Source: method 1.4; Song & Ye 2026, section 3, after Morris et al. 2025.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Array, Key

from grokscope.registry import register
from grokscope.run import Signature, Task
from grokscope.run.draws import in_few_sizes
from grokscope.spec import traced
from grokscope.tasks.dataset import Dataset, empty_examples, row_bucket
from grokscope.tasks.modular import LARGEST_PRIME


@register
@dataclass(frozen=True)
class RandomLabels(Task):
    """n examples of four tokens and a label, each uniform over all p + 2 ids; repeated inputs are not removed.

    p is that of the task it stands beside: a prime, or the order of a group.
    """

    kind = "random_labels"
    group_axis = "p"
    not_settings = ("n",)
    role = "random"

    p: int = traced(97, low=2, high=LARGEST_PRIME)
    n: int = traced(1000, low=1)

    @property
    def signature(self) -> Signature:
        return Signature(vocab=self.p + 2, length=4, classes=self.p + 2)

    @property
    def label(self) -> str:
        return f"random p={self.p} n={self.n}"

    @property
    def n_train(self) -> int:
        return self.n

    @property
    def n_val(self) -> int:
        return 0

    @property
    def row_bucket(self) -> int:
        return row_bucket(self.n, self.p * self.p)

    def arrays(self, key: Key[Array, ""]) -> Dataset:
        """The examples, drawn from `key`."""
        input_key, target_key = jax.random.split(key)
        vocab, length, classes, *_ = self.signature
        inputs = np.asarray(in_few_sizes(jax.random.randint, input_key, (self.n, length), 0, vocab, "int32"))
        targets = np.asarray(in_few_sizes(jax.random.randint, target_key, (self.n,), 0, classes, "int32"))
        return Dataset(inputs, targets, *empty_examples(length))
