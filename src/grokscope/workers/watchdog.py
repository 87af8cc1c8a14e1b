"""A watchdog for workers that hang."""

from __future__ import annotations

import math
from typing import NamedTuple

MAX_STEP = 1.0


class Limits(NamedTuple):
    """Seconds that a worker may be silent.

    Attributes:
        times: as many times what it expects its chunk to take,
        least: but no less than this;
        unknown: where it cannot tell, because it starts, compiles or measures.
    """

    times: float = 20.0
    least: float = 120.0
    unknown: float = 3600.0


LIMITS = Limits()


class Watchdog:
    """Counts for how long a worker has been silent.

    Only while the driver looked: one that was itself stopped, or waited for its ledger, knows nothing of its workers.
    """

    def __init__(self, limits: Limits):
        self._limits = limits
        self._limit = limits.unknown
        self.silent = 0.0

    def reset(self) -> None:
        """Start again from zero: the worker gave a sign of life."""
        self.silent = 0.0

    def set_expected(self, seconds: float | None) -> None:
        """Set the seconds that the next sign of life is expected to take; None if that is not known."""
        limits = self._limits
        self._limit = limits.unknown if seconds is None else max(limits.times * seconds, limits.least)

    def pause(self) -> None:
        """Count nothing until the next `set_expected`: the worker waits for an answer."""
        self._limit = math.inf

    def check(self, seconds: float) -> bool:
        """Count another look of so many seconds. Returns whether the worker has been silent for too long."""
        self.silent += min(seconds, MAX_STEP)
        return self.expired

    @property
    def expired(self) -> bool:
        return self.silent > self._limit
