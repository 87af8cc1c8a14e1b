"""Run: one training, wholly described, and its identity.

A spec is a frozen dataclass whose fields say whether they are *static* (they shape the compiled program)
or *traced* (they are numbers in it). Everything that follows, from packing runs together to hashing them,
reads that one declaration.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, Self, runtime_checkable

PROTOCOL = 1
"""Raised whenever the meaning of an unchanged spec changes, so that old results are never taken for new ones."""

Precision = Literal["float32", "float64"]
LARGEST = 1e300
"""Beyond this no setting is meant, and some arithmetic is not finite any more."""


def static(default: Any = dataclasses.MISSING, *, choices: tuple[Any, ...] = ()) -> Any:
    """A spec field that shapes the compiled program: runs that differ in it never share a pack."""
    return dataclasses.field(default=default, metadata={"static": True, "choices": choices})


def traced(
    default: Any = dataclasses.MISSING,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] = (),
) -> Any:
    """A spec field that is a number in the compiled program, or in the arrays it is fed: it never recompiles.

    `low` and `high` bound it, both inclusive.
    """
    return dataclasses.field(default=default, metadata={"static": False, "choices": choices, "low": low, "high": high})


class InputError(ValueError):
    """Something that a user gave cannot be used. One message: where, what was found, what was expected."""


class SpecError(InputError):
    """A field of a spec holds what it cannot: says which, what was found and what was expected."""

    def __init__(self, field: str, found: Any, expected: str):
        super().__init__(f"{field}: found {found!r}, expected {expected}")
        self.field, self.found, self.expected = field, found, expected


@dataclass(frozen=True)
class Spec:
    """Base of every spec: checks and normalises its fields, so that equal meaning gives equal bytes.

    Raises:
        SpecError: a field has the wrong type, is out of range, or is not one of its choices.
    """

    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = _normalised(field, getattr(self, field.name))
            object.__setattr__(self, field.name, value)

    def to_dict(self) -> dict[str, Any]:
        """Plain nested dict of the kind and every field."""
        named = {"kind": self.kind} if self.kind else {}
        return named | {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    def static_part(self) -> Self:
        """This spec with every traced field at a neutral value: what runs of one pack have in common."""
        return dataclasses.replace(
            self, **{f.name: f.default for f in dataclasses.fields(self) if not f.metadata["static"]}
        )

    def traced_part(self) -> dict[str, float]:
        """The traced numbers of this spec by name."""
        names = (f.name for f in dataclasses.fields(self) if not f.metadata["static"])
        return {name: getattr(self, name) for name in names}


def _plain(value: Any) -> Any:
    return value.to_dict() if isinstance(value, Spec) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _normalised(field: dataclasses.Field[Any], value: Any) -> Any:
    """The value as the field's own type, or a SpecError."""
    meta, wanted = field.metadata, str(field.type)
    if wanted == "float":
        if not _is_number(value) or not abs(value) <= LARGEST:
            raise SpecError(field.name, value, "a finite number")
        value = float(value) + 0.0  # -0.0 is the same number, but not the same bytes
    elif wanted == "int":
        if not _is_number(value) or not abs(value) <= LARGEST or value != int(value):
            raise SpecError(field.name, value, "a whole number")
        value = int(value)
    elif not meta.get("choices") and not isinstance(value, Spec):
        raise SpecError(field.name, value, f"a spec ({wanted})")
    if meta.get("choices") and value not in meta["choices"]:
        raise SpecError(field.name, value, "one of " + ", ".join(map(str, meta["choices"])))
    low, high = meta.get("low"), meta.get("high")
    if low is not None and value < low:
        raise SpecError(field.name, value, f"at least {low}")
    if high is not None and value > high:
        raise SpecError(field.name, value, f"at most {high}")
    return value


class Signature(NamedTuple):
    """What a net must know of a task: how many token ids there are, how long an example is, how many outputs.

    `following` is a promise that allows a shortcut: these tokens follow the first one in every example.
    """

    vocab: int
    length: int
    classes: int
    following: tuple[int, ...] = ()


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
    def transform(self, hyper: Any) -> Any: ...
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


@dataclass(frozen=True)
class Run(Spec):
    """One training, wholly described. Two runs with equal specs are the same run.

    Attributes:
        batch_size: examples a step; -1 for the full training set.
        max_epochs: the run ends here if its measurement has not ended it before.
        keep: `final` keeps the last parameters in the ledger.
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

    @property
    def spec(self) -> dict[str, Any]:
        """The complete resolved spec as plain JSON values, protocol version included."""
        return {"protocol": PROTOCOL} | self.to_dict()

    @property
    def identity(self) -> str:
        """20 hexadecimal digits: the SHA-256 of the canonical JSON of `spec`."""
        return identity_of(self.spec)

    @property
    def label(self) -> str:
        """A few words for a person: what is measured, on what, with which net."""
        return f"{self.measurement.kind} {self.task.label} {self.net.label}"

    @property
    def shape(self) -> Shape:
        return Shape(
            net=self.net.static_part(),
            optimiser=self.optimiser.static_part(),
            signature=self.task.signature,
            rows=self.task.row_bucket,
            batch_size=self.task.n_train if self.batch_size == -1 else min(self.batch_size, self.task.row_bucket),
            precision=self.precision,
        )

    @property
    def n_params(self) -> int:
        """P, the number of trainable parameters."""
        return self.net.n_params(self.task.signature)

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps an epoch; the last, smaller batch is kept."""
        return math.ceil(self.task.n_train / self.shape.batch_size)


def identity_of(spec: Mapping[str, Any]) -> str:
    """Identity of a resolved spec (see `Run.identity`)."""
    canonical = json.dumps(spec, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:20]
