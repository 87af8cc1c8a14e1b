"""A pack: lanes of one shape, advanced chunk by chunk, harvested and refilled in between."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import jax
import numpy as np
from jaxtyping import Float

from grokscope.run import Run, Shape
from grokscope.training.advance import CHUNK, Strategy, advance, stack
from grokscope.training.checkpoint import CheckpointError, pack_state, unpack_lane
from grokscope.training.harvest import outcome_of
from grokscope.training.lane import Lane, start
from grokscope.training.outcomes import Checkpoint, Event, Failed, Job, Progress, Snapshot
from grokscope.training.params import kept
from grokscope.training.provenance import now, provenance

CHUNK_SECONDS = 10.0
FIRST_CHUNK = 4


@dataclass
class Slot:
    """A place in a pack with the run in it."""

    run: Run
    records: list[Float[np.ndarray, "epochs columns"]]
    started: str = field(default_factory=now)
    seconds: float = 0.0

    @property
    def epochs(self) -> int:
        return sum(len(part) for part in self.records)

    @property
    def epochs_to_snapshot(self) -> int:
        """Epochs from here to the next whose parameters are kept."""
        every = self.run.snapshot_every
        return every - self.epochs % every if every else CHUNK


class Pack:
    """Lanes of one shape under one strategy.

    `loop` keeps lanes apart and takes them one after another through the same compiled function; `vmap` keeps
    them stacked and takes them together. A pack of `vmap` has as many lanes as its bucket, the last of them
    repeated and frozen where there are fewer runs.

    Args:
        chosen: how the strategy was chosen, for the record.
        say: told of a checkpoint that had to be thrown away.
    """

    def __init__(
        self,
        shape: Shape,
        strategy: Strategy,
        *,
        chosen: str = "default",
        chunk_seconds: float = CHUNK_SECONDS,
        say: Callable[[str], None] = lambda text: None,
    ):
        self.shape, self.strategy, self.chosen = shape, strategy, chosen
        self.chunk_seconds, self.say = chunk_seconds, say
        self.slots: list[Slot] = []
        self.lanes: list[Lane] = []
        self.compile_seconds: float | None = None
        self._seconds_per_epoch: float | None = None
        self._saved, self._unsaved = time.monotonic(), False

    def add(self, jobs: Sequence[Job]) -> list[Failed | Snapshot]:
        """Put runs into free places; say which could not even begin, and what is kept of those that begin anew.

        Their order in the pack does not matter to their results.
        """
        events: list[Failed | Snapshot] = []
        with precision(self.shape):
            for job in jobs:
                try:
                    lane, records = self._resumed(job)
                except Exception:  # whatever it was, it is this run's alone: its neighbours go on
                    events.append(self._unbegun(job.run, traceback.format_exc()))
                    continue
                if job.run.snapshot_every and not records:
                    events.append(Snapshot(job.run, 0, kept(job.run, lane.state.params)))
                self.lanes.append(lane)
                self.slots.append(Slot(job.run, records))
        return events

    def step(self) -> Iterator[Event]:
        """Advance every lane by a chunk; say what came of each; free the places of those that ended."""
        with precision(self.shape):
            n_epochs = self._chunk_epochs()
            began = time.perf_counter()
            self.lanes, records = self._advanced(n_epochs)
            epochs_run = [len(part) for part in records]
            self._time(time.perf_counter() - began, epochs_run)
            done = [bool(lane.state.done) for lane in self.lanes]
            snapshots = self._snapshots(epochs_run)
        layout = len(self.slots)
        saves = self._saves()
        self._unsaved = not saves
        yield from snapshots
        for slot, lane, part, is_done in zip(self.slots, self.lanes, records, done, strict=True):
            slot.records.append(part)
            slot.seconds += (self._seconds_per_epoch or 0.0) * len(part)
            whole = np.concatenate(slot.records)
            if is_done:
                yield outcome_of(
                    slot.run, lane, whole, f"{self.strategy}/{self.chosen}", layout, slot.seconds, slot.started
                )
            else:
                if saves:
                    yield Checkpoint(slot.run, len(whole), pack_state(slot.run, lane.state, whole))
                yield Progress(slot.run.identity, len(whole), float(whole[-1, 1]), float(whole[-1, 5]))
        self.slots = [slot for slot, is_done in zip(self.slots, done, strict=True) if not is_done]
        self.lanes = [lane for lane, is_done in zip(self.lanes, done, strict=True) if not is_done]

    def checkpoints(self) -> list[Checkpoint]:
        """Every lane as it stands, unless its last chunk ended with one: what a worker that is to stop leaves."""
        if not self._unsaved:
            return []
        return [
            Checkpoint(slot.run, slot.epochs, pack_state(slot.run, lane.state, np.concatenate(slot.records)))
            for slot, lane in zip(self.slots, self.lanes, strict=True)
            if slot.records
        ]

    def _snapshots(self, epochs_run: Sequence[int]) -> list[Snapshot]:
        found = []
        for slot, lane, n in zip(self.slots, self.lanes, epochs_run, strict=True):
            epoch = slot.epochs + n
            if slot.run.snapshot_every and n and epoch % slot.run.snapshot_every == 0:
                found.append(Snapshot(slot.run, epoch, kept(slot.run, lane.state.params)))
        return found

    def _saves(self) -> bool:
        """Whether a checkpoint is due: chunks that snapshots cut short do not each end with one."""
        due = time.monotonic() - self._saved > self.chunk_seconds / 2 or not any(
            slot.run.snapshot_every for slot in self.slots
        )
        if due:
            self._saved = time.monotonic()
        return due

    def _unbegun(self, run: Run, error: str) -> Failed:
        strategy = f"{self.strategy}/{self.chosen}"
        return Failed(run, error, 0, provenance(strategy=strategy, layout=len(self.slots), seconds=0.0, started=now()))

    def _resumed(self, job: Job) -> tuple[Lane, list[Float[np.ndarray, "epochs columns"]]]:
        if job.checkpoint is not None:
            try:
                lane, records = unpack_lane(job.run, job.checkpoint)
                return lane, [records]
            except CheckpointError as error:
                self.say(str(error))
        return start(job.run), []

    def _advanced(self, n_epochs: int) -> tuple[list[Lane], list[Float[np.ndarray, "epochs columns"]]]:
        before = [int(lane.state.epoch) for lane in self.lanes]
        if self.strategy == "vmap":
            width = bucket(len(self.lanes))
            filled = self.lanes + [frozen(self.lanes[-1])] * (width - len(self.lanes))
            stacked, records = advance(self.shape, stack(filled), n_epochs, strategy="vmap")
            lanes = [jax.tree.map(lambda leaf, i=i: leaf[i], stacked) for i in range(len(self.lanes))]
            all_records = list(np.asarray(records))[: len(self.lanes)]
        else:
            pairs = [advance(self.shape, lane, n_epochs, strategy="loop") for lane in self.lanes]
            lanes, all_records = [lane for lane, _ in pairs], [np.asarray(records) for _, records in pairs]
        run = [int(lane.state.epoch) - epoch for lane, epoch in zip(lanes, before, strict=True)]
        return lanes, [part[:n] for part, n in zip(all_records, run, strict=True)]

    def _chunk_epochs(self) -> int:
        """Epochs that take about `chunk_seconds`; few at first, when it is not known how long one takes.

        None is run beyond an epoch whose parameters are to be kept.
        """
        most = min(slot.epochs_to_snapshot for slot in self.slots)
        if self._seconds_per_epoch is None:
            return min(FIRST_CHUNK, most)
        lanes = 1 if self.strategy == "vmap" else len(self.lanes)
        return int(np.clip(self.chunk_seconds / (self._seconds_per_epoch * lanes), 1, min(CHUNK, most)))

    def _time(self, seconds: float, epochs_run: list[int]) -> None:
        """The first chunk compiles, so it is not timed."""
        if self.compile_seconds is None:
            self.compile_seconds = seconds
            return
        work = max(epochs_run) if self.strategy == "vmap" else sum(epochs_run)
        self._seconds_per_epoch = seconds / max(work, 1)


def bucket(n: int) -> int:
    """Lanes of a vectorised pack for n runs: the next power of two, so that few widths are ever compiled."""
    return 1 << (n - 1).bit_length()


def frozen(lane: Lane) -> Lane:
    """A lane that will not move: fills a place that no run needs."""
    return lane._replace(state=lane.state._replace(done=lane.state.done | True))


def precision(shape: Shape) -> AbstractContextManager[None]:
    """64-bit numbers for runs that ask for them, and never for others."""
    context: AbstractContextManager[None] = jax.enable_x64(shape.precision == "float64")
    return context
