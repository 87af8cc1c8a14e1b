"""What a run is made of: the abstract base of every part, with all that the engine asks of it.

A part is a frozen dataclass under one of these bases, registered with `grokscope.register`. What a base declares with a
default may be left alone; what it names in `needs` must be there, as a field, a property or an attribute.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from grokscope.spec import Spec, SpecError, static, traced

if TYPE_CHECKING:
    from jaxtyping import Array, Float, Shaped

Precision = Literal["float32", "float64"]
Matmul = Literal["highest", "tf32", "bfloat16"]
MATMULS: tuple[Matmul, ...] = ("highest", "tf32", "bfloat16")
"""How matrix products are taken: wholly in the run's precision, or their factors rounded to fewer digits first."""
Role = Literal["task", "random", "shuffled"]
ROLES: tuple[Role, ...] = ("task", "random", "shuffled")
"""What a data set is to a race: something to generalise, random data, or a task's own inputs with other labels."""


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


class Task(Spec):
    """What is learned: makes the examples of a run from a key. See `grokscope.tasks`.

    Attributes:
        signature: what a net must know of it.
        n_train, n_val: examples to train on and to validate on; `n_val` is 0 where there is nothing to generalise to.
        row_bucket: room for all examples; runs with equal room may share a program.
        label: a few words for a person.
        group_axis: name of the field or property whose values part runs into groups, each with curves of its own
            (`p`); empty where all runs of the kind are one group.
        not_settings: fields that part no runs, since role, probe, sizes or group say what they say: `n` of random data,
            as many as the task beside them trains on. Runs that differ in any other field lie on curves of their own.
    """

    family: ClassVar[str] = "tasks"
    needs: ClassVar[tuple[str, ...]] = ("signature", "n_train", "n_val")
    group_axis: ClassVar[str] = ""
    not_settings: ClassVar[tuple[str, ...]] = ()

    if TYPE_CHECKING:  # a property here would become the default of a subclass's field of that name

        @property
        def signature(self) -> Signature: ...
        @property
        def n_train(self) -> int: ...
        @property
        def n_val(self) -> int: ...

    @abstractmethod
    def arrays(self, key: Any) -> Any:
        """The examples (`grokscope.tasks.Dataset`), drawn from a key and from nothing else."""

    @property
    def row_bucket(self) -> int:
        return self.n_train + self.n_val

    @property
    def label(self) -> str:
        return self.kind

    @property
    def role(self) -> Role:
        """What its data are to a race."""
        return "task"

    @property
    def probe(self) -> str:
        """What is memorised of it: `task`, `random`, or the kind of labels that a task's own inputs were given."""
        return self.role

    @property
    def classes(self) -> int:
        """Labels that an output can name, those that are never right included; 0 where targets are numbers."""
        return self.signature.classes if self.signature.labelled else 0

    @property
    def answers(self) -> int:
        """Labels 0 to answers - 1 are the ones that occur; modular tasks have two outputs more."""
        return self.classes

    @property
    def dataset_bits(self) -> float:
        """K = n_train log2(classes), the bits of the training labels; 0 where targets are numbers (method 1.3)."""
        return self.n_train * math.log2(self.classes) if self.classes else 0.0

    @property
    def group(self) -> float | None:
        """The value of its group axis, or None where it has none."""
        return float(getattr(self, self.group_axis)) if self.group_axis else None


class Net(Spec):
    """What learns: builds a module. See `grokscope.nets`.

    Attributes:
        label: a few words for a person.
        width_axis: name of the field that says how wide it is (`dim`); empty where it has none.
        pads: more rows of the embedding and columns of the head than there are tokens change nothing of what tokens do.
        halves: its module computes the first examples of a batch as it would in the whole, masks included.
    """

    family: ClassVar[str] = "nets"
    width_axis: ClassVar[str] = ""
    pads: ClassVar[bool] = False
    halves: ClassVar[bool] = False

    @abstractmethod
    def build(self, signature: Signature, *, key: Any, dtype: Any) -> Any:
        """The module (`grokscope.nets.base.ExampleNet`) before its first step."""

    @abstractmethod
    def n_params(self, signature: Signature) -> int:
        """P, the number of trainable parameters."""

    @abstractmethod
    def flops_per_example(self, signature: Signature) -> float:
        """Floating-point operations of matrix products in a forward pass; plans rest on it, results do not."""

    def looked_up_flops_per_example(self, signature: Signature) -> float:
        """Of these, what a forward pass looks up instead of computing, so that only a gradient takes them."""
        return 0.0

    @property
    def label(self) -> str:
        return self.kind

    @property
    def width(self) -> int | None:
        """Its width, or None where it has none."""
        return int(getattr(self, self.width_axis)) if self.width_axis else None

    @property
    def draws(self) -> bool:
        """Whether training it needs random numbers, such as those of dropout."""
        return True


class Optimiser(Spec):
    """How the parameters move: makes an Optax transformation. See `grokscope.training.optimisers`.

    Attributes:
        elementwise: a parameter's update depends on its own gradients alone.
    """

    family: ClassVar[str] = "optimisers"
    elementwise: ClassVar[bool] = False

    @abstractmethod
    def transform(self, hyper: Any, unravel: Any) -> Any:
        """The Optax transformation of the flat parameter vector at the traced values `hyper` of its fields."""


class Filter(Spec):
    """What is done to the gradient before the optimiser sees it. See `grokscope.training.filters`."""

    family: ClassVar[str] = "filters"

    @abstractmethod
    def transform(self, hyper: Any, unravel: Any) -> Any:
        """As of an optimiser."""


class Transform(Spec):
    """What is done to the parameters after every optimiser step. See `grokscope.training.transforms`."""

    family: ClassVar[str] = "transforms"

    @abstractmethod
    def start(self, net: Any) -> Any:
        """Its state before the first step."""

    @abstractmethod
    def apply(self, net: Any, state: Any, hyper: Any, progress: Any, key: Any) -> tuple[Any, Any]:
        """The net and the state after a step."""


class Loss(Spec):
    """What is minimised. See `grokscope.training.losses`.

    Attributes:
        code_length: it is -log2 of a probability of the label, in nats, so that bits can be counted from it.
        pads: an output of -1e30 changes neither the loss nor any gradient.
    """

    family: ClassVar[str] = "losses"
    code_length: ClassVar[bool] = False
    pads: ClassVar[bool] = False

    @abstractmethod
    def per_example(
        self, outputs: Float[Array, "n outputs"], targets: Shaped[Array, "n ..."], hyper: Any
    ) -> Float[Array, " n"]:
        """The loss of every example from a net's outputs and its target, at the traced values `hyper` of its fields."""


class Measurement(Spec):
    """When a run is done and what its result is. See `grokscope.measurements`.

    Attributes:
        validates: it is about validation examples, so that a suite may not ask for it where a task keeps none back.
    """

    family: ClassVar[str] = "measurements"
    validates: ClassVar[bool] = False

    @abstractmethod
    def rule(self, run: Any) -> Any:
        """When the run ends before its last epoch (`grokscope.measurements.stopping.StopRule`)."""

    @abstractmethod
    def result(self, run: Any, trace: Any) -> Any:
        """What it came to (`grokscope.measurements.Result`)."""


@dataclass(frozen=True)
class Signal(Spec):
    """A probe with a name and a cadence: numbers that a run asks for while it trains. See `grokscope.probes.signals`.

    Attributes:
        every: epochs from one value to the next; the first is that of epoch `every`, 1 for each.
        reads: fields of `grokscope.probes.seen.Seen` that are there only for a signal that names them: `gradient`,
            `logits`, `float32_loss`.
        pads: it masks what is mere room in a padded pack: zeros beyond the vocabulary, outputs of -1e30.
    """

    family: ClassVar[str] = "signals"
    reads: ClassVar[tuple[str, ...]] = ()
    pads: ClassVar[bool] = False

    _: KW_ONLY
    every: int = static(1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.every < 1:
            raise SpecError("every", self.every, "at least 1 epoch")

    @property
    def label(self) -> str:
        """The name of its column in a trace, or what comes before the slash in the names of several."""
        return self.kind

    def check(self, task: Task, net: Net) -> None:
        """Raise a `SpecError` if it means nothing of such a net on such a task."""

    @abstractmethod
    def values(self, seen: Any) -> Any:
        """A number, or numbers by name, from what is seen of a run after an epoch (`grokscope.probes.seen.Seen`).

        Compiled into the run's program: arrays are traced, and the names may depend on shapes alone.
        """


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
