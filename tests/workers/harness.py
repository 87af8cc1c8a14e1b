"""A driver with workers made of words, a ledger and checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from grokscope.ledger import Ledger
from grokscope.run import Run
from grokscope.training.outcomes import Event, Job
from grokscope.workers.checkpoints import Checkpoints
from grokscope.workers.drive import Driver, Tally
from ledger.untrained_runs import groks

Script = Callable[["Driver", "FakePool"], Iterator[Any]]
RUNS = [groks(seed) for seed in range(3)]
IDENTITIES = [run.identity for run in RUNS]


class FakePool:
    """Says what it is told to say."""

    def __init__(self, script: Script):
        self.script, self.stopped, self.killed = script, False, False

    def run(self, dealer: Driver) -> Iterator[Any]:
        return self.script(dealer, self)

    def stop(self) -> None:
        self.stopped = True

    def kill(self) -> None:
        self.killed = True


class DriverHarness:
    """A ledger, a folder of checkpoints and a driver between them."""

    def __init__(self, ledger: Ledger, folder: Path, **fields: Any):
        self.ledger, self.checkpoints = ledger, Checkpoints(folder)
        self.seen: list[Event] = []
        self.words: list[str] = []
        self.fields = fields

    def drive(self, script: Script, runs: list[Run] | None = None, **fields: Any) -> tuple[Tally, FakePool]:
        runs = RUNS if runs is None else runs
        self.ledger.register("suite", "text", runs)
        pool = FakePool(script)
        driver = Driver(self.ledger, self.checkpoints, watch=self.seen.append, say=self.words.append, **self.fields)
        return driver.drive(runs, pool, **fields), pool  # type: ignore[arg-type]

    def states(self) -> list[str]:
        known = self.ledger.states(IDENTITIES)
        return [known[identity] for identity in IDENTITIES if identity in known]


def deal_jobs(driver: Driver) -> Iterator[Job]:
    """Every job that the driver has, one after another, as a worker on one shape asks for them."""
    shape = None
    while (offer := driver.deal(shape, 1)) and offer.items:
        (job,) = offer.items
        shape = job.run.shape
        yield job
    if shape is not None:
        driver.leave(shape)
