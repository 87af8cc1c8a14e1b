"""Jobs that a worker is given, and events that it yields: plain values only, which cross processes and machines."""

from __future__ import annotations

from dataclasses import dataclass, field

from grokscope.measurements import Result, Trace
from grokscope.run import Run, Shape


@dataclass(frozen=True)
class Job:
    """A run to be done, from its last checkpoint if there is one."""

    run: Run
    checkpoint: bytes | None = None

    @property
    def shape(self) -> Shape:
        return self.run.shape


@dataclass(frozen=True)
class Provenance:
    """The record of where and how a run was trained.

    Attributes:
        strategy: `loop` or `vmap`, and how it was chosen (`loop/default`, `vmap/measured`).
        layout: lanes of the pack when the run was harvested.
        seconds: wall seconds of this run's share of its chunks, compiling excluded.
        started, ended: UTC, ISO 8601.
        derived_from: identity of the run whose trace this one's was read from; None for a run that was trained.
    """

    version: str
    git: str
    host: str
    device: str
    strategy: str
    layout: int
    seconds: float
    started: str
    ended: str
    versions: dict[str, str] = field(default_factory=dict)
    derived_from: str | None = None


@dataclass(frozen=True)
class Finished:
    """A run that its measurement or its last epoch ended. `params`: safetensors bytes if the run keeps them."""

    run: Run
    trace: Trace
    result: Result
    provenance: Provenance
    params: bytes | None = None


@dataclass(frozen=True)
class Failed:
    """A run that could not go on. `error` is the whole text; `epoch` the last one that was whole."""

    run: Run
    error: str
    epoch: int
    provenance: Provenance


@dataclass(frozen=True)
class Checkpoint:
    """A lane as it stood between two chunks: what a killed job goes on from. `state`: see `training.checkpoint`."""

    run: Run
    epoch: int
    state: bytes


@dataclass(frozen=True)
class Snapshot:
    """Parameters of a run as they were after an epoch (0: before the first), as safetensors bytes."""

    run: Run
    epoch: int
    params: bytes


@dataclass(frozen=True)
class Progress:
    """The progress of a run after a chunk. `running_acc` and `val_acc` are the last epoch's, in [0, 1] or NaN."""

    identity: str
    epoch: int
    running_acc: float
    val_acc: float


Outcome = Finished | Failed
Event = Finished | Failed | Checkpoint | Snapshot | Progress
