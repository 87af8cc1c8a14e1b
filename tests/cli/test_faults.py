"""What a user reads when a disk or a ledger fails: one line, exit code 2, and what to do."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest
from click.testing import Result

from grokscope.ledger import network, open_ledger
from grokscope.ledger.owners import process_space
from grokscope.run import Run
from grokscope.studies.race import Race
from grokscope.workers.checkpoints import Checkpoints
from grokscope.workers.drive import Driver, Tally
from grokscope.workers.pool import Pool

from .conftest import call


@pytest.fixture
def copy(store: Path, tmp_path: Path) -> Path:
    """A folder with the suite's file and a copy of its finished ledger and its report."""
    shutil.copy(store.parent.parent / "tiny.yaml", tmp_path)
    (tmp_path / "out").mkdir()
    shutil.copy(store, tmp_path / "out" / "ledger.sqlite")
    shutil.copytree(store.parent / "reports", tmp_path / "out" / "reports")
    return tmp_path


def refused(done: Result, *words: str) -> None:
    assert done.exit_code == 2, done.output
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: ")
    for word in words:
        assert word in line
    assert "Traceback" not in done.output


def run(folder: Path, *words: str) -> Result:
    return call("run", folder / "tiny.yaml", "--out", folder / "out", *words)


def test_a_report_that_cannot_be_written(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Race, "write", full)
    refused(run(copy), "reports/tiny: No space left on device", "safe in the ledger", "grokscope report")


def test_a_full_disk_in_the_middle_of_a_report_leaves_the_old_one(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = copy / "out" / "reports"
    before = {path: path.read_bytes() for path in reports.rglob("*") if path.is_file()}
    write_text = Path.write_text

    def full(path: Path, *args: object, **fields: object) -> int:
        if path.name == "index.html":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_text(path, *args, **fields)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", full)
    refused(run(copy), "No space left on device")
    assert {path: path.read_bytes() for path in reports.rglob("*") if path.is_file()} == before


def test_an_output_folder_that_cannot_be_written_costs_no_result(copy: Path) -> None:
    (copy / "out" / "checkpoints").touch()
    refused(run(copy, "--force"), "out/checkpoints", "expected a folder that can be written")
    with open_ledger(copy / "out" / "ledger.sqlite") as ledger:
        assert set(ledger.states(suite="tiny").values()) == {"done"}, "nothing was forgotten"


def test_a_damaged_ledger(copy: Path) -> None:
    path = copy / "out" / "ledger.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])
    refused(run(copy), "ledger.sqlite", "damaged; restore a copy")


def test_a_second_driver_on_a_network_filesystem(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copy / "mounts").write_text(f"server:/home {copy} nfs4 rw 0 0\n")
    monkeypatch.setattr(network, "MOUNTS", copy / "mounts")
    with open_ledger(copy / "out" / "ledger.sqlite") as ledger:
        ledger.reset(list(ledger.states(suite="tiny"))[:1])
        with ledger.leases("far:1:00000000").exclusive():
            refused(run(copy), "nfs4", "far:1:00000000", "PostgreSQL URL with --store")
        assert list(ledger.states(suite="tiny").values()).count("pending") == 1


def test_force_on_what_another_driver_trains(copy: Path) -> None:
    with open_ledger(copy / "out" / "ledger.sqlite") as ledger:
        one = next(iter(ledger.states(suite="tiny")))
        ledger.reset([one])
        ledger.leases("far:1:00000000").claim([one])
        refused(run(copy, "--force"), "found 1 that far:1:00000000 is training")


def test_killed_drivers_leave_no_checkpoint_of_a_finished_run(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Race, "write", lambda study, contents, folder: folder)
    with open_ledger(copy / "out" / "ledger.sqlite") as ledger:
        Checkpoints(copy / "out" / "checkpoints").save(next(iter(ledger.states(suite="tiny"))), b"state")
    assert run(copy).exit_code == 0
    assert list((copy / "out" / "checkpoints").iterdir()) == []


def test_nor_do_those_that_are_killed_while_this_one_drives(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Race, "write", lambda study, contents, folder: folder)
    folder = copy / "out" / "checkpoints"
    with open_ledger(copy / "out" / "ledger.sqlite") as ledger:
        pending, done, *_ = ledger.states(suite="tiny")
        ledger.reset([pending])

    def drive(driver: Driver, runs: list[Run], pool: Pool, **fields: float) -> Tally:
        assert [run.identity for run in runs] == [pending]
        for identity in (pending, done):
            Checkpoints(folder).save(identity, b"state")
        (folder / f"{pending}.here~4194305~{process_space()}ffff.new").touch()
        return driver.tally

    monkeypatch.setattr(Driver, "drive", drive)
    run(copy)
    assert [path.name for path in folder.iterdir()] == [f"{pending}.checkpoint"]
