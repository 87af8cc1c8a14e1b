"""Modular arithmetic: `a o b = c (mod p)` as four tokens `[a, op, b, =]` and one label.

Token ids: digits 0..p-1, one operator id p shared by all operations, equals p+1.
Source: method 1.1 and method 1.2; Song & Ye 2026, section 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import jax
import numpy as np
from jaxtyping import Array, Int, Key

from grokscope.registry import register
from grokscope.run import Signature, Task
from grokscope.spec import SpecError, traced
from grokscope.tasks.dataset import Dataset, row_bucket

Operation = Literal["+", "-", "*", "/"]
Split = Literal["random", "sequential", "alternating"]
OPERATIONS: tuple[Operation, ...] = ("+", "-", "*", "/")
SPLITS: tuple[Split, ...] = ("random", "sequential", "alternating")


LARGEST_PRIME = 46_340
"""The table of a larger one does not fit 32-bit row numbers."""


def is_prime(n: int) -> bool:
    """Whether n is a prime number."""
    return n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1))


def check_prime(p: int) -> None:
    """Raises SpecError unless p is prime: division and the published laws need a field."""
    if not is_prime(p):
        raise SpecError("p", p, "a prime number")


def row_length(p: int, op: Operation) -> int:
    """c, the number of right operands b for each left operand a."""
    return p - 1 if op == "/" else p


def table_size(p: int, op: Operation) -> int:
    """N, the number of rows of the whole table."""
    return p * row_length(p, op)


def n_equivalent(p: int, op: Operation, fraction: float) -> int:
    """n_equiv = trunc(fraction * N): examples of random data that carry as many bits as the task's training half."""
    return int(fraction * table_size(p, op))


def exact_fraction(n: int, table_rows: int) -> float:
    """The fraction of which truncation keeps exactly n rows.

    Plain n / N loses a row to rounding for some n (6761 at p = 113), as it did in the published code.
    """
    fraction = n / table_rows
    return fraction if int(fraction * table_rows) == n else math.nextafter(fraction, math.inf)


def modular_table(p: int, op: Operation) -> tuple[Int[np.ndarray, "rows 4"], Int[np.ndarray, " rows"]]:
    """Every example of the task, `a` in the outer and `b` in the inner loop, with its label."""
    first = 1 if op == "/" else 0
    a, b = (grid.ravel() for grid in np.meshgrid(np.arange(p), np.arange(first, p), indexing="ij"))
    if op == "+":
        label = (a + b) % p
    elif op == "-":
        label = (a - b) % p
    elif op == "*":
        label = a * b % p
    else:
        inverse = np.array([pow(int(x), -1, p) for x in range(1, p)])
        label = a * inverse[b - 1] % p
    inputs = np.stack([a, np.full_like(a, p), b, np.full_like(a, p + 1)], axis=1)
    return inputs.astype(np.int32), label.astype(np.int32)


class TableTask(Task):
    """A task whose examples are the rows of an operation's table: some are trained on, the rest are kept to test."""

    group_axis = "p"

    if TYPE_CHECKING:
        p: int
        op: Operation
        fraction: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_prime(self.p)
        if self.n_train < 1:
            raise SpecError("fraction", self.fraction, f"a fraction that leaves at least one of {self.n_rows} rows")

    @property
    def label(self) -> str:
        return f"{self.op} p={self.p}"

    @property
    def answers(self) -> int:
        return self.p

    @property
    def n_rows(self) -> int:
        return table_size(self.p, self.op)

    @property
    def row_bucket(self) -> int:
        return row_bucket(self.n_rows, self.p * self.p)


@register
@dataclass(frozen=True)
class Modular(TableTask):
    """Learn an operation modulo p from four tokens, be tested on the rest of its table.

    Splits: `random` trains on the first trunc(fraction * N) rows of a permutation; `sequential` on the first
    trunc(fraction * c) right operands of every left operand; `alternating` on the even ones (fraction unused).
    """

    kind = "modular"

    p: int = traced(97, low=2, high=LARGEST_PRIME)
    op: Operation = traced("/", choices=OPERATIONS)
    fraction: float = traced(0.5, low=0.0, high=1.0)
    split: Split = traced("random", choices=SPLITS)

    @classmethod
    def of_size(cls, p: int, op: Operation, n: int) -> Modular:
        """The random split with exactly n training rows."""
        if not 1 <= n <= table_size(p, op):
            raise SpecError("n", n, f"at most the {table_size(p, op)} rows of the table of p = {p}, {op}")
        return cls(p, op, exact_fraction(n, table_size(p, op)))

    @property
    def signature(self) -> Signature:
        return Signature(vocab=self.p + 2, length=4, classes=self.p + 2, following=(self.p,))

    @property
    def n_train(self) -> int:
        width = row_length(self.p, self.op)
        if self.split == "sequential":
            return self.p * int(self.fraction * width)
        if self.split == "alternating":
            return self.p * -(-width // 2)
        return n_equivalent(self.p, self.op, self.fraction)

    @property
    def n_val(self) -> int:
        return self.n_rows - self.n_train

    def split_rows(self, key: Key[Array, ""]) -> tuple[Int[np.ndarray, " train"], Int[np.ndarray, " val"]]:
        """Row numbers of the training and the validation part, each in random order."""
        if self.split == "random":
            order = np.asarray(jax.random.permutation(key, self.n_rows))
            return order[: self.n_train], order[self.n_train :]
        width = row_length(self.p, self.op)
        offset = np.arange(self.n_rows) % width
        is_train = offset < int(self.fraction * width) if self.split == "sequential" else offset % 2 == 0
        train_key, val_key = jax.random.split(key)
        return (
            np.asarray(jax.random.permutation(train_key, np.flatnonzero(is_train))),
            np.asarray(jax.random.permutation(val_key, np.flatnonzero(~is_train))),
        )

    def arrays(self, key: Key[Array, ""]) -> Dataset:
        """The examples, split by `key`."""
        inputs, targets = modular_table(self.p, self.op)
        train, val = self.split_rows(key)
        return Dataset(inputs[train], targets[train], inputs[val], targets[val])
