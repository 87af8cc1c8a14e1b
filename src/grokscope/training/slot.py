"""Places of a pack."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from grokscope.run import Run
from grokscope.training.advance import CHUNK
from grokscope.training.devices import n_devices
from grokscope.training.epoch import Record
from grokscope.training.lane import Lane
from grokscope.training.provenance import now


@dataclass
class Slot:
    """A place in a pack with the run in it.

    Attributes:
        state: the bytes of a lane that rests outside the device's memory.
    """

    run: Run
    records: list[Float[np.ndarray, "epochs columns"]]
    started: str = field(default_factory=now)
    seconds: float = 0.0
    state: bytes | None = None

    @property
    def epochs(self) -> int:
        return sum(len(part) for part in self.records)

    @property
    def epochs_to_snapshot(self) -> int:
        """Epochs from here to the next whose parameters are kept."""
        every = self.run.snapshot_every
        return every - self.epochs % every if every else CHUNK

    def whole(self) -> Float[np.ndarray, "epochs columns"]:
        """The records of all epochs so far."""
        none = np.zeros((0, len(Record._fields)), self.run.shape.precision)
        return np.concatenate(self.records or [none])


def bucket(n: int) -> int:
    """Lanes of a vectorised pack for n runs: a power of two on every device, so that few widths are ever compiled."""
    each = -(-n // n_devices())
    return n_devices() << (each - 1).bit_length()


def frozen(lane: Lane) -> Lane:
    """A lane that will not move: fills a place that no run needs."""
    return lane._replace(state=lane.state._replace(done=lane.state.done | True))
