"""A pack: lanes of one shape, advanced chunk by chunk, harvested and refilled in between."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence

import jax

from grokscope.run import Run, Shape
from grokscope.training.advance import Strategy
from grokscope.training.checkpoint import start_or_resume
from grokscope.training.chunk import CHUNKS, Chunk
from grokscope.training.chunk_clock import CHUNK_SECONDS, ChunkClock
from grokscope.training.devices import precision, supports_matmul
from grokscope.training.memory import out_of_memory
from grokscope.training.outcomes import Event, Failed, Job, Outcome, Snapshot
from grokscope.training.padding import pad_lane
from grokscope.training.provenance import now, provenance
from grokscope.training.slot import Slot
from grokscope.training.stacking import to_host

MOST_LANES = 1 << 20


class Pack:
    """Lanes of one shape under one strategy. A padded shape takes runs of several (`training.padding`).

    `loop` keeps lanes apart and takes them one after another through the same compiled function; `vmap` keeps
    them stacked and takes them together. A pack of `vmap` has as many lanes as its bucket, of which those that no run
    needs are frozen.

    Args:
        chosen: how the strategy was chosen, for the record.
        say: told of a checkpoint that had to be thrown away, and of lanes that do not fit into the device's memory.
        expect: told before each chunk how many seconds it may take, or None where that is not known.

    Attributes:
        max_lanes: lanes that are advanced at once; halved whenever so many do not fit.
        parked: slots of lanes that wait for a place outside the device's memory, oldest first.
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
        self.shape, self.strategy = shape, strategy
        self.chosen = f"{strategy}/{chosen}" + ("/padded" if shape.padded else "")
        self.say, self.expect = say, expect
        self.clock = ChunkClock(strategy, chunk_seconds)
        self.max_lanes = MOST_LANES
        self.slots: list[Slot] = []
        self.parked: list[Slot] = []
        self._saves = False
        if not supports_matmul(shape.matmul):
            say(f"this device takes no {shape.matmul} products: {shape.matmul} runs are trained with float32 ones here")

    def add(self, jobs: Sequence[Job]) -> list[Failed | Snapshot]:
        """Put runs into free places; say which could not even begin, and what is kept of those that begin anew.

        Their order in the pack does not matter to their results.
        """
        events: list[Failed | Snapshot] = []
        with precision(self.shape):
            for job in jobs:
                try:
                    lane, records = start_or_resume(job, self.say)
                    slot = Slot(job.run, pad_lane(lane, job.run.shape, self.shape), records, self.shape)
                except Exception:  # whatever it was, it is this run's alone: its neighbours go on
                    events.append(self._fail_to_start(job.run, traceback.format_exc()))
                    continue
                if not slot.records:
                    events += slot.snapshots()
                self.slots.append(slot)
        return events

    def step(self) -> Iterator[Event]:
        """Advance every lane by a chunk, yield what came of each, and free the places of those that ended.

        None is advanced beyond an epoch whose parameters are to be kept. Of lanes that go on after a vectorised chunk
        nothing is said before the next one is on its way: harvest costs the device no time.
        """
        n_epochs = self.clock.next_epochs(len(self.slots), min(slot.epochs_to_snapshot for slot in self.slots))
        with precision(self.shape):
            chunk = self._start_chunk(self.slots, n_epochs)
        for event in self._pending_events():
            yield event
            chunk.poll()
        with precision(self.shape):
            events: list[Event] = self._finish_chunk(chunk)
            layout = len(self.slots)
            for slot in self.slots:
                if slot.done:
                    events += [*slot.snapshots(), self._outcome(slot, layout)]
        self._saves = self.clock.checkpoint_due(always=not any(slot.run.snapshot_every for slot in self.slots))
        self.slots = [slot for slot in self.slots if not slot.done]
        yield from events
        if self.strategy == "loop":
            yield from self._pending_events()
        self._unpark()

    def final_events(self) -> Iterator[Event]:
        """Events that were not reported yet, and a checkpoint of every lane: what a worker that is to stop leaves."""
        yield from self._pending_events()
        for slot in [*self.parked, *self.slots]:
            if slot.saved < slot.epochs:
                yield slot.checkpoint()

    def fail_all(self, error: str) -> list[Failed]:
        """The failure of every run in the pack, none of which can go on."""
        return [slot.failure(error, self.chosen, len(self.slots)) for slot in [*self.slots, *self.parked]]

    def _start_chunk(self, slots: Sequence[Slot], n_epochs: int) -> Chunk:
        chunk = CHUNKS[self.strategy](self.shape, slots, n_epochs)
        self.expect(self.clock.expected_seconds(chunk.programs, len(slots), n_epochs))
        chunk.start()
        return chunk

    def _pending_events(self) -> Iterator[Event]:
        """Events of the last chunk from lanes that go on.

        All snapshots come first: before a checkpoint is kept, the ledger must have them, and so takes them together.
        """
        unreported = [slot for slot in self.slots if slot.unreported]
        for slot in unreported:
            with precision(self.shape):
                snapshots = slot.snapshots()
            yield from snapshots
        for slot in unreported:
            if self._saves:
                yield slot.checkpoint()
            yield slot.progress()
            slot.unreported = False

    def _finish_chunk(self, chunk: Chunk) -> list[Event]:
        """Finish a chunk, or where that fails as much of it as can be.

        If its lanes do not fit into the device's memory, half of them are parked. If anything else breaks, each half is
        tried by itself, so that in the end a run fails alone.
        """
        slots, half = chunk.slots, len(chunk.slots) // 2
        try:
            results = chunk.finish()
        except Exception as error:
            if len(slots) == 1:
                self.slots.remove(slots[0])
                return [slots[0].failure(traceback.format_exc(), self.chosen, 1)]
            if isinstance(error, jax.errors.JaxRuntimeError) and out_of_memory(error):
                self._park(slots[half:])
                parts = [slots[:half]]
            else:
                parts = [slots[:half], slots[half:]]
            return [event for part in parts for event in self._finish_chunk(self._start_chunk(part, chunk.n_epochs))]
        records = [lane.records[: lane.epoch - slot.epochs] for slot, lane in zip(slots, results, strict=True)]
        self.clock.record(chunk.seconds, [len(part) for part in records])
        share = (self.clock.seconds_per_epoch or 0.0) / (len(slots) if self.strategy == "vmap" else 1)
        for slot, lane, part in zip(slots, results, records, strict=True):
            slot.lane, slot.done, slot.unreported = lane.lane, lane.done, True
            slot.records.append(part)
            slot.seconds += share * len(part)
        return []

    def _outcome(self, slot: Slot, layout: int) -> Outcome:
        try:
            return slot.outcome(self.chosen, layout)
        except Exception:  # a measurement that cannot read this trace
            return slot.failure(traceback.format_exc(), self.chosen, layout)

    def _park(self, slots: Sequence[Slot]) -> None:
        """Move lanes out of the device's memory, to wait for a place."""
        together = len(self.slots)
        for slot in slots:
            slot.lane = to_host(slot.lane)
        self.parked = [*slots, *self.parked]
        self.slots = [slot for slot in self.slots if slot not in slots]
        self.max_lanes = len(self.slots)
        self.say(f"{together} lanes do not fit into the device's memory: going on with {self.max_lanes}")

    def _unpark(self) -> None:
        """Bring back parked lanes, where there is a place."""
        n = max(0, self.max_lanes - len(self.slots))
        self.slots += self.parked[:n]
        self.parked = self.parked[n:]

    def _fail_to_start(self, run: Run, error: str) -> Failed:
        record = provenance(strategy=self.chosen, layout=len(self.slots), seconds=0.0, started=now())
        return Failed(run, error, 0, record)
