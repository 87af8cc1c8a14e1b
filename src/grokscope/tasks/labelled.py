"""Tasks of numbers with classes, part of which is kept back to test: multi-bit parity, two spirals, scans of digits.

Each can be asked for with random labels: then nothing is kept back, and whatever is learned is memorised.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import jax
import numpy as np
from jaxtyping import Array, Float, Int, Key

from grokscope.registry import register
from grokscope.run import Role, Signature, Task
from grokscope.run.draws import in_few_sizes
from grokscope.spec import InputError, SpecError, traced
from grokscope.tasks.dataset import Dataset, empty_examples, padded_rows

Table = tuple[Float[np.ndarray, "rows numbers"], Int[np.ndarray, " rows"]]
MOST_BITS = 14
SCANS = 1797
"""Examples of the digits that scikit-learn brings along."""


@dataclass(frozen=True)
class Labelled(Task):
    """The first trunc(fraction * rows) rows of a random permutation are trained on, the others kept back.

    Attributes:
        labels: the task's own, or `random`: uniform over the classes, for the trained part, with no other part.
    """

    not_settings = ("labels",)

    fraction: float = traced(0.5, low=0.0, high=1.0)
    labels: Literal["task", "random"] = traced("task", choices=("task", "random"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_train < 1:
            raise SpecError("fraction", self.fraction, f"a fraction that leaves at least one of {self.n_rows} rows")

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """Examples of the whole table."""

    @abstractmethod
    def table(self, key: Key[Array, ""]) -> Table:
        """The whole table."""

    @property
    def n_train(self) -> int:
        return int(self.fraction * self.n_rows)

    @property
    def n_val(self) -> int:
        return self.n_rows - self.n_train if self.labels == "task" else 0

    @property
    def role(self) -> Role:
        return "task" if self.labels == "task" else "shuffled"

    @property
    def probe(self) -> str:
        return "task" if self.labels == "task" else "vocab"

    @property
    def row_bucket(self) -> int:
        return padded_rows(self.n_rows)

    @property
    def label(self) -> str:
        return self.kind if self.labels == "task" else f"{self.kind} with random labels"

    def arrays(self, key: Key[Array, ""]) -> Dataset:
        """The parts that `key` makes of the table; the inputs of the first are the same under either kind of label."""
        table_key, split_key, label_key = jax.random.split(key, 3)
        inputs, labels = self.table(table_key)
        order = np.asarray(jax.random.permutation(split_key, self.n_rows))
        trained, others = order[: self.n_train], order[self.n_train :]
        if self.labels == "task":
            return Dataset(inputs[trained], labels[trained], inputs[others], labels[others])
        n_labels = self.signature.classes
        made_up = np.asarray(in_few_sizes(jax.random.randint, label_key, (self.n_train,), 0, n_labels, "int32"))
        return Dataset(inputs[trained], made_up, inputs[:0], empty_examples(1)[1])


@register
@dataclass(frozen=True)
class Parity(Labelled):
    """Whether an odd number of bits is set, over every word of so many bits."""

    kind = "parity"
    group_axis = "bits"

    bits: int = traced(6, low=2, high=MOST_BITS)

    @property
    def n_rows(self) -> int:
        return 1 << self.bits

    @property
    def signature(self) -> Signature:
        return Signature(vocab=0, length=self.bits, classes=2, numbers=(self.bits,))

    def table(self, key: Key[Array, ""]) -> Table:
        bits = (np.arange(self.n_rows)[:, None] >> np.arange(self.bits)) & 1
        return bits.astype(np.float64), (bits.sum(axis=1) % 2).astype(np.int32)


@register
@dataclass(frozen=True)
class Spirals(Labelled):
    """Points of two spirals, one the other turned by half a circle; which one is a point from?

    Radius and angle grow with t, uniform in [0, 1]: r = 0.1 + 0.9 t, angle = 2 pi turns t, and normal noise.
    After Lang & Witbrock 1988.
    """

    kind = "spirals"
    group_axis = "points"

    points: int = traced(400, low=2, high=100_000)
    turns: float = traced(1.0, low=0.0)
    noise: float = traced(0.0, low=0.0)

    @property
    def n_rows(self) -> int:
        return self.points

    @property
    def signature(self) -> Signature:
        return Signature(vocab=0, length=2, classes=2, numbers=(2,))

    def table(self, key: Key[Array, ""]) -> Table:
        place_key, noise_key = jax.random.split(key)
        t = np.asarray(jax.random.uniform(place_key, (self.points,), "float32"), np.float64)
        labels = (np.arange(self.points) % 2).astype(np.int32)
        radius, angle = 0.1 + 0.9 * t, 2 * np.pi * self.turns * t + np.pi * labels
        places = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return places + self.noise * np.asarray(jax.random.normal(noise_key, places.shape, "float32")), labels


@register
@dataclass(frozen=True)
class Scans(Labelled):
    """1,797 handwritten digits of 8 x 8 pixels from 0 to 1, those that scikit-learn brings along.

    Source: Alpaydin & Kaynak 1998, UCI optical recognition of handwritten digits, its test part.
    """

    kind = "scans"

    @property
    def n_rows(self) -> int:
        return SCANS

    @property
    def signature(self) -> Signature:
        return Signature(vocab=0, length=64, classes=10, numbers=(64,))

    def table(self, key: Key[Array, ""]) -> Table:
        return _scans()


@lru_cache(maxsize=1)
def _scans() -> Table:
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise InputError(
            "task scans: found no scikit-learn, expected it installed (pip install scikit-learn)"
        ) from error
    bunch = load_digits()
    return bunch.data / 16, bunch.target.astype(np.int32)
