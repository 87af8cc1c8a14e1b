"""A run in a pack: where its lane stands, what is known of it so far, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from grokscope.measurements.trace import CORE
from grokscope.run import Run, Shape
from grokscope.training.advance import CHUNK
from grokscope.training.checkpoint import pack_state
from grokscope.training.harvest import outcome_of
from grokscope.training.lane import State
from grokscope.training.observe import columns
from grokscope.training.outcomes import Checkpoint, Failed, Outcome, Progress, Snapshot
from grokscope.training.params import kept
from grokscope.training.provenance import now, provenance
from grokscope.training.room import out_of
from grokscope.training.side_by_side import Place


@dataclass(eq=False)
class Slot:
    """A place in a pack with the run in it.

    Attributes:
        lane: as the last chunk left it, in the shape of its pack.
        shape: of its pack.
        records: of all chunks so far.
        done: whether the lane is.
        caveats: whether it went through a chunk of which nothing was said yet.
        saved: the epoch of its last checkpoint.
    """

    run: Run
    lane: Place
    records: list[Float[np.ndarray, "epochs columns"]]
    shape: Shape
    started: str = field(default_factory=now)
    seconds: float = 0.0
    done: bool = False
    caveats: bool = False
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
        return every - self.epochs % every if every else CHUNK

    @property
    def state(self) -> State:
        """What changes of its lane, in the shape of the run."""
        return out_of(self.lane.state, self.run.shape, self.shape)

    def whole(self) -> Float[np.ndarray, "epochs columns"]:
        """The records of all epochs so far."""
        none = np.zeros((0, len(columns(self.run.shape))), self.run.shape.precision)
        return np.concatenate(self.records or [none])

    def snapshots(self) -> list[Snapshot]:
        """Its parameters, if those of this epoch are to be kept."""
        every = self.run.snapshot_every
        if not every or self.epochs % every:
            return []
        return [Snapshot(self.run, self.epochs, kept(self.run, self.state.params))]

    def checkpoint(self) -> Checkpoint:
        """Its lane as it stands."""
        self.saved = self.epochs
        return Checkpoint(self.run, self.epochs, pack_state(self.run, self.state, self.whole()))

    def progress(self) -> Progress:
        """How far it is; it has been through an epoch."""
        last = dict(zip(CORE, self.records[-1][-1], strict=False))
        return Progress(self.run.identity, self.epochs, float(last["running_acc"]), float(last["val_acc"]))

    def outcome(self, strategy: str, layout: int) -> Outcome:
        """What came of it: its lane is done."""
        return outcome_of(
            self.run, lambda: self.state.params, self.whole(), strategy, layout, self.seconds, self.started
        )

    def failed(self, error: str, strategy: str, layout: int) -> Failed:
        """That it could not go on."""
        record = provenance(strategy=strategy, layout=layout, seconds=self.seconds, started=self.started)
        return Failed(self.run, error, self.epochs, record)
