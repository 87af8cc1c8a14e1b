"""SQLite on a network filesystem: one driver, and no memory shared between machines."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import make_url

from grokscope.ledger import LedgerError, network, open_ledger
from grokscope.ledger.network import network_filesystem, sqlite_file
from grokscope.ledger.owners import new_owner, process_space


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of mounts that says that `net` is on NFS."""
    (tmp_path / "net" / "local disk").mkdir(parents=True)
    table = tmp_path / "mounts"
    lines = [
        "/dev/vda / ext4 rw 0 0",
        f"server:/export {tmp_path}/net nfs4 rw,relatime 0 0",
        f"/dev/vdb {tmp_path}/net/local\\040disk xfs rw 0 0",
        "broken",
    ]
    table.write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(network, "MOUNTS", table)
    return tmp_path


def test_which_filesystem(mounts: Path) -> None:
    assert network_filesystem(mounts / "net" / "ledger.sqlite") == "nfs4"
    assert network_filesystem(mounts / "net" / "deep" / "ledger.sqlite") == "nfs4"
    assert network_filesystem(mounts / "net" / "local disk" / "ledger.sqlite") is None
    assert network_filesystem(mounts / "network.sqlite") is None
    (mounts / "link").symlink_to(mounts / "net")
    assert network_filesystem(mounts / "link" / "ledger.sqlite") == "nfs4"


def test_the_later_of_two_mounts_at_one_place_is_seen(mounts: Path) -> None:
    with network.MOUNTS.open("a") as table:
        table.write(f"/dev/vdc {mounts}/net ext4 rw 0 0\n")
    assert network_filesystem(mounts / "net" / "ledger.sqlite") is None


def test_a_system_that_does_not_say_is_taken_for_local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "MOUNTS", tmp_path / "none")
    assert network_filesystem(tmp_path) is None


def test_this_very_folder_is_local(tmp_path: Path) -> None:
    assert network_filesystem(tmp_path) is None


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:////a/b.db", Path("/a/b.db")),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("sqlite:///file:x?mode=ro&uri=true", None),
        ("postgresql+psycopg://host/db", None),
    ],
)
def test_which_file(url: str, path: Path | None) -> None:
    assert sqlite_file(make_url(url)) == path


def test_a_second_driver_is_refused_with_advice(mounts: Path) -> None:
    path = mounts / "net" / "ledger.sqlite"
    with open_ledger(path) as ledger:
        first = ledger.leases(new_owner())
        with first.exclusive(), pytest.raises(LedgerError) as refused, ledger.leases(new_owner()).exclusive():
            pytest.fail("two drivers")
        message = str(refused.value)
        for word in (str(path), "nfs4", first.owner, "PostgreSQL", "--store", f"delete {path}.driver"):
            assert word in message
        assert "\n" not in message
        with ledger.leases(new_owner()).exclusive():
            pass
        assert not (mounts / "net" / "ledger.sqlite.driver").exists()


def test_a_driver_that_died_here_is_not_in_the_way(mounts: Path) -> None:
    path = mounts / "net" / "ledger.sqlite"
    with open_ledger(path) as ledger:
        mark = path.with_name("ledger.sqlite.driver")
        mark.write_text(f"here:4194305:{process_space()}ffff")
        with ledger.leases("me").exclusive():
            assert mark.read_text() == "me"
        mark.write_text("")  # begun by one that had no time to say who it is
        with pytest.raises(LedgerError, match="found another driver"), ledger.leases("me").exclusive():
            pytest.fail("two drivers")


def test_readers_on_other_machines_need_no_shared_memory(mounts: Path) -> None:
    for path, mode in ((mounts / "net" / "x.db", "delete"), (mounts / "x.db", "wal")):
        open_ledger(path).close()
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA journal_mode").fetchone() == (mode,)
        connection.close()
