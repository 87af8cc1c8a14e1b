"""A chunk of a pack: its lanes on their way through some epochs, and their results."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from grokscope.run import Shape
from grokscope.training.advance import Strategy, advance
from grokscope.training.cost import choose_variant
from grokscope.training.devices import lane_bucket
from grokscope.training.slot import Slot
from grokscope.training.stacking import AnyLane, LaneStack, StackedLane, restack, unstack
from grokscope.training.variant import Variant, drops

Program = tuple[int, Variant]
"""What tells programs of a shape and a strategy apart: lanes that go together, and the variant."""


class ChunkResult(NamedTuple):
    """A lane after a chunk: as it stands, the epoch it is at, whether it is done, and the chunk's records, which have
    room for epochs that were not run."""

    lane: AnyLane
    epoch: int
    done: bool
    records: Float[np.ndarray, "chunk columns"]


class Chunk(ABC):
    """Some epochs of the lanes of some slots, all of one shape.

    Attributes:
        programs: those that it needs, which are compiled if they were not before.
        seconds: how long it took, once it is over.
    """

    programs: frozenset[Program]

    def __init__(self, shape: Shape, slots: Sequence[Slot], n_epochs: int):
        self.shape, self.slots, self.n_epochs = shape, list(slots), n_epochs
        self.seconds = 0.0

    @abstractmethod
    def start(self) -> None:
        """Start the lanes and do not wait for them. An error is raised by `finish`."""

    @abstractmethod
    def poll(self) -> None:
        """Stop the clock if the chunk is over: a host that has other work may come late to `finish`."""

    @abstractmethod
    def finish(self) -> list[ChunkResult]:
        """Wait for the lanes and return their results."""


class VmapChunk(Chunk):
    """Lanes stacked in a vectorised program. While it runs, the host is free."""

    def __init__(self, shape: Shape, slots: Sequence[Slot], n_epochs: int):
        super().__init__(shape, slots, n_epochs)
        self._variant = Variant(drops=any(drops(slot.run) for slot in slots))
        self.programs = frozenset({(lane_bucket(len(slots)), self._variant)})
        self._error: Exception | None = None

    def start(self) -> None:
        self._began = time.perf_counter()
        try:
            self._rows = restack([slot.lane for slot in self.slots])
            self._after, self._records = advance(
                self.shape, self._rows[0].stack.lanes, self.n_epochs, strategy="vmap", variant=self._variant
            )
        except Exception as error:  # whatever it was: `finish` raises it where somebody can deal with it
            self._error = error

    def poll(self) -> None:
        records: Any = self._records if not self._error else None  # jaxtyping's arrays know nothing of `is_ready`
        if not self.seconds and records is not None and records.is_ready():
            self.seconds = time.perf_counter() - self._began

    def finish(self) -> list[ChunkResult]:
        if self._error:
            raise self._error
        records = np.asarray(self._records)
        epoch, done = jax.device_get((self._after.state.epoch, self._after.state.done))
        self.poll()
        after = LaneStack(self._after, self._rows[0].stack.used)
        return [ChunkResult(StackedLane(after, i), int(epoch[i]), bool(done[i]), records[i]) for _, i in self._rows]


class LoopChunk(Chunk):
    """Lanes one after another through one program, run by `finish`."""

    def __init__(self, shape: Shape, slots: Sequence[Slot], n_epochs: int):
        super().__init__(shape, slots, n_epochs)
        self.programs = frozenset((1, choose_variant(slot.run)) for slot in slots)

    def start(self) -> None:
        pass

    def poll(self) -> None:
        pass

    def finish(self) -> list[ChunkResult]:
        began, results = time.perf_counter(), []
        for slot in self.slots:
            lane = unstack(slot.lane)
            after, records = advance(self.shape, lane, self.n_epochs, strategy="loop", variant=choose_variant(slot.run))
            results.append(ChunkResult(after, int(after.state.epoch), bool(after.state.done), np.asarray(records)))
        self.seconds = time.perf_counter() - began
        return results


CHUNKS: dict[Strategy, type[Chunk]] = {"loop": LoopChunk, "vmap": VmapChunk}
