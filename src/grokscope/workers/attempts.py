"""Counts of failures and lost workers, by which a run is tried again or not."""

from __future__ import annotations

from collections import Counter

from grokscope.run import Run


class Attempts:
    """Failures and lost workers of every run in one drive.

    A run that failed is tried again `retries` times. A worker that died says little about the runs in its hands, so a
    run may lose as many in a row without having got any further in between, and any number if it gets further. Beyond
    that it is suspected, and stands as failed once it loses a worker that has no other run.
    """

    def __init__(self, retries: int):
        self.retries = retries
        self._failures: Counter[str] = Counter()
        self._losses: Counter[str] = Counter()
        self._furthest: Counter[str] = Counter()

    def record_progress(self, run: Run, epoch: int) -> None:
        """Take note of a run's checkpoint at an epoch."""
        if epoch > self._furthest[run.identity]:
            self._furthest[run.identity] = epoch
            self._losses.pop(run.identity, None)

    def record_failure(self, run: Run) -> bool:
        """Count a failure of a run. Returns whether it is to be tried again."""
        self._failures[run.identity] += 1
        return self._failures[run.identity] <= self.retries

    def record_loss(self, run: Run) -> bool:
        """Count a lost worker of a run. Returns whether it is to be tried again."""
        self._losses[run.identity] += 1
        return self._losses[run.identity] <= self.retries
