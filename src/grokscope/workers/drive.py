"""The driver: hands runs to workers, keeps what comes back. The only one that writes the ledger."""

from __future__ import annotations

import math
import platform
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from grokscope.ledger import Ledger
from grokscope.run import Run, Shape
from grokscope.training.cost import flops_per_epoch
from grokscope.training.outcomes import Checkpoint, Event, Failed, Finished, Job, Provenance, Snapshot
from grokscope.training.provenance import git_revision, now, version
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

    def drive(self, runs: Sequence[Run], pool: Pool, *, max_seconds: float = math.inf) -> Tally:
        """Do every run.

        Ctrl-C (or the end of `max_seconds`) lets every chunk that is running come to its end; a second Ctrl-C ends
        at once. What was reported by then is kept either way, and the next drive goes on from it.
        """
        self._queue = ShapeQueue(runs, work=lambda run: flops_per_epoch(run) * run.max_epochs)
        ends = time.monotonic() + max_seconds
        with interrupts() as asked:
            try:
                for event in pool.run(self):
                    if event is not None:
                        self._take_in(event)
                    if (asked or time.monotonic() > ends) and not self.tally.interrupted:
                        self.tally.interrupted = True
                        pool.stop()
                    if len(asked) > 1:
                        pool.kill()
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
        return Jobs([Job(run, self.checkpoints.load(run.identity)) for run in offer.runs], offer.waiting)

    def leave(self, shape: Shape) -> None:
        self._queue.leaves(shape)

    def _take_in(self, event: Event | Lost) -> None:
        if isinstance(event, Lost):
            self._lost(event)
            return
        if isinstance(event, Checkpoint):
            self.checkpoints.save(event.run.identity, event.state)
        elif isinstance(event, Snapshot):
            self.ledger.keep_snapshot(event)
        elif isinstance(event, Finished):
            self.tally.done += 1
            self._keep(event)
        elif isinstance(event, Failed):
            self.checkpoints.drop(event.run.identity)
            self._tried_again(event)
            return
        self.watch(event)

    def _lost(self, loss: Lost) -> None:
        """A worker is gone. Unless it was told to go, its runs are tried again from their checkpoints."""
        for run in () if self.tally.interrupted else loss.runs:
            self._tried_again(lost(run, loss))

    def _tried_again(self, failure: Failed) -> None:
        """Back into the queue while there is a try left; a run without one stands as failed."""
        identity = failure.run.identity
        self._failures[identity] += 1
        if self._failures[identity] <= self.retries:
            self._queue.put(failure.run)
            return
        self.tally.failed += 1
        self.tally.failures.append(failure)
        self._keep(failure)
        self.watch(failure)

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
    """The failure of a run whose worker process died. The driver asks for no device, so it names none."""
    moment = now()
    record = Provenance(version(), git_revision(), platform.node(), "unknown", "lost", 0, 0.0, moment, moment)
    return Failed(run, f"its worker process ended with exit code {loss.exit_code}", 0, record)


@contextmanager
def interrupts() -> Iterator[list[int]]:
    """Signals that ask this process to end, collected and not acted on. Outside the main thread, none."""
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda number, frame: asked.append(number)) for number in signals]
    try:
        yield asked
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
