"""A chunk of a pack: its lanes on their way through some epochs, and what they come back with."""

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
from grokscope.training.cost import variant
from grokscope.training.devices import bucket
from grokscope.training.side_by_side import Place, Row, SideBySide, alone, side_by_side
from grokscope.training.slot import Slot
from grokscope.training.variant import Variant, drops

Program = tuple[int, Variant]
"""What tells programs of a shape and a strategy apart: lanes that go together, and the variant."""


class Landed(NamedTuple):
    """A lane after a chunk: as it stands, the epoch it is at, whether it is done, and the chunk's records, which have
    room for epochs that were not run."""

    lane: Place
    epoch: int
    done: bool
    records: Float[np.ndarray, "chunk columns"]


class Chunk(ABC):
    """Slots of one shape, some epochs from where their lanes stand.

    Attributes:
        programs: what is compiled for it, if that was not done before.
        seconds: how long it took, once it is over.
    """

    programs: frozenset[Program]

    def __init__(self, shape: Shape, slots: Sequence[Slot], n_epochs: int):
        self.shape, self.slots, self.n_epochs = shape, list(slots), n_epochs
        self.seconds = 0.0

    @abstractmethod
    def begin(self) -> None:
        """Set the lanes on their way, and do not wait for them. What goes wrong is raised by `end`."""

    @abstractmethod
    def look(self) -> None:
        """Stop the clock if it is over: a host that has other work may come late to the end."""

    @abstractmethod
    def end(self) -> list[Landed]:
        """Wait for the lanes."""


class Together(Chunk):
    """Lanes side by side in a vectorised program. While they are on their way, the host is free."""

    def __init__(self, shape: Shape, slots: Sequence[Slot], n_epochs: int):
        super().__init__(shape, slots, n_epochs)
        self._variant = Variant(drops=any(drops(slot.run) for slot in slots))
        self.programs = frozenset({(bucket(len(slots)), self._variant)})
        self._broken: Exception | None = None

    def begin(self) -> None:
        self._began = time.perf_counter()
        try:
            self._rows = side_by_side([slot.lane for slot in self.slots])
            self._after, self._records = advance(
                self.shape, self._rows[0].of.lanes, self.n_epochs, strategy="vmap", variant=self._variant
            )
        except Exception as error:  # whatever it was: `end` raises it where somebody can deal with it
            self._broken = error

    def look(self) -> None:
        records: Any = self._records if not self._broken else None  # jaxtyping's arrays know nothing of `is_ready`
        if not self.seconds and records is not None and records.is_ready():
            self.seconds = time.perf_counter() - self._began

    def end(self) -> list[Landed]:
        if self._broken:
            raise self._broken
        records = np.asarray(self._records)
        epoch, done = jax.device_get((self._after.state.epoch, self._after.state.done))
        self.look()
        after = SideBySide(self._after, self._rows[0].of.used)
        return [Landed(Row(after, i), int(epoch[i]), bool(done[i]), records[i]) for _, i in self._rows]


class InTurn(Chunk):
    """Lanes one after the other through one program, when they are waited for."""

    def __init__(self, shape: Shape, slots: Sequence[Slot], n_epochs: int):
        super().__init__(shape, slots, n_epochs)
        self.programs = frozenset((1, variant(slot.run)) for slot in slots)

    def begin(self) -> None:
        pass

    def look(self) -> None:
        pass

    def end(self) -> list[Landed]:
        began, landed = time.perf_counter(), []
        for slot in self.slots:
            lane = alone(slot.lane)
            after, records = advance(self.shape, lane, self.n_epochs, strategy="loop", variant=variant(slot.run))
            landed.append(Landed(after, int(after.state.epoch), bool(after.state.done), np.asarray(records)))
        self.seconds = time.perf_counter() - began
        return landed


CHUNKS: dict[Strategy, type[Chunk]] = {"loop": InTurn, "vmap": Together}
