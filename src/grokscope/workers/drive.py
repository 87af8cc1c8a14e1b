"""The driver: hands runs to workers, keeps what comes back. Of its processes the only one that writes the ledger."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

from grokscope.ledger import Ledger, LedgerError
from grokscope.ledger.leases import LEASE_SECONDS
from grokscope.ledger.owners import new_owner
from grokscope.run import Run, Shape
from grokscope.training.cost import flops_per_epoch
from grokscope.training.outcomes import Checkpoint, Event, Failed, Finished, Job, Outcome, Provenance, Snapshot
from grokscope.training.provenance import git_revision, now, version
from grokscope.workers.assignment import Assignment
from grokscope.workers.attempts import Attempts
from grokscope.workers.checkpoints import BestEffortCheckpoints, Checkpoints
from grokscope.workers.foreign_runs import ForeignRuns
from grokscope.workers.ledger_client import LedgerClient
from grokscope.workers.ledger_retry import GIVE_UP_SECONDS
from grokscope.workers.pool import POLL_SECONDS, LostWorker, Pool
from grokscope.workers.queue import ShapeQueue
from grokscope.workers.signals import collect_interrupts

LOOK_SECONDS = 5.0
NOTHING: Assignment[Job] = Assignment([], 0)


@dataclass
class Tally:
    """Counts of what came of a drive.

    Attributes:
        elsewhere: identity -> done or failed, of runs that another driver ended meanwhile.
        interrupted: asked to end early, by a signal or by the clock.
        at_once: asked twice.
    """

    done: int = 0
    failed: int = 0
    failures: list[Failed] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False
    at_once: bool = False


class Driver:
    """One drive through a list of runs.

    Args:
        retries: see `Attempts`.
        watch: told of every event, for a progress display.
        say: told of what a person should know.
        lease_seconds: how long other drivers leave its runs alone when it is not heard of.
        look_seconds: time between two looks at runs that other drivers train.
        give_up_seconds: how long the ledger may be away.
    """

    def __init__(
        self,
        ledger: Ledger,
        checkpoints: Checkpoints,
        *,
        retries: int = 1,
        watch: Callable[[Event], None] = lambda event: None,
        say: Callable[[str], None] = lambda text: None,
        lease_seconds: float = LEASE_SECONDS,
        look_seconds: float = LOOK_SECONDS,
        give_up_seconds: float = GIVE_UP_SECONDS,
    ):
        self.watch = watch
        self.tally = Tally()
        self.ledger = LedgerClient(
            ledger, new_owner(), say, lease_seconds=lease_seconds, give_up_seconds=give_up_seconds
        )
        self._checkpoints = BestEffortCheckpoints(checkpoints, say)
        self._foreign = ForeignRuns(self.ledger, say, look_seconds)
        self._attempts = Attempts(retries)
        self._queue = ShapeQueue()

    def drive(self, runs: Sequence[Run], pool: Pool, *, max_seconds: float = math.inf) -> Tally:
        """Do every run that no other driver does; wait for those that others do, and take over what they lose.

        Ctrl-C (or the end of `max_seconds`) lets every chunk that is running come to its end; a second Ctrl-C ends
        at once. What was reported by then is kept either way, and the next drive goes on from it.

        Raises:
            LedgerError: the ledger cannot be written, or was away for too long. What it lacks is in the checkpoints.
        """
        self._queue = ShapeQueue(runs, work=lambda run: flops_per_epoch(run) * run.max_epochs)
        ends = time.monotonic() + max_seconds
        with collect_interrupts() as asked:
            try:
                with closing(pool.run(self)) as events:
                    for event in events:
                        if event is not None:
                            self._handle(event)
                        self._drop_checkpoints(self.ledger.maintain())
                        self._check_interrupts(len(asked), time.monotonic() > ends, pool)
                self._drop_checkpoints(self.ledger.flush())
                while self.ledger.has_unwritten and not self.tally.at_once:
                    time.sleep(POLL_SECONDS)
                    self._drop_checkpoints(self.ledger.flush())
                    self._check_interrupts(len(asked), False, pool)
            except BaseException:
                with suppress(LedgerError):  # the first error is the one to tell of
                    self._drop_checkpoints(self.ledger.flush())
                raise
            finally:
                self.ledger.release()
        self.tally.elsewhere |= self._foreign.ended
        return self.tally

    def deal(self, shape: Shape | None, n: int, workers: int = 1, shares: bool = False) -> Assignment[Job] | None:
        """Jobs for a worker (see `engine.Dealer`); none any more once the drive is to end."""
        if self.tally.interrupted:
            return NOTHING
        if shape is None and not len(self._queue):
            self._queue_all(self._foreign.find_abandoned())
        while (offer := self._queue.take(n, shape, workers=workers, shares=shares)).items:
            standing = self.ledger.claim([run.identity for run in offer.items])
            if standing is None:  # the ledger is away
                self._queue.put_back(offer)
                break
            self.tally.elsewhere |= standing.ended
            self._foreign.add(run for run in offer.items if run.identity in standing.theirs)
            if mine := [run for run in offer.items if run.identity in standing.free]:
                jobs = [Job(run, self._checkpoints.load(run)) for run in mine]
                assignment = Assignment(jobs, offer.waiting, offer.padded)
                if shape is None and assignment.shape is not None:
                    self._queue.worker_joins(assignment.shape)
                return assignment
        return None if shape is None and (len(self._queue) or len(self._foreign)) else NOTHING

    def leave(self, shape: Shape) -> None:
        self._queue.worker_leaves(shape)

    def _queue_all(self, runs: Iterable[Run]) -> None:
        for run in runs:
            self._queue.put(run)

    def _check_interrupts(self, times_asked: int, late: bool, pool: Pool) -> None:
        if (times_asked or late) and not self.tally.interrupted:
            self.tally.interrupted = True
            pool.stop()
        if times_asked > 1 and not self.tally.at_once:
            self.tally.at_once = True
            pool.kill()

    def _handle(self, event: Event | LostWorker) -> None:
        if isinstance(event, LostWorker):
            self._handle_loss(event)
            return
        if isinstance(event, Checkpoint):
            self._attempts.record_progress(event.run, event.epoch)
            if self.ledger.may_checkpoint(event.run):
                self._checkpoints.save(event)
        elif isinstance(event, Snapshot):
            self.ledger.add_snapshot(event)
        elif isinstance(event, Finished):
            self.tally.done += 1
            self.ledger.add_outcome(event)
        elif isinstance(event, Failed):
            self._checkpoints.drop(event.run)
            self._retry_or_fail(event, self._attempts.record_failure(event.run))
            return
        self.watch(event)

    def _handle_loss(self, loss: LostWorker) -> None:
        """A worker is gone. Unless it was told to go, its runs are tried again from their checkpoints.

        Those without a try left were all in the hands of a worker that one of them may have killed. They are parted in
        two halves until the one that does it is alone with its worker: that one stands as failed.
        """
        if self.tally.interrupted:
            return
        spent = []
        for run in loss.runs:
            if self._attempts.record_loss(run):
                self._retry_or_fail(failure_of(run, loss), True)
            elif len(loss.runs) > 1 and run.identity in self.ledger.held:
                spent.append(run)
            else:
                self._retry_or_fail(failure_of(run, loss), False)
        half = len(spent) // 2
        self._queue.put_apart(spent[:half])
        self._queue.put_apart(spent[half:])

    def _retry_or_fail(self, failure: Failed, again: bool) -> None:
        """Back into the queue while there is a try left; a run without one stands as failed."""
        if failure.run.identity not in self.ledger.held:  # another driver took it over: it is the one to tell
            self._foreign.add([failure.run])
        elif again:
            self._queue.put(failure.run)
        else:
            self.tally.failed += 1
            self.tally.failures.append(failure)
            self.ledger.add_outcome(failure)
            self.watch(failure)

    def _drop_checkpoints(self, outcomes: Iterable[Outcome]) -> None:
        """Delete the checkpoints of runs whose outcome is in the ledger."""
        for outcome in outcomes:
            self._checkpoints.drop(outcome.run)


def failure_of(run: Run, loss: LostWorker) -> Failed:
    """The failure of a run whose worker process died. The driver asks for no device, so it names none."""
    moment = now()
    record = Provenance(version(), git_revision(), platform.node(), "unknown", "lost", 0, 0.0, moment, moment)
    return Failed(run, f"its worker process {loss.how}", 0, record)
