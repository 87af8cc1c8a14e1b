"""Real worker processes on tiny runs."""

import dataclasses
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from grokscope import Seeds
from grokscope.ledger import open_ledger
from grokscope.run import Shape
from grokscope.training.outcomes import Checkpoint, Event
from grokscope.training.train import train
from grokscope.workers.checkpoints import Checkpoints
from grokscope.workers.drive import Driver
from grokscope.workers.engine import Jobs
from grokscope.workers.pool import Pool
from training.lanes import RUN, UNREACHABLE

RUNS = [dataclasses.replace(RUN, measurement=UNREACHABLE, max_epochs=80, seeds=Seeds.all(seed)) for seed in range(4)]


def test_a_drive_outlives_a_worker_that_is_killed(tmp_path: Path) -> None:
    words: list[str] = []
    pool = Pool(2, chunk_seconds=0.02, say=words.append)
    killed: list[str] = []
    epochs: dict[str, list[int]] = {run.identity: [] for run in RUNS}

    def kill_once(event: Event) -> None:
        if isinstance(event, Checkpoint):
            epochs[event.run.identity].append(event.epoch)
            if not killed:
                holders = [worker for worker in pool._workers if event.run.identity in worker.runs]
                os.kill(holders[0].process.pid or 0, signal.SIGKILL)
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


class Nobody:
    """A dealer who has no work."""

    def deal(self, shape: Shape | None, n: int) -> Jobs:
        return Jobs([], 0)

    def leave(self, shape: Shape) -> None:
        raise AssertionError("nobody works on any shape")


def test_a_worker_that_can_never_begin_ends_the_drive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "nonsense")
    with pytest.raises(ChildProcessError, match="exit code 1 before it began"):
        list(Pool(1).run(Nobody()))


def test_a_pool_without_work_ends() -> None:
    assert set(Pool(2).run(Nobody())) == {None}
