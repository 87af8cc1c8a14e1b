"""Run: one training, wholly described, and its identity."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

from grokscope.spec import Spec, SpecError, canonical_object, static, traced

PROTOCOL = 1
"""Raised whenever the meaning of an unchanged spec changes, so that old results are never taken for new ones."""

Precision = Literal["float32", "float64"]
Matmul = Literal["highest", "tf32", "bfloat16"]
MATMULS: tuple[Matmul, ...] = ("highest", "tf32", "bfloat16")
"""How matrix products are taken: wholly in the run's precision, or their factors rounded to fewer digits first."""
Loss = Literal["cross_entropy", "stablemax", "squared"]
LOSSES: tuple[Loss, ...] = ("cross_entropy", "stablemax", "squared")
"""What is minimised; `grokscope.training.losses` has the equations."""


class Signature(NamedTuple):
    """What a net must know of a task: how many token ids there are, how long an example is, how many outputs.

    Attributes:
        vocab: number of token ids; 0 where inputs are numbers.
        length: tokens, or numbers, of an example.
        classes: outputs of a net.
        following: a promise that allows a shortcut: these tokens follow the first one in every example.
        numbers: shape of an example whose inputs are numbers; empty for tokens.
        labelled: whether targets are classes, of which one is right; otherwise they are numbers, one an output.
    """

    vocab: int
    length: int
    classes: int
    following: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()
    labelled: bool = True


@runtime_checkable
class Task(Protocol):
    """A frozen spec that makes arrays (see `grokscope.tasks`)."""

    @property
    def signature(self) -> Signature: ...
    @property
    def n_train(self) -> int: ...
    @property
    def n_val(self) -> int: ...
    @property
    def row_bucket(self) -> int: ...
    @property
    def label(self) -> str: ...
    def arrays(self, key: Any) -> Any: ...
    def to_dict(self) -> dict[str, Any]: ...


@runtime_checkable
class Net(Protocol):
    """A frozen spec that makes a module (see `grokscope.nets`)."""

    @property
    def label(self) -> str: ...
    def static_part(self) -> Net: ...
    def build(self, signature: Signature, *, key: Any, dtype: Any) -> Any: ...
    def n_params(self, signature: Signature) -> int: ...
    def flops_per_example(self, signature: Signature) -> float: ...
    def to_dict(self) -> dict[str, Any]: ...


@runtime_checkable
class Optimiser(Protocol):
    """A frozen spec that makes an Optax transformation (see `grokscope.training.optimisers`)."""

    def static_part(self) -> Optimiser: ...
    def transform(self, hyper: Any, unravel: Any) -> Any: ...
    def to_dict(self) -> dict[str, Any]: ...


Filter = Optimiser
"""The same of the gradient before the optimiser sees it (see `training.filters`)."""


@runtime_checkable
class Transform(Protocol):
    """A frozen spec of what is done to the parameters after every optimiser step (see `training.transforms`)."""

    def static_part(self) -> Transform: ...
    def start(self, net: Any) -> Any: ...
    def apply(self, net: Any, state: Any, hyper: Any, progress: Any, key: Any) -> tuple[Any, Any]: ...
    def to_dict(self) -> dict[str, Any]: ...


@runtime_checkable
class Measurement(Protocol):
    """A frozen spec of when a run is done and what its result is (see `grokscope.measurements`)."""

    kind: ClassVar[str]

    def rule(self, run: Any) -> Any: ...
    def result(self, run: Any, trace: Any) -> Any: ...
    def to_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Seeds(Spec):
    """Four independent streams of randomness; changing one changes only its own."""

    data: int = traced(0, low=0, high=2**31 - 1)
    init: int = traced(0, low=0, high=2**31 - 1)
    order: int = traced(0, low=0, high=2**31 - 1)
    dropout: int = traced(0, low=0, high=2**31 - 1)

    @classmethod
    def all(cls, seed: int) -> Seeds:
        """The published habit: one number for all four streams (the streams stay independent)."""
        return cls(seed, seed, seed, seed)


@dataclass(frozen=True)
class Shape:
    """The static fields alone: runs of equal shape share a pack and a compiled program.

    `rows` is the room for a run's examples, train and validation together; how many of them it uses is traced.
    """

    net: Net
    optimiser: Optimiser
    signature: Signature
    rows: int
    batch_size: int
    precision: Precision
    loss: Loss = "cross_entropy"
    transform: Transform | None = None
    filter: Filter | None = None
    matmul: Matmul = "highest"


@dataclass(frozen=True)
class Run(Spec):
    """One training, wholly described. Two runs with equal specs are the same run.

    Attributes:
        batch_size: examples a step; -1 for the full training set.
        max_epochs: the run ends here if its measurement has not ended it before.
        keep: `final` keeps the last parameters in the ledger.
        loss: what is minimised, and recorded as loss.
        shuffle: `never` takes the training examples in the data set's own order every epoch.
        transform: what is done to the parameters after every step; None for nothing.
        filter: what is done to the gradient before the optimiser sees it; None for nothing.
        snapshot_every: keeps the parameters before the first epoch and after every so many; 0 for none.
        matmul: `highest` takes matrix products in the run's precision; `tf32` and `bfloat16` ask the device for
            faster ones, where it has them (see `docs/speed.md`), in training and in evaluation.
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
    loss: Loss = static("cross_entropy", choices=LOSSES, later=True)
    shuffle: Literal["every epoch", "never"] = traced("every epoch", choices=("every epoch", "never"), later=True)
    transform: Transform | None = static(None, later=True)
    snapshot_every: int = traced(0, low=0, later=True)
    filter: Filter | None = static(None, later=True)
    matmul: Matmul = static("highest", choices=MATMULS, later=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, ability in (
            ("task", "arrays"),
            ("net", "build"),
            ("optimiser", "transform"),
            ("measurement", "rule"),
        ):
            if not hasattr(getattr(self, name), ability):
                raise SpecError(name, getattr(self, name), f"the spec of a {name}, which has {ability}()")
        if self.batch_size != -1 and self.batch_size < 1:
            raise SpecError("batch_size", self.batch_size, "at least 1, or -1 for the full training set")
        if self.precision == "float64" and self.matmul != "highest":
            raise SpecError("matmul", self.matmul, "highest where the precision is float64")

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
        parts = (self.task, self.net, self.optimiser, self.transform, self.filter)
        texts = tuple(part.canonical if isinstance(part, Spec) else part for part in parts)
        return _shared((*texts, self.batch_size, self.precision, self.loss, self.matmul), self)

    @property
    def n_params(self) -> int:
        """P, the number of trainable parameters."""
        return self.net.n_params(self.task.signature)

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps an epoch; the last, smaller batch is kept."""
        return math.ceil(self.task.n_train / self.shape.batch_size)


MOST_SHAPES = 2**16
_SHAPES: dict[tuple[Any, ...], Shape] = {}


def _shared(said: tuple[Any, ...], run: Run) -> Shape:
    """The shape of runs whose parts say this, made once: a suite has a million runs and few shapes.

    Texts are the key, since their hashes are kept: hashing the parts themselves takes longer than making the shape.
    """
    if said not in _SHAPES:
        if len(_SHAPES) >= MOST_SHAPES:
            _SHAPES.clear()
        shape = Shape(
            net=run.net.static_part(),
            optimiser=run.optimiser.static_part(),
            signature=run.task.signature,
            rows=run.task.row_bucket,
            batch_size=run.task.n_train if run.batch_size == -1 else min(run.batch_size, run.task.row_bucket),
            precision=run.precision,
            loss=run.loss,
            transform=run.transform and run.transform.static_part(),
            filter=run.filter and run.filter.static_part(),
            matmul=run.matmul,
        )
        _SHAPES[said] = shape
    return _SHAPES[said]


WATCHING = ("measurement", "keep", "snapshot_every")
"""Fields of a run that say what is measured and kept of it; the parameters never feel them."""


def identity_of(spec: Mapping[str, Any]) -> str:
    """20 hexadecimal digits of plain values (see `Run.identity`)."""
    return digits(json.dumps(spec, sort_keys=True, separators=(",", ":"), allow_nan=False))


def digits(canonical: str) -> str:
    """The first 20 hexadecimal digits of a text's SHA-256."""
    return hashlib.sha256(canonical.encode()).hexdigest()[:20]
