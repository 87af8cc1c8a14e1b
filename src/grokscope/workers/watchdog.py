"""When a silent worker is taken for hung."""

from __future__ import annotations

import math
from typing import NamedTuple

LONGEST_LOOK = 1.0


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


class Watch:
    """Counts how long a worker has been silent.

    Only while the driver looked: one that was itself stopped, or waited for its ledger, knows nothing of its workers.
    """

    def __init__(self, limits: Limits):
        self._limits = limits
        self._limit = limits.unknown
        self.silent = 0.0

    def heard(self) -> None:
        """It gave a sign of life."""
        self.silent = 0.0

    def expects(self, seconds: float | None) -> None:
        """It said how long its next sign of life may take; None if it cannot tell."""
        limits = self._limits
        self._limit = limits.unknown if seconds is None else max(limits.times * seconds, limits.least)

    def rests(self) -> None:
        """It waits for an answer."""
        self._limit = math.inf

    def is_over(self, seconds: float) -> bool:
        """Whether it has been silent for too long, after another look of so many seconds."""
        self.silent += min(seconds, LONGEST_LOOK)
        return self.over

    @property
    def over(self) -> bool:
        return self.silent > self._limit
