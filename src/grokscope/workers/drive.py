"""The driver: hands runs to workers, keeps what comes back. The only one that writes the ledger."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from grokscope.ledger import Ledger
from grokscope.run import Run, Shape
from grokscope.training.cost import flops_per_epoch
from grokscope.training.outcomes import Checkpoint, Event, Failed, Finished, Job
from grokscope.training.provenance import now, provenance
from grokscope.workers.checkpoints import Checkpoints
from grokscope.workers.engine import Jobs
from grokscope.workers.pool import Lost, Pool
from grokscope.workers.queue import ShapeQueue

WRITE_SECONDS = 1.0


@dataclass
class Tally:
    """What came of a drive."""

    done: int = 0
    failed: int = 0
    failures: list[Failed] = field(default_factory=list)
    interrupted: bool = False


class Driver:
    """One drive through a list of runs.

    Args:
        retries: how often a failed run is tried again, from its beginning.
        watch: told of every event, for a progress display.
    """

    def __init__(
        self,
        ledger: Ledger,
        checkpoints: Checkpoints,
        *,
        retries: int = 1,
        watch: Callable[[Event], None] = lambda event: None,
    ):
        self.ledger, self.checkpoints, self.retries, self.watch = ledger, checkpoints, retries, watch
        self.tally = Tally()
        self._queue = ShapeQueue()
        self._failures: Counter[str] = Counter()
        self._unwritten: list[Finished | Failed] = []
        self._written = time.monotonic()

    def drive(self, runs: Sequence[Run], pool: Pool, *, max_seconds: float | None = None) -> Tally:
        """Do every run. KeyboardInterrupt once ends after the running chunks, twice at once; nothing saved is lost."""
        self._queue = ShapeQueue(runs, work=lambda run: flops_per_epoch(run) * run.max_epochs)
        began = time.monotonic()
        events = pool.run(self)
        try:
            while True:
                try:
                    for event in events:
                        self._take_in(event)
                        if max_seconds is not None and time.monotonic() - began > max_seconds:
                            self._end_early(pool)
                    break
                except KeyboardInterrupt:
                    if self.tally.interrupted:
                        pool.kill()
                        break
                    self._end_early(pool)
        finally:
            self._write()
            self.ledger.release([run.identity for run in runs])
        return self.tally

    def deal(self, shape: Shape | None, n: int) -> Jobs:
        """Jobs for a worker (see `pool.Dealer`); none any more once the drive is to end."""
        if self.tally.interrupted:
            return Jobs([], 0)
        offer = self._queue.take(n, shape)
        if offer.runs and shape is None:
            self._queue.joins(offer.runs[0].shape)
        self.ledger.start([run.identity for run in offer.runs])
        return Jobs([Job(run, self._kept(run)) for run in offer.runs], offer.waiting)

    def leave(self, shape: Shape) -> None:
        self._queue.leaves(shape)

    def _end_early(self, pool: Pool) -> None:
        self.tally.interrupted = True
        pool.stop()

    def _kept(self, run: Run) -> bytes | None:
        return None if self._failures[run.identity] else self.checkpoints.load(run.identity)

    def _take_in(self, event: Event | Lost) -> None:
        if isinstance(event, Lost):
            for run in event.runs:
                self._take_in(lost(run, event))
            return
        if isinstance(event, Checkpoint):
            self.checkpoints.save(event.run.identity, event.state)
        elif isinstance(event, Finished):
            self.tally.done += 1
            self._keep(event)
        elif isinstance(event, Failed) and not self._tried_again(event):
            self.tally.failed += 1
            self.tally.failures.append(event)
            self._keep(event)
        self.watch(event)

    def _tried_again(self, failure: Failed) -> bool:
        identity = failure.run.identity
        self._failures[identity] += 1
        if self._failures[identity] > self.retries or self.tally.interrupted:
            return False
        self._queue.put(failure.run)
        return True

    def _keep(self, outcome: Finished | Failed) -> None:
        self._unwritten.append(outcome)
        if time.monotonic() - self._written > WRITE_SECONDS:
            self._write()

    def _write(self) -> None:
        """Into the ledger first; only then is the checkpoint forgotten."""
        self.ledger.record_all(self._unwritten)
        for outcome in self._unwritten:
            self.checkpoints.drop(outcome.run.identity)
        self._unwritten, self._written = [], time.monotonic()


def lost(run: Run, loss: Lost) -> Failed:
    """The failure of a run whose worker process died."""
    record = provenance(strategy="lost", layout=0, seconds=0.0, started=now())
    return Failed(run, f"its worker process ended with exit code {loss.exit_code}", 0, record)
