"""Run: one training, wholly described, and its identity."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal

from grokscope.registry import kind, kinds
from grokscope.run.identity import PROTOCOL, digits
from grokscope.run.parts import (
    MATMULS,
    Filter,
    Loss,
    Matmul,
    Measurement,
    Net,
    Optimiser,
    Precision,
    Seeds,
    Signal,
    Task,
    Transform,
)
from grokscope.run.shape import Shape, once
from grokscope.spec import Spec, SpecError, canonical_object, fields_of, nested, static, traced

WATCHING = ("measurement", "keep", "snapshot_every", "signals")
"""Fields of a run that say what is measured and kept of it; the parameters never feel them."""


@dataclass(frozen=True)
class Run(Spec):
    """One training, wholly described. Two runs with equal specs are the same run.

    Attributes:
        batch_size: examples a step; -1 for the full training set.
        max_epochs: the run ends here if its measurement has not ended it before.
        keep: `final` keeps the last parameters in the ledger.
        loss: what is minimised, and recorded as loss: the kind of a built-in loss, or the spec of another.
        shuffle: `never` takes the training examples in the data set's own order every epoch.
        transform: what is done to the parameters after every step; None for nothing.
        filter: what is done to the gradient before the optimiser sees it; None for nothing.
        snapshot_every: keeps the parameters before the first epoch and after every so many; 0 for none.
        matmul: `highest` takes matrix products in the run's precision; `tf32` and `bfloat16` ask the device for
            faster ones, where it has them (see `docs/speed.md`), in training and in evaluation.
        signals: what is recorded beside losses and accuracies, each in columns of its own name.
    """

    task: Task = static()
    net: Net = static()
    optimiser: Optimiser = static()
    measurement: Measurement = static()
    seeds: Seeds = traced(Seeds())
    batch_size: int = static(512)
    max_epochs: int = traced(5000, low=1, high=10_000_000)
    precision: Precision = static("float32", choices=("float32", "float64"))
    keep: Literal["nothing", "final"] = traced("nothing", choices=("nothing", "final"))
    loss: Loss | str = static("cross_entropy", later=True)
    shuffle: Literal["every epoch", "never"] = traced("every epoch", choices=("every epoch", "never"), later=True)
    transform: Transform | None = static(None, later=True)
    snapshot_every: int = traced(0, low=0, later=True)
    filter: Filter | None = static(None, later=True)
    matmul: Matmul = static("highest", choices=MATMULS, later=True)
    signals: tuple[Signal, ...] = static((), later=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "loss", _named_loss(self.loss))
        if self.batch_size != -1 and self.batch_size < 1:
            raise SpecError("batch_size", self.batch_size, "at least 1, or -1 for the full training set")
        if self.precision == "float64" and self.matmul != "highest":
            raise SpecError("matmul", self.matmul, "highest where the precision is float64")
        _check_signals(self.signals, self.task, self.net)

    @property
    def spec(self) -> dict[str, Any]:
        """The complete resolved spec as plain JSON values, protocol version included."""
        return {"protocol": PROTOCOL} | self.to_dict()

    def essence_texts(self) -> dict[str, str]:
        """As of any spec, and the protocol version."""
        return {"protocol": str(PROTOCOL)} | super().essence_texts()

    @cached_property
    def identity(self) -> str:
        """20 hexadecimal digits: SHA-256 of the canonical JSON of `spec` without later fields at their defaults."""
        return digits(canonical_object(self.essence_texts()))

    @cached_property
    def training(self) -> str:
        """20 hexadecimal digits for what is trained, whatever is measured of it and however long it goes on.

        Runs that share it have one and the same trace, as far as each goes. A transform is told how far the run is of
        its last epoch, so with one the last epoch counts.
        """
        apart = WATCHING if self.transform is not None else (*WATCHING, "max_epochs")
        return digits(canonical_object({k: text for k, text in self.essence_texts().items() if k not in apart}))

    @property
    def label(self) -> str:
        """A few words for a person: what is measured, on what, with which net."""
        return f"{self.measurement.kind} {self.task.label} {self.net.label}"

    @cached_property
    def shape(self) -> Shape:
        """What it has in common with the runs that may share its pack: one object for all that do."""
        parts = (self.task, self.net, self.optimiser, self.transform, self.filter, self.loss)
        texts = tuple(part.canonical if isinstance(part, Spec) else part for part in parts)
        signals = tuple(signal.canonical for signal in self.signals)
        return once((*texts, self.batch_size, self.precision, self.matmul, signals), self._shape)

    def _shape(self) -> Shape:
        return Shape(
            net=self.net.static_part(),
            optimiser=self.optimiser.static_part(),
            signature=self.task.signature,
            rows=self.task.row_bucket,
            batch_size=self.task.n_train if self.batch_size == -1 else min(self.batch_size, self.task.row_bucket),
            precision=self.precision,
            loss=self.loss_spec.static_part(),
            transform=self.transform and self.transform.static_part(),
            filter=self.filter and self.filter.static_part(),
            matmul=self.matmul,
            signals=self.signals,
        )

    @cached_property
    def loss_spec(self) -> Loss:
        """The loss as a spec, whether it was called by its kind or not."""
        return _loss(self.loss) if isinstance(self.loss, str) else self.loss

    @property
    def parts(self) -> tuple[Spec, ...]:
        """The specs that it holds itself."""
        return (*(part for f in fields_of(Run) if isinstance(part := getattr(self, f.name), Spec)), *self.signals)

    @property
    def n_params(self) -> int:
        """P, the number of trainable parameters."""
        return self.net.n_params(self.task.signature)

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps an epoch; the last, smaller batch is kept."""
        return math.ceil(self.task.n_train / self.shape.batch_size)


def parts_of(runs: Iterable[Run]) -> list[Spec]:
    """Every spec that these runs are made of, those inside others too; each object once."""
    parts = {id(part): part for run in runs for part in run.parts}
    return [spec for part in parts.values() for spec in nested(part)]


@cache
def _loss(name: str) -> Loss:
    """The loss of this kind at its defaults.

    Raises:
        SpecError: there is none.
    """
    found = kind("losses", name)
    if found is None:
        raise SpecError("loss", name, "one of " + ", ".join(kinds("losses")))
    loss: Loss = found()
    return loss


def _check_signals(signals: tuple[Signal, ...], task: Task, net: Net) -> None:
    """Raise a SpecError for signals whose columns would have one name, or that mean nothing of this net and task."""
    labels = [signal.label for signal in signals]
    for label in labels:
        if labels.count(label) > 1:
            raise SpecError("signals", f"{label} twice", "each once, at one cadence")
    for signal in signals:
        try:
            signal.check(task, net)
        except SpecError as error:
            raise SpecError("signals", f"{signal.kind} of {error.found}", error.expected) from None


def _named_loss(loss: Loss | str) -> Loss | str:
    """A built-in loss by its kind alone, another as a spec: one loss has one name in an identity."""
    spec = _loss(loss) if isinstance(loss, str) else loss
    plain = not spec.origin and not fields_of(type(spec))
    return spec.kind if plain else spec
