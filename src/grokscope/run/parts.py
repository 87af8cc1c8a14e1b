"""What a run is made of: what a spec must be able to do to be its task, its net or another part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

from grokscope.spec import Spec, traced

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

    @property
    def label(self) -> str:
        """A few words for a person."""
        streams = tuple(self.traced_part().values())
        return f"seed {self.init}" if len(set(streams)) == 1 else f"seeds {'/'.join(map(str, streams))}"
