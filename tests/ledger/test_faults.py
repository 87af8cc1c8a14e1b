"""Disks full or read-only, files damaged, databases locked or gone: one line, and nothing half-written."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from grokscope.ledger import Ledger, LedgerAwayError, LedgerError, database, open_ledger
from grokscope.ledger.database import reading_from, writing_to
from postgres import postgresql

from .untrained_runs import failed, finished, groks


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a quarter of a megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_passes_and_nothing_is_half_written(small_disk: Path) -> None:
    with open_ledger(small_disk / "x.db") as ledger:
        runs = [groks(seed) for seed in range(100)]
        n = 0

        def fill() -> None:
            nonlocal n
            for n in range(0, 100, 5):
                ledger.record_all([finished(run, epochs=200) for run in runs[n : n + 5]])

        with pytest.raises(LedgerAwayError, match=r"full|disk I/O") as caught:
            fill()
        assert "room on" in str(caught.value)
        assert 0 < n < 95
        assert len(ledger.runs()) == len(ledger.traces(run.identity for run in runs)) == n
        subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
        ledger.record_all([finished(run, epochs=200) for run in runs[n : n + 5]])
        assert len(ledger.traces(run.identity for run in runs)) == n + 5


def test_a_ledger_on_a_read_only_disk(small_disk: Path) -> None:
    path = small_disk / "x.db"
    with open_ledger(path) as ledger:
        ledger.record(finished(groks()))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(LedgerError) as caught, open_ledger(path) as ledger:
        ledger.record(finished(groks(1)))
    assert not isinstance(caught.value, LedgerAwayError)
    assert "\n" not in str(caught.value)
    assert "that may be" in str(caught.value)
    with pytest.raises(LedgerError, match="expected the path of a file"):
        open_ledger(small_disk / "new.db")


def test_a_read_only_ledger_is_not_waited_for(tmp_path: Path) -> None:
    open_ledger(tmp_path / "x.db").close()
    with (
        open_ledger(f"sqlite:///file:{tmp_path}/x.db?mode=ro&uri=true") as ledger,
        pytest.raises(LedgerError, match="read-only ledger") as caught,
    ):
        ledger.record(finished(groks()))
    assert not isinstance(caught.value, LedgerAwayError)


def test_a_locked_ledger_may_be_free_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PRAGMAS", ("busy_timeout = 20",))
    with open_ledger(tmp_path / "x.db") as ledger:
        ledger.register("s", "", [groks()])
        other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for call in (
            lambda: ledger.record(finished(groks())),
            lambda: ledger.leases("me").claim([groks().identity]),
            lambda: ledger.leases("me").renew([groks().identity]),
        ):
            with pytest.raises(LedgerAwayError, match="another process wrote"):
                call()
        other.close()
        ledger.record(finished(groks()))
        assert len(ledger.trace(groks())) == 5


@pytest.mark.parametrize("where", ["the header", "a table's root", "the middle", "the end"])
def test_a_damaged_ledger_is_one_line_and_never_waited_for(where: str, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    runs = [groks(seed) for seed in range(40)]
    with open_ledger(path) as ledger:
        ledger.record_all([finished(run, epochs=300) for run in runs])
    whole = bytearray(path.read_bytes())
    place = {"the header": 16, "a table's root": 4096, "the middle": len(whole) // 2, "the end": len(whole) - 8192}[
        where
    ]
    whole[place : place + 4096] = os.urandom(4096)
    path.write_bytes(whole)

    def read() -> None:
        with open_ledger(path) as ledger:
            ledger.runs()
            kept = ledger.traces(run.identity for run in runs)
        for identity, columns in kept.items():
            assert len(columns["steps"]) == 300, identity

    if where == "the end":  # of a blob's pages zlib tells, of free ones nobody needs to
        with contextlib.suppress(LedgerError):
            read()
        return
    with pytest.raises(LedgerError) as caught:
        read()
    assert not isinstance(caught.value, LedgerAwayError)
    assert "\n" not in str(caught.value)


def test_a_connection_that_is_cut_is_made_anew() -> None:
    with postgresql(application_name="grokscope-cut") as store, open_ledger(store) as ledger:
        ledger.register("s", "", [groks(0), groks(1)])
        cut(store)
        assert ledger.leases("me").claim([groks(0).identity]).free == [groks(0).identity]

        def cut_off() -> None:
            with writing_to(ledger._engine) as connection:
                connection.execute(text("UPDATE runs SET status = 'done'"))
                cut(store)
                connection.execute(text("SELECT 1"))

        with pytest.raises(LedgerAwayError):
            cut_off()
        assert set(ledger.runs()["status"]) == {"running", "pending"}
        ledger.record_all([finished(groks(0)), failed(groks(1))], "me")
        assert set(ledger.runs()["status"]) == {"done", "failed"}


def cut(store: str) -> None:
    """End every session of this ledger, as a server that restarts does."""
    engine = create_engine(store)
    with engine.begin() as connection:
        ending = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'grokscope-cut'"
        connection.execute(text(ending + " AND pid <> pg_backend_pid()"))
    engine.dispose()


def test_a_server_that_cannot_be_reached_may_be_back_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LedgerAwayError):
        open_ledger("postgresql://u:secret@127.0.0.1:1/db")


def test_a_bug_is_not_waited_for(ledger: Ledger) -> None:
    with pytest.raises(LedgerError) as caught, reading_from(ledger._engine) as connection:
        connection.execute(text("SELECT nonsense FROM nowhere"))
    assert not isinstance(caught.value, LedgerAwayError)
