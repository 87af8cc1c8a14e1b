"""What the ledger needs of a run and of what became of it: the runs of every study that keeps some have all of this.

`grokscope.run.Run` with `grokscope.training.outcomes` is one way to have it; a study that trains in its own way brings
its own types, and the type checker holds them against these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, runtime_checkable

from grokscope.training.outcomes import Provenance


class KeptMeasurement(Protocol):
    """A measurement. `kind`: its name, by which runs are chosen."""

    kind: ClassVar[str]


class KeptRun(Protocol):
    """One training, wholly described."""

    @property
    def identity(self) -> str:
        """Its name in the ledger: runs with equal specs have the same."""

    @property
    def training(self) -> str:
        """Shared by the runs whose traces are one and the same, as far as each goes; a run's identity if none are."""

    @property
    def spec(self) -> Mapping[str, Any]:
        """The complete resolved spec as plain JSON values, `seeds` among them."""

    @property
    def task(self) -> object:
        """What it says of its data are columns, if it is a `grokscope.run.Task`."""

    @property
    def net(self) -> object:
        """Its width is a column, `dim`, if it is a `grokscope.run.Net` that has one."""

    @property
    def measurement(self) -> KeptMeasurement: ...
    @property
    def n_params(self) -> int: ...
    @property
    def steps_per_epoch(self) -> int: ...


class Numbers(Protocol):
    """A result: a named tuple of numbers."""

    def _asdict(self) -> dict[str, Any]: ...


class Columns(Protocol):
    """A trace: float vectors of one length by name."""

    @property
    def columns(self) -> Mapping[str, Any]: ...


@runtime_checkable
class KeptFinish(Protocol):
    """A run that came to its end. `result` has some of the columns of `measurements.Result`."""

    @property
    def run(self) -> KeptRun: ...
    @property
    def trace(self) -> Columns: ...
    @property
    def result(self) -> Numbers: ...
    @property
    def provenance(self) -> Provenance: ...
    @property
    def params(self) -> bytes | None: ...


class KeptFailure(Protocol):
    """A run that could not go on after `epoch` epochs."""

    @property
    def run(self) -> KeptRun: ...
    @property
    def error(self) -> str: ...
    @property
    def epoch(self) -> int: ...
    @property
    def provenance(self) -> Provenance: ...


KeptOutcome = KeptFinish | KeptFailure
