"""A task's own inputs with labels that cannot be generalised: probes that check the memorising probe.

Random data differs from the task in its inputs as well as in its labels. These keep the inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import jax
import numpy as np
from jaxtyping import Array, Key

from grokscope.registry import register
from grokscope.run import Signature, Task
from grokscope.run.draws import in_few_sizes
from grokscope.spec import SpecError, traced
from grokscope.tasks.dataset import Dataset
from grokscope.tasks.modular import Modular

LABELS = ("vocab", "digits", "permuted")


@register
@dataclass(frozen=True)
class Shuffled(Task):
    """Training part of any task with classes, with its labels replaced; there is no validation part.

    Labels: `vocab` i.i.d. uniform over all outputs of a net (p + 2 ids of a modular task), `digits` i.i.d. over the
    answers alone (its p digits), `permuted` the true labels in random order.
    """

    kind = "shuffled"

    role = "shuffled"
    not_settings = ("inputs_of", "labels")

    inputs_of: Task = traced(Modular())
    labels: Literal["vocab", "digits", "permuted"] = traced("vocab", choices=LABELS)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.inputs_of.role != "task" or not self.inputs_of.classes:
            raise SpecError("inputs_of", self.inputs_of.kind, "a task with classes, whose labels are its own")

    @property
    def probe(self) -> str:
        return self.labels

    @property
    def group_axis(self) -> str:  # type: ignore[override]  # a class's own for all other tasks
        return self.inputs_of.group_axis

    @property
    def group(self) -> float | None:
        return self.inputs_of.group

    @property
    def signature(self) -> Signature:
        return self.inputs_of.signature

    @property
    def label(self) -> str:
        return f"{self.labels} labels {self.inputs_of.label}"

    @property
    def n_train(self) -> int:
        return self.inputs_of.n_train

    @property
    def n_val(self) -> int:
        return 0

    @property
    def row_bucket(self) -> int:
        return self.inputs_of.row_bucket

    def arrays(self, key: Key[Array, ""]) -> Dataset:
        """The inputs that the modular task has at the same key, with labels drawn from a stream of their own."""
        inputs, true_labels, *_ = self.inputs_of.arrays(key)
        label_key = jax.random.fold_in(key, 1)
        if self.labels == "permuted":
            targets = np.asarray(jax.random.permutation(label_key, true_labels))
        else:
            n_labels = self.inputs_of.answers if self.labels == "digits" else self.signature.classes
            targets = np.asarray(in_few_sizes(jax.random.randint, label_key, (self.n_train,), 0, n_labels, "int32"))
        return Dataset(inputs, targets, inputs[:0], targets[:0])
