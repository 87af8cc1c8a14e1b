"""Real worker processes on tiny runs."""

import dataclasses
import os
import signal
from collections.abc import Iterator, Sequence
from ctypes import c_bool
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from grokscope import Seeds
from grokscope.ledger import open_ledger
from grokscope.registry import IncludedFile
from grokscope.run import Shape
from grokscope.training.outcomes import Checkpoint, Event, Job
from grokscope.training.pack import Pack
from grokscope.training.strategy import Choice
from grokscope.training.train import train
from grokscope.workers import engine
from grokscope.workers.assignment import Assignment
from grokscope.workers.checkpoints import Checkpoints
from grokscope.workers.drive import Driver
from grokscope.workers.machine import Machine
from grokscope.workers.pool import Pool
from grokscope.workers.process import serve
from grokscope.workers.site import Place
from grokscope.workers.watchdog import Limits
from training.lane_helpers import RUN, UNREACHABLE

RUNS = [dataclasses.replace(RUN, measurement=UNREACHABLE, max_epochs=80, seeds=Seeds.all(seed)) for seed in range(4)]


def test_a_drive_outlives_a_worker_that_is_killed(tmp_path: Path) -> None:
    words: list[str] = []
    machine = Machine(2, chunk_seconds=0.02)
    pool = Pool(machine, say=words.append)
    killed: list[str] = []
    epochs: dict[str, list[int]] = {run.identity: [] for run in RUNS}

    def kill_once(event: Event) -> None:
        if isinstance(event, Checkpoint):
            epochs[event.run.identity].append(event.epoch)
            if not killed:
                holders = [place for place, worker in pool.workers.items() if event.run.identity in worker.runs]
                os.kill(machine.channels[holders[0]].process.pid or 0, signal.SIGKILL)
                killed.append(event.run.identity)

    with open_ledger(tmp_path / "ledger.db") as ledger:
        identities = ledger.register("tiny", "text", RUNS)
        tally = Driver(ledger, Checkpoints(tmp_path / "kept"), watch=kill_once).drive(RUNS, pool, max_seconds=120)
        assert tally.failures == []
        assert (tally.done, tally.failed, tally.interrupted) == (4, 0, False)
        assert ledger.states(identities) == dict.fromkeys(identities, "done")
        assert killed
        assert ledger.show(killed[0])["attempts"] == 2
        frame, alone = ledger.trace(killed[0]), train(next(run for run in RUNS if run.identity == killed[0]))
    np.testing.assert_allclose(frame["train_loss"], alone.trace.train_loss, atol=1e-9)
    assert len(frame) == 80
    assert any("exit code -9" in text for text in words)
    assert not list((tmp_path / "kept").iterdir())
    told = epochs[killed[0]]
    assert told == sorted(set(told))  # no epoch that was saved has been done twice


def test_a_worker_that_hangs_is_killed_and_replaced(tmp_path: Path) -> None:
    words: list[str] = []
    machine = Machine(1, chunk_seconds=0.02)
    pool = Pool(machine, say=words.append, limits=Limits(times=1.0, least=3.0, unknown=120.0))
    saved: list[int] = []

    def stop_it_once(event: Event) -> None:
        if isinstance(event, Checkpoint):
            saved.append(event.epoch)
            if len(saved) == 3:
                os.kill(machine.channels[Place("", 0)].process.pid or 0, signal.SIGSTOP)

    with open_ledger(tmp_path / "ledger.db") as ledger:
        ledger.register("tiny", "text", RUNS[:1])
        driver = Driver(ledger, Checkpoints(tmp_path / "kept"), watch=stop_it_once, say=words.append)
        tally = driver.drive(RUNS[:1], pool, max_seconds=120)
        assert (tally.done, tally.failed, tally.interrupted) == (1, 0, False)
        assert len(ledger.trace(RUNS[0])) == 80
        assert ledger.show(RUNS[0])["attempts"] == 2
    assert saved == sorted(set(saved)), "no epoch that was saved has been done twice"
    assert len(words) == 1
    assert words[0].startswith("a worker process gave no sign of life for ")


GUILTY = RUNS[2]


def deadly(
    pipe: Connection, stop: c_bool, core: int | None, chunk_seconds: float, files: Sequence[IncludedFile]
) -> None:
    """A worker that takes lanes together, and that one run kills, as if it were out of memory."""
    step = Pack.step

    def step_or_die(pack: Pack) -> Iterator[Event]:
        if any(slot.run == GUILTY for slot in pack.slots):
            os.kill(os.getpid(), signal.SIGKILL)
        return step(pack)

    Pack.step = step_or_die  # type: ignore[method-assign]
    engine.choose = lambda shape, sample, *, waiting: Choice("vmap", waiting + 1, "default")  # type: ignore[assignment]
    serve(pipe, stop, core, chunk_seconds)


def test_a_run_that_kills_its_worker_takes_no_neighbour_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grokscope.workers.machine.serve", deadly)
    runs, words = RUNS[1:3], list[str]()
    with open_ledger(tmp_path / "ledger.db") as ledger:
        ledger.register("tiny", "text", runs)
        driver = Driver(ledger, Checkpoints(tmp_path / "kept"), retries=0)
        tally = driver.drive(runs, Pool(Machine(1, chunk_seconds=60.0), say=words.append))
        assert (tally.done, [failure.run for failure in tally.failures]) == (1, [GUILTY])
        assert "exit code -9" in ledger.show(GUILTY)["error"]
        assert len(ledger.trace(runs[0])) == 80
    assert len(words) == 2, "the worker of both, and the worker of the guilty one"


class Unlucky(Machine):
    """Its processes are killed before they begin, so many times."""

    def __init__(self, times: int):
        super().__init__(1)
        self.times = times

    def start(self, place: Place) -> None:
        super().start(place)
        if self.times > 0:
            self.kill(place)
        self.times -= 1


def test_a_worker_that_is_killed_while_it_starts_is_replaced() -> None:
    words: list[str] = []
    assert set(Pool(Unlucky(1), say=words.append).run(Nobody())) == {None}
    assert words == ["a worker process ended with exit code -9; another one takes its place"]


def test_workers_that_are_killed_whenever_they_start_end_the_drive() -> None:
    with pytest.raises(ChildProcessError, match="exit code -9 before it began"):
        list(Pool(Unlucky(99)).run(Nobody()))


class Nobody:
    """A dealer who has no work."""

    def deal(self, shape: Shape | None, n: int, workers: int, shares: bool = False) -> Assignment[Job]:
        return Assignment([], 0)

    def leave(self, shape: Shape) -> None:
        raise AssertionError("nobody works on any shape")


def test_a_worker_that_can_never_begin_ends_the_drive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "nonsense")
    with pytest.raises(ChildProcessError, match="exit code 1 before it began"):
        list(Pool(Machine(1)).run(Nobody()))


def test_a_pool_without_work_ends() -> None:
    assert set(Pool(Machine(2)).run(Nobody())) == {None}
