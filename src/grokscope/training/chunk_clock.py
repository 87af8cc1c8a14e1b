"""Times a pack's chunks, and says from that how many epochs the next one should have."""

from __future__ import annotations

from collections.abc import Hashable, Sequence, Set

import numpy as np

from grokscope.training.advance import MAX_CHUNK_EPOCHS, Strategy

CHUNK_SECONDS = 10.0
FIRST_CHUNK = 4


class ChunkClock:
    """A clock of one pack's chunks.

    Args:
        chunk_seconds: how long a chunk should take.

    Attributes:
        seconds_per_epoch: of one lane (`loop`) or of all together (`vmap`); None until a chunk did not compile.
    """

    def __init__(self, strategy: Strategy, chunk_seconds: float):
        self._strategy, self._chunk_seconds = strategy, chunk_seconds
        self.seconds_per_epoch: float | None = None
        self._programs: set[Hashable] = set()
        self._compiles = True
        self._unsaved = 0.0

    def next_epochs(self, n_lanes: int, most: int) -> int:
        """Epochs, at most `most`, that take about `chunk_seconds`; few while it is not known how long one takes."""
        if self.seconds_per_epoch is None:
            return min(FIRST_CHUNK, most)
        epochs = self._chunk_seconds / (self.seconds_per_epoch * self._lanes_in_turn(n_lanes))
        return int(np.clip(epochs, 1, min(MAX_CHUNK_EPOCHS, most)))

    def expected_seconds(self, programs: Set[Hashable], n_lanes: int, n_epochs: int) -> float | None:
        """Seconds that a chunk of these programs may take; None if it is the first of one, which compiles."""
        self._compiles = not programs <= self._programs
        self._programs |= programs
        if self._compiles or self.seconds_per_epoch is None:
            return None
        return self.seconds_per_epoch * n_epochs * self._lanes_in_turn(n_lanes)

    def record(self, seconds: float, epochs_run: Sequence[int]) -> None:
        """Take note of a chunk that is over; one that compiled is not timed.

        Args:
            epochs_run: of each lane.
        """
        work = max(epochs_run) if self._strategy == "vmap" else sum(epochs_run)
        if not self._compiles:
            self.seconds_per_epoch = seconds / max(work, 1)
        self._unsaved += (self.seconds_per_epoch or 0.0) * work

    def checkpoint_due(self, *, always: bool) -> bool:
        """Whether a checkpoint is due: after every chunk, or where chunks are cut short, once there is half a chunk of
        training to lose.

        What else takes time, compiling and a driver that is behind with writing, is nothing that a checkpoint saves;
        with it counted, a driver that is behind would be given more to write for it.
        """
        due = always or self._unsaved >= self._chunk_seconds / 2
        if due:
            self._unsaved = 0.0
        return due

    def _lanes_in_turn(self, n_lanes: int) -> int:
        return 1 if self._strategy == "vmap" else n_lanes
