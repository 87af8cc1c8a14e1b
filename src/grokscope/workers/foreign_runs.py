"""Wanted runs that other drivers of the same ledger train."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

from grokscope.run import Run
from grokscope.workers.ledger_client import LedgerClient


class ForeignRuns:
    """Runs that other drivers train: waited for, and taken over if those drivers are lost.

    Args:
        look_seconds: time between two looks at them.
    """

    def __init__(self, ledger: LedgerClient, say: Callable[[str], None], look_seconds: float):
        self.ended: dict[str, str] = {}
        self._ledger, self._say, self._look_seconds = ledger, say, look_seconds
        self._runs: dict[str, Run] = {}
        self._looked = -math.inf
        self._told: set[str] = set()

    def __len__(self) -> int:
        return len(self._runs)

    def add(self, runs: Iterable[Run]) -> None:
        """Add runs that another driver has."""
        self._runs |= {run.identity: run for run in runs}

    def find_abandoned(self) -> list[Run]:
        """Runs that may be claimed now: their drivers gave them back, died, or were not heard of in time.

        Looks into the ledger every `look_seconds` only; what has ended goes into `ended`.
        """
        if not self._runs or time.monotonic() - self._looked < self._look_seconds:
            return []
        self._looked = time.monotonic()
        standing = self._ledger.standing(self._runs)
        if standing is None:
            return []
        self.ended |= standing.ended
        free = [self._runs[identity] for identity in standing.free]
        self._runs = {identity: self._runs[identity] for identity in standing.theirs}
        if free:
            self._say(f"{len(free)} runs are taken over from a driver that gave them up or is gone")
        owners = set(standing.theirs.values())
        if owners - self._told:
            self._told |= owners
            self._say(f"waiting for {len(self._runs)} runs that {', '.join(sorted(owners))} is training")
        return free
