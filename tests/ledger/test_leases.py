"""A run is one driver's at a time, and goes to another one when its driver is dead or silent."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from grokscope.ledger import Ledger, LedgerError, leases, open_ledger, tables
from grokscope.ledger.database import reading_from, writing_to
from grokscope.ledger.owners import is_dead, new_owner, process_space
from postgres import postgresql

from .untrained_runs import failed, finished, groks

RUNS = [groks(seed) for seed in range(4)]
IDS = [run.identity for run in RUNS]
FAR = "far:1:00000000aaaa"


@pytest.fixture
def shared(ledger: Ledger) -> Ledger:
    ledger.register("s", "", RUNS)
    return ledger


def owners(ledger: Ledger) -> list[str | None]:
    with reading_from(ledger._engine) as connection:
        rows = {row["id"]: row for row in leases.leases_of(connection, IDS, lock=False)}
    return [rows[identity]["owner"] for identity in IDS]


def test_what_one_has_the_other_does_not_get(shared: Ledger) -> None:
    one, other = shared.leases(FAR), shared.leases("farther:1:00000000bbbb")
    assert one.claim(IDS[:2]) == (IDS[:2], {}, {})
    assert other.lease_states(IDS) == (IDS[2:], {}, dict.fromkeys(IDS[:2], FAR))
    assert other.claim(IDS) == (IDS[2:], {}, dict.fromkeys(IDS[:2], FAR))
    assert one.claim(IDS) == (IDS[:2], {}, dict.fromkeys(IDS[2:], other.owner))
    assert [shared.show(run)["attempts"] for run in RUNS] == [2, 2, 1, 1]
    assert shared.status_counts()["groks"]["running"] == 4


def test_what_has_ended_is_nobodys(shared: Ledger) -> None:
    one = shared.leases(FAR)
    one.claim(IDS)
    shared.record_all([finished(RUNS[0]), failed(RUNS[1])], FAR)
    assert owners(shared) == [None, None, FAR, FAR]
    assert one.claim(IDS) == (IDS[2:], {IDS[0]: "done", IDS[1]: "failed"}, {})
    shared.reopen(IDS)
    assert one.claim(IDS).free == IDS[1:]
    assert shared.show(RUNS[1])["error"] is None


def test_release_gives_back_only_what_is_ones_own_and_runs(shared: Ledger) -> None:
    one, other = shared.leases(FAR), shared.leases("farther:1:00000000bbbb")
    one.claim(IDS[:3])
    other.claim(IDS[3:])
    shared.record_all([finished(RUNS[0]), failed(RUNS[1])])
    one.release(IDS)
    assert list(shared.states(IDS).values()) == ["done", "failed", "pending", "running"]
    assert owners(shared) == [None, None, None, other.owner]


def test_a_silent_drivers_runs_are_taken_over_and_it_learns_of_it(shared: Ledger) -> None:
    silent, next_one = shared.leases(FAR, seconds=0.2), shared.leases("farther:1:00000000bbbb")
    silent.claim(IDS)
    for _ in range(4):
        time.sleep(0.1)
        assert silent.renew(IDS) == {}
    assert next_one.claim(IDS[:2]).free == []
    time.sleep(0.25)
    assert next_one.claim(IDS[:2]).free == IDS[:2]
    shared.record(finished(RUNS[2]))
    assert silent.renew(IDS) == {IDS[0]: "running", IDS[1]: "running", IDS[2]: "done"}
    assert owners(shared) == [next_one.owner, next_one.owner, None, FAR]


def test_who_lost_its_lease_may_still_tell_of_a_finish_but_not_of_a_failure(shared: Ledger) -> None:
    silent, next_one = shared.leases(FAR, seconds=0), shared.leases("farther:1:00000000bbbb")
    silent.claim(IDS[:2])
    next_one.claim(IDS[:2])
    shared.record_all([failed(RUNS[0]), finished(RUNS[1])], silent.owner)
    assert list(shared.states(IDS[:2]).values()) == ["running", "done"]
    before = shared.show(RUNS[1])
    shared.record_all([finished(RUNS[1], epochs=9), finished(RUNS[0])], next_one.owner)
    assert shared.show(RUNS[1]) == before
    assert shared.states(IDS[:1]) == {IDS[0]: "done"}


def test_a_driver_that_died_on_this_machine_is_not_waited_for(shared: Ledger) -> None:
    code = "from grokscope.ledger.owners import new_owner; print(new_owner())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    dead = done.stdout.strip()
    assert is_dead(dead)
    shared.leases(dead).claim(IDS)
    assert shared.leases(new_owner()).claim(IDS).free == IDS


def test_only_proof_makes_dead() -> None:
    alive = new_owner()
    host, pid, random = alive.rsplit(":", 2)
    assert pid == str(os.getpid())
    assert random.startswith(process_space())
    assert not is_dead(alive)
    assert is_dead(f"{host}:4194305:{random}")
    assert is_dead(f"a:strange:host:4194305:{random}")
    for doubtful in (f"{host}:4194305:00000000ffff", f"{host}:1:{random}", f"{host}:x:{random}", host, "", "::"):
        assert not is_dead(doubtful)
    assert new_owner() != alive


def test_running_without_a_lease_is_free(shared: Ledger) -> None:
    """As a ledger of an earlier version has it, of a driver that was killed."""
    with writing_to(shared._engine) as connection:
        connection.execute(update(tables.runs).values(status="running"))
    assert shared.leases(FAR).claim(IDS).free == IDS


def test_a_run_that_was_never_registered_is_refused(shared: Ledger) -> None:
    with pytest.raises(LedgerError, match=f"run {'0' * 20}: found nothing, expected a run that was registered"):
        shared.leases(FAR).claim([*IDS, "0" * 20])
    assert set(shared.states(IDS).values()) == {"pending"}


def test_reset_refuses_what_another_driver_trains(shared: Ledger) -> None:
    shared.record(finished(RUNS[0]))
    shared.leases(FAR).claim(IDS[1:2])
    with pytest.raises(LedgerError, match=f"found 1 that {FAR} is training, expected none"):
        shared.reset(IDS)
    assert shared.states(IDS[:1]) == {IDS[0]: "done"}


def test_leases_end_by_the_clock_of_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver whose own clock is an hour fast neither robs others nor keeps its runs for longer."""

    class Fast(datetime):
        @classmethod
        def now(cls, zone: object = None) -> datetime:
            return datetime.now(UTC) + timedelta(hours=1)

    with postgresql() as store, open_ledger(store) as ledger:
        ledger.register("s", "", RUNS)
        ledger.leases(FAR, seconds=60).claim(IDS[:1])
        with monkeypatch.context() as patch:
            patch.setattr(leases, "datetime", Fast)
            fast = ledger.leases("farther:1:00000000bbbb", seconds=0.1)
            assert fast.claim(IDS[:2]).free == IDS[1:2]
        time.sleep(0.15)
        assert ledger.leases(FAR).claim(IDS[:2]).free == IDS[:2]


def test_many_drivers_at_once_share_without_a_run_too_many(store: str) -> None:
    runs = [groks(seed) for seed in range(60)]
    wanted = [run.identity for run in runs]

    def drive(n: int) -> list[str]:
        with open_ledger(store) as ledger:
            ledger.register("s", "text", runs)
            leases = ledger.leases(f"far:{n}:00000000")
            taken = []
            order = wanted[n:] + wanted[:n] if n % 2 else wanted[::-1]
            for i in range(0, len(order), 3):
                mine = leases.claim(order[i : i + 3]).free
                leases.renew([*taken, *mine])
                ledger.record_all([finished(run) for run in runs if run.identity in mine], leases.owner)
                taken += mine
            return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [identity for part in pool.map(drive, range(4)) for identity in part]
    assert sorted(taken) == sorted(wanted)
    with open_ledger(store, create=False) as ledger:
        assert set(ledger.runs()["attempts"]) == {1}
        assert set(ledger.runs()["status"]) == {"done"}


def test_more_runs_than_one_statement_takes(shared: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases.batches, "__defaults__", (3,))
    one = shared.leases(FAR)
    assert one.claim(IDS).free == IDS
    assert one.renew(IDS) == {}
    one.release(IDS)
    assert set(shared.states(IDS).values()) == {"pending"}


def test_a_ledger_on_one_machine_is_anybodys(tmp_path: Path) -> None:
    with (
        open_ledger(tmp_path / "x.db") as ledger,
        ledger.leases("a:1:x").exclusive(),
        ledger.leases("b:2:y").exclusive(),
    ):
        assert [path.name for path in tmp_path.iterdir() if path.suffix == ".driver"] == []
