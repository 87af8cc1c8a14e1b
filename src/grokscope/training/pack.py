"""A pack: lanes of one shape, advanced chunk by chunk, harvested and refilled in between."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from operator import is_

import jax
import numpy as np
from jaxtyping import Float

from grokscope.run import Run, Shape
from grokscope.training.advance import Strategy, advance, apart, stack
from grokscope.training.checkpoint import begun, pack_state, unpack_lane
from grokscope.training.devices import honoured
from grokscope.training.harvest import outcome_of
from grokscope.training.lane import Lane
from grokscope.training.memory import out_of_memory
from grokscope.training.outcomes import Checkpoint, Event, Failed, Job, Progress, Snapshot
from grokscope.training.pace import CHUNK_SECONDS, Pace
from grokscope.training.params import kept
from grokscope.training.provenance import now, provenance
from grokscope.training.slot import Slot, bucket, frozen

MOST_LANES = 1 << 20


class Pack:
    """Lanes of one shape under one strategy.

    `loop` keeps lanes apart and takes them one after another through the same compiled function; `vmap` keeps
    them stacked and takes them together. A pack of `vmap` has as many lanes as its bucket, the last of them
    repeated and frozen where there are fewer runs.

    Args:
        chosen: how the strategy was chosen, for the record.
        say: told of a checkpoint that had to be thrown away, and of lanes that do not fit into the device's memory.
        expect: told before each chunk how many seconds it may take, or None where that is not known.

    Attributes:
        most: lanes that are advanced at once; halved whenever so many do not fit.
        resting: slots of lanes that wait for a place, oldest first.
    """

    def __init__(
        self,
        shape: Shape,
        strategy: Strategy,
        *,
        chosen: str = "default",
        chunk_seconds: float = CHUNK_SECONDS,
        say: Callable[[str], None] = lambda text: None,
        expect: Callable[[float | None], None] = lambda seconds: None,
    ):
        self.shape, self.strategy, self.chosen = shape, strategy, chosen
        self.say, self.expect = say, expect
        self.pace = Pace(strategy, chunk_seconds)
        self.most = MOST_LANES
        self.slots: list[Slot] = []
        self.resting: list[Slot] = []
        self.lanes: list[Lane] = []
        self._stacked: tuple[list[Lane], Lane | None] = ([], None)
        self._unsaved = False
        if not honoured(shape.matmul):
            say(f"this device takes no {shape.matmul} products: {shape.matmul} runs are trained with float32 ones here")

    def add(self, jobs: Sequence[Job]) -> list[Failed | Snapshot]:
        """Put runs into free places; say which could not even begin, and what is kept of those that begin anew.

        Their order in the pack does not matter to their results.
        """
        events: list[Failed | Snapshot] = []
        with precision(self.shape):
            for job in jobs:
                try:
                    lane, records = begun(job, self.say)
                except Exception:  # whatever it was, it is this run's alone: its neighbours go on
                    events.append(self._unbegun(job.run, traceback.format_exc()))
                    continue
                if job.run.snapshot_every and not records:
                    events.append(Snapshot(job.run, 0, kept(job.run, lane.state.params)))
                self.lanes.append(lane)
                self.slots.append(Slot(job.run, records))
        return events

    def step(self) -> Iterator[Event]:
        """Advance every lane by a chunk; say what came of each; free the places of those that ended.

        None is advanced beyond an epoch whose parameters are to be kept.
        """
        with precision(self.shape):
            n_epochs = self.pace.epochs(len(self.slots), min(slot.epochs_to_snapshot for slot in self.slots))
            began = time.perf_counter()
            self.lanes, records = self._fitted(n_epochs)
            epochs_run = [len(part) for part in records]
            self.pace.took(time.perf_counter() - began, epochs_run)
            done = [bool(lane.state.done) for lane in self.lanes]
            snapshots = self._snapshots(epochs_run)
        layout = len(self.slots)
        share = (self.pace.seconds_per_epoch or 0.0) / (layout if self.strategy == "vmap" else 1)
        saves = self.pace.saves(always=not any(slot.run.snapshot_every for slot in self.slots))
        self._unsaved = not saves
        yield from snapshots
        for slot, lane, part, is_done in zip(self.slots, self.lanes, records, done, strict=True):
            slot.records.append(part)
            slot.seconds += share * len(part)
            whole = slot.whole()
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
        self._wake()

    def checkpoints(self) -> list[Checkpoint]:
        """Every lane as it stands, unless its last chunk ended with one: what a worker that is to stop leaves."""
        rest = [Checkpoint(slot.run, slot.epochs, slot.state) for slot in self.resting if slot.records and slot.state]
        if not self._unsaved:
            return rest
        return rest + [
            Checkpoint(slot.run, slot.epochs, pack_state(slot.run, lane.state, slot.whole()))
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

    def _unbegun(self, run: Run, error: str) -> Failed:
        strategy = f"{self.strategy}/{self.chosen}"
        return Failed(run, error, 0, provenance(strategy=strategy, layout=len(self.slots), seconds=0.0, started=now()))

    def _fitted(self, n_epochs: int) -> tuple[list[Lane], list[Float[np.ndarray, "epochs columns"]]]:
        """As many lanes advanced as fit into the device's memory. The others rest, and nothing of them is lost."""
        while True:
            self.expect(self.pace.expected(len(self.lanes), n_epochs))
            try:
                return self._advanced(n_epochs)
            except jax.errors.JaxRuntimeError as error:
                if not out_of_memory(error) or len(self.lanes) == 1:
                    raise
            self._rest()

    def _rest(self) -> None:
        """Put the later half of the lanes aside, out of the device's memory."""
        self.most = len(self.lanes) // 2
        self.say(f"{len(self.lanes)} lanes do not fit into the device's memory: going on with {self.most}")
        for slot, lane in zip(self.slots[self.most :], self.lanes[self.most :], strict=True):
            slot.state = pack_state(slot.run, lane.state, slot.whole())
        self.resting = self.slots[self.most :] + self.resting
        self.slots, self.lanes = self.slots[: self.most], self.lanes[: self.most]

    def _wake(self) -> None:
        """Bring back lanes that rest, where there is a place."""
        n = max(0, min(self.most - len(self.slots), len(self.resting)))
        with precision(self.shape):
            for slot in self.resting[:n]:
                assert slot.state is not None
                self.lanes.append(unpack_lane(slot.run, slot.state)[0])
                self.slots.append(slot)
                slot.state = None
        self.resting = self.resting[n:]

    def _advanced(self, n_epochs: int) -> tuple[list[Lane], list[Float[np.ndarray, "epochs columns"]]]:
        before = [int(lane.state.epoch) for lane in self.lanes]
        if self.strategy == "vmap":
            stacked, records = advance(self.shape, self._together(), n_epochs, strategy="vmap")
            lanes = apart(stacked, self.lanes)
            self._stacked = (lanes, stacked)
            all_records = list(np.asarray(records))[: len(self.lanes)]
        else:
            pairs = [advance(self.shape, lane, n_epochs, strategy="loop") for lane in self.lanes]
            lanes, all_records = [lane for lane, _ in pairs], [np.asarray(records) for _, records in pairs]
        run = [int(lane.state.epoch) - epoch for lane, epoch in zip(lanes, before, strict=True)]
        return lanes, [part[:n] for part, n in zip(all_records, run, strict=True)]

    def _together(self) -> Lane:
        """All lanes stacked: as the last chunk left them on the device, where they are still the same."""
        last, stacked = self._stacked
        if stacked is not None and len(last) == len(self.lanes) and all(map(is_, last, self.lanes)):
            return stacked
        width = bucket(len(self.lanes))
        return stack(self.lanes + [frozen(self.lanes[-1])] * (width - len(self.lanes)))


def precision(shape: Shape) -> AbstractContextManager[None]:
    """64-bit numbers for runs that ask for them, and never for others."""
    context: AbstractContextManager[None] = jax.enable_x64(shape.precision == "float64")
    return context
