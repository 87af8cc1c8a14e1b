"""Composition of permutations: `a o b = c` in the symmetric group of n things, as four tokens `[a, o, b, =]`.

Token ids: the n! permutations in lexicographic order of their images (0 is the identity), then the operator, then
equals. Source of the task: Power et al. 2022, "Grokking", arXiv 2201.02177, section 3 (S5).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Array, Int, Key

from grokscope.registry import register
from grokscope.run import Signature, Task
from grokscope.spec import SpecError, traced
from grokscope.tasks.dataset import Dataset, row_bucket

COMPOSE = "compose"
"""What the operation is called beside + and the like."""


def elements(n: int) -> Int[np.ndarray, "factorial n"]:
    """The permutations of 0..n-1 as rows of images, in lexicographic order."""
    return np.array(list(itertools.permutations(range(n))))


def permutation_table(n: int) -> tuple[Int[np.ndarray, "rows 4"], Int[np.ndarray, " rows"]]:
    """Every example, `a` in the outer and `b` in the inner loop, with its label: (a o b)(i) = a(b(i)), b acting first.

    The number of a permutation is its place in `elements`.
    """
    images = elements(n)
    order = len(images)
    place_value = n ** np.arange(n)[::-1]
    composed = images[:, images] @ place_value  # [a, b]: as digits of one number, which keeps lexicographic order
    label = np.searchsorted(images @ place_value, composed)
    a, b = (grid.ravel() for grid in np.indices((order, order)))
    inputs = np.stack([a, np.full_like(a, order), b, np.full_like(a, order + 1)], axis=1)
    return inputs.astype(np.int32), label.ravel().astype(np.int32)


@register
@dataclass(frozen=True)
class Permutations(Task):
    """Learn to compose permutations of n things from part of the table, be tested on the rest.

    The first trunc(fraction * (n!)^2) rows of a random permutation are trained on.
    """

    kind = "permutations"
    group_axis = "p"
    not_settings = ("n",)

    n: int = traced(5, low=3, high=6)
    fraction: float = traced(0.5, low=0.0, high=1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_train < 1:
            raise SpecError("fraction", self.fraction, f"a fraction that leaves at least one of {self.n_rows} rows")

    @property
    def p(self) -> int:
        """Number of permutations, the order of the group: what the prime is to modular arithmetic."""
        return math.factorial(self.n)

    @property
    def answers(self) -> int:
        return self.p

    @property
    def signature(self) -> Signature:
        return Signature(vocab=self.p + 2, length=4, classes=self.p + 2, following=(self.p,))

    @property
    def label(self) -> str:
        return f"S{self.n}"

    @property
    def n_rows(self) -> int:
        return self.p**2

    @property
    def n_train(self) -> int:
        return int(self.fraction * self.n_rows)

    @property
    def n_val(self) -> int:
        return self.n_rows - self.n_train

    @property
    def row_bucket(self) -> int:
        return row_bucket(self.n_rows, self.n_rows)

    def arrays(self, key: Key[Array, ""]) -> Dataset:
        """The examples, split by `key`."""
        inputs, targets = permutation_table(self.n)
        rows = np.asarray(jax.random.permutation(key, self.n_rows))
        train, val = rows[: self.n_train], rows[self.n_train :]
        return Dataset(inputs[train], targets[train], inputs[val], targets[val])
