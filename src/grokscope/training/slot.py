"""A run in a pack: where its lane stands, its records so far, and the events that it yields."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from grokscope.measurements.trace import CORE
from grokscope.run import Run, Shape
from grokscope.training.advance import MAX_CHUNK_EPOCHS
from grokscope.training.checkpoint import pack_state
from grokscope.training.harvest import build_outcome
from grokscope.training.lane import State
from grokscope.training.observe import columns
from grokscope.training.outcomes import Checkpoint, Failed, Outcome, Progress, Snapshot
from grokscope.training.padding import unpad_state
from grokscope.training.params import params_to_bytes
from grokscope.training.provenance import now, provenance
from grokscope.training.stacking import AnyLane


@dataclass(eq=False)
class Slot:
    """A place in a pack with the run in it.

    Attributes:
        lane: as the last chunk left it, in the shape of its pack.
        shape: of its pack.
        records: of all chunks so far.
        done: whether the lane is.
        unreported: whether its lane went through a chunk whose events were not yielded yet.
        saved: the epoch of its last checkpoint.
    """

    run: Run
    lane: AnyLane
    records: list[Float[np.ndarray, "epochs columns"]]
    shape: Shape
    started: str = field(default_factory=now)
    seconds: float = 0.0
    done: bool = False
    unreported: bool = False
    saved: int = 0

    def __post_init__(self) -> None:
        self.saved = self.epochs

    @property
    def epochs(self) -> int:
        return sum(len(part) for part in self.records)

    @property
    def epochs_to_snapshot(self) -> int:
        """Epochs from here to the next whose parameters are kept."""
        every = self.run.snapshot_every
        return every - self.epochs % every if every else MAX_CHUNK_EPOCHS

    @property
    def state(self) -> State:
        """The state of its lane, in the shape of the run."""
        return unpad_state(self.lane.state, self.run.shape, self.shape)

    def all_records(self) -> Float[np.ndarray, "epochs columns"]:
        """The records of all epochs so far."""
        none = np.zeros((0, len(columns(self.run.shape))), self.run.shape.precision)
        return np.concatenate(self.records or [none])

    def snapshots(self) -> list[Snapshot]:
        """A snapshot of its parameters, if those of this epoch are to be kept."""
        every = self.run.snapshot_every
        if not every or self.epochs % every:
            return []
        return [Snapshot(self.run, self.epochs, params_to_bytes(self.run, self.state.params))]

    def checkpoint(self) -> Checkpoint:
        """A checkpoint of its lane."""
        self.saved = self.epochs
        return Checkpoint(self.run, self.epochs, pack_state(self.run, self.state, self.all_records()))

    def progress(self) -> Progress:
        """Its progress; it has been through an epoch."""
        last = dict(zip(CORE, self.records[-1][-1], strict=False))
        return Progress(self.run.identity, self.epochs, float(last["running_acc"]), float(last["val_acc"]))

    def outcome(self, strategy: str, layout: int) -> Outcome:
        """The outcome of its run, whose lane is done."""
        return build_outcome(
            self.run, lambda: self.state.params, self.all_records(), strategy, layout, self.seconds, self.started
        )

    def failure(self, error: str, strategy: str, layout: int) -> Failed:
        """The failure of its run, which could not go on."""
        record = provenance(strategy=strategy, layout=layout, seconds=self.seconds, started=self.started)
        return Failed(self.run, error, self.epochs, record)
