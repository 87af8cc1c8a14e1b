"""What a drive does when a disk, a ledger or a checkpoint fails: it says so, goes on if it can, and loses nothing."""

from __future__ import annotations

import errno
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from sqlalchemy import create_engine, text

from grokscope.ledger import Ledger, LedgerAwayError, LedgerError, open_ledger
from grokscope.ledger.owners import process_space
from grokscope.spec import InputError
from grokscope.training.outcomes import Checkpoint, Snapshot
from grokscope.workers import ledger_retry
from grokscope.workers.checkpoints import Checkpoints
from grokscope.workers.drive import Driver
from ledger.untrained_runs import finished, groks
from postgres import postgresql

from .harness import IDENTITIES, RUNS, DriverHarness, FakePool, deal_jobs


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_retry, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(ledger_retry, "LONGEST_WAIT", 0.05)


def broken(error: Exception) -> Callable[..., Any]:
    def breaks(*args: object, **fields: object) -> Any:
        raise error

    return breaks


FULL = OSError(errno.ENOSPC, "No space left on device")
DENIED = PermissionError(errno.EACCES, "Permission denied")


def asking(driver: Driver) -> Iterator[Any]:
    """A worker that asks again for as long as it is told to."""
    ends = time.monotonic() + 30
    while (offer := driver.deal(None, 1)) is None or offer.items:
        assert time.monotonic() < ends
        if offer is None:
            yield None
            continue
        driver.leave(offer.items[0].run.shape)
        yield finished(offer.items[0].run)


@pytest.mark.parametrize("error", [FULL, DENIED, OSError(errno.EIO, "Input/output error")])
@pytest.mark.parametrize("call", ["open", "replace"])
def test_a_checkpoint_that_cannot_be_written_ends_nothing(
    harness: DriverHarness, monkeypatch: pytest.MonkeyPatch, error: OSError, call: str
) -> None:
    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        for job in deal_jobs(driver):
            yield Checkpoint(job.run, 4, b"first")
            with monkeypatch.context() as patch:
                patch.setattr(Path, call, broken(error))
                yield Checkpoint(job.run, 8, b"second")
                yield Checkpoint(job.run, 12, b"third")
            assert harness.checkpoints.load(job.run.identity) == b"first"
            assert len(list(harness.checkpoints.folder.iterdir())) == 1, "nothing half-written stays"
            yield Checkpoint(job.run, 16, b"fourth")
            assert harness.checkpoints.load(job.run.identity) == b"fourth"
            yield finished(job.run)

    tally, _ = harness.drive(script, RUNS[:1])
    assert tally.done == 1
    folder = harness.checkpoints.folder
    assert harness.words == [
        f"{folder}: {error.strerror}; runs go on, but their checkpoints cannot be written",
        f"{folder}: checkpoints are written again",
    ]


def test_a_checkpoint_that_cannot_be_read_is_not_used(harness: DriverHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.checkpoints.save(IDENTITIES[0], b"state")

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "read_bytes", broken(DENIED))
            (job,) = deal_jobs(driver)
        assert job.checkpoint is None
        yield finished(job.run)

    harness.drive(script, RUNS[:1])
    assert harness.words == [f"checkpoint of run {IDENTITIES[0]}: Permission denied, so it is not used"]


def test_a_checkpoint_that_cannot_be_deleted_is_deleted_later(
    harness: DriverHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        (job,) = deal_jobs(driver)
        yield Checkpoint(job.run, 4, b"state")
        monkeypatch.setattr(Path, "unlink", broken(DENIED))
        yield finished(job.run)

    tally, _ = harness.drive(script, RUNS[:1])
    monkeypatch.undo()
    assert tally.done == 1
    assert harness.checkpoints.load(IDENTITIES[0]) == b"state"
    harness.checkpoints.clear({IDENTITIES[0]})
    assert harness.checkpoints.load(IDENTITIES[0]) is None


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="expected a folder that can be written"):
        Checkpoints(tmp_path / "file").open()
    monkeypatch.setattr(Path, "write_bytes", broken(FULL))
    with pytest.raises(InputError, match="No space left on device; expected a folder"):
        Checkpoints(tmp_path / "new").open()
    assert list((tmp_path / "new").iterdir()) == []


def test_what_killed_drivers_left_is_cleared(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path)
    kept.open()
    for identity in ("done", "pending"):
        kept.save(identity, b"state")
    dead, alive = f"h.dom~4194305~{process_space()}ffff", "far~1~00000000ffff"
    for name in (f"pending.{dead}.new", f"pending.{alive}.new", "done.txt"):
        (tmp_path / name).touch()
    kept.clear({"done"})
    assert {path.name for path in tmp_path.iterdir()} == {"pending.checkpoint", f"pending.{alive}.new", "done.txt"}


def test_outcomes_wait_in_memory_while_the_ledger_is_away(
    harness: DriverHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And checkpoints stay until the outcomes are in the ledger."""

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        taken = list(deal_jobs(driver))
        for job in taken:
            yield Checkpoint(job.run, 4, b"state")
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "record_all", broken(LedgerAwayError("here: gone")))
            patch.setattr("grokscope.workers.ledger_client.WRITE_SECONDS", 0.0)
            for job in taken:
                yield finished(job.run)
            for _ in range(20):
                time.sleep(0.005)
                yield None
            assert harness.states() == ["running"] * 3
            assert harness.checkpoints.load(IDENTITIES[0]) == b"state"

    tally, _ = harness.drive(script)
    assert tally.done == 3
    assert harness.states() == ["done"] * 3
    assert harness.checkpoints.load(IDENTITIES[0]) is None
    assert harness.words == ["here: gone: tried again for 30 minutes; what is finished is kept", "the ledger is back"]


def test_a_snapshot_waits_too_and_no_checkpoint_passes_it(
    harness: DriverHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or else a driver killed meanwhile goes on from beyond the epoch whose parameters were to be kept."""
    data = safetensors.numpy.save({"head": np.arange(3.0)})
    run = groks(0, snapshot_every=4)

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        (job,) = deal_jobs(driver)
        yield Snapshot(job.run, 0, data)
        yield Checkpoint(job.run, 4, b"first")
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "keep_snapshots", broken(LedgerAwayError("here: gone")))
            yield Snapshot(job.run, 4, data)
            yield Checkpoint(job.run, 8, b"second")
            assert harness.checkpoints.load(job.run.identity) == b"first"
            yield finished(job.run)
            driver.ledger.flush()
            assert driver.ledger.has_unwritten
            assert harness.ledger.states([run.identity]) == {run.identity: "running"}, "the snapshot comes first"
        time.sleep(0.1)
        driver.ledger.flush()
        yield Checkpoint(job.run, 12, b"third")

    tally, _ = harness.drive(script, [run])
    assert tally.done == 1
    assert harness.ledger.states([run.identity]) == {run.identity: "done"}
    assert harness.ledger.snapshot_epochs(run) == [0, 4]


def test_workers_wait_while_nothing_can_be_claimed(harness: DriverHarness) -> None:
    """Another process holds the database for a while."""
    holder = None

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        nonlocal holder
        with driver.ledger._ledger._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 10")
        holder = sqlite3.connect(harness.checkpoints.folder.with_name("ledger.db"), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        assert driver.deal(None, 1) is None
        holder.close()
        yield from asking(driver)

    tally, _ = harness.drive(script)
    assert tally.done == 3
    assert harness.states() == ["done"] * 3
    assert "another process wrote" in harness.words[0]


@pytest.mark.parametrize("error", [LedgerError("here: read-only"), LedgerAwayError("here: gone")])
def test_a_ledger_that_stays_away_ends_the_drive_and_the_checkpoints_stay(
    harness: DriverHarness, monkeypatch: pytest.MonkeyPatch, error: LedgerError
) -> None:
    harness.fields = {"give_up_seconds": 0.1}

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        (job,) = deal_jobs(driver)
        yield Checkpoint(job.run, 4, b"state")
        monkeypatch.setattr(Ledger, "record_all", broken(error))
        yield finished(job.run)

    with pytest.raises(LedgerError, match="here:") as caught:
        harness.drive(script, RUNS[:1])
    assert caught.value is error
    monkeypatch.undo()
    assert harness.states() == ["pending"]
    assert harness.checkpoints.load(IDENTITIES[0]) == b"state"


def test_a_ledger_that_is_away_at_the_end_gets_its_runs_back_in_time(
    harness: DriverHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        list(deal_jobs(driver))
        monkeypatch.setattr("grokscope.ledger.leases.Leases.release", broken(LedgerAwayError("here: gone")))
        yield None

    harness.drive(script)
    assert harness.words == ["here: gone: 3 runs can be begun again in 120 seconds"]


def test_a_lost_connection_in_mid_suite_loses_nothing(tmp_path: Path) -> None:
    """The server ends the driver's sessions again and again."""
    with postgresql(application_name="grokscope-driver") as store, open_ledger(store) as ledger:
        harness = DriverHarness(ledger, tmp_path)
        server = create_engine(store)

        def cut() -> None:
            with server.begin() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                        "WHERE application_name = 'grokscope-driver' AND pid <> pg_backend_pid()"
                    )
                )

        def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
            for event in asking(driver):
                cut()
                yield event
                cut()

        tally, _ = harness.drive(script)
        server.dispose()
        assert tally.done == 3
        assert harness.states() == ["done"] * 3
        assert set(ledger.runs()["attempts"]) == {1}
