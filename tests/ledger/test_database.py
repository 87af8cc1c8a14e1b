"""Opening: what becomes a ledger, and one line for what cannot."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from grokscope.ledger import Ledger, LedgerError, database, open_ledger, tables
from grokscope.ledger.database import display_url, url_of, writing_to

from .untrained_runs import finished, groks


def refused(store: str | Path, *, create: bool = True) -> str:
    with pytest.raises(LedgerError) as caught:
        open_ledger(store, create=create)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_path_becomes_a_ledger_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "ledger.db"
    with open_ledger(path) as ledger:
        assert ledger.url == f"sqlite:///{path}"
        assert ledger.runs().empty
    with open_ledger(str(path), create=False) as ledger:
        assert ledger.records() == []
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_sqlite_keeps_its_keys_and_waits_for_others(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "x.db") as ledger, database.reading_from(ledger._engine) as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("foreign_keys", "synchronous", "busy_timeout")
        ]
    assert settings == [1, 2, 30_000]


def test_an_sqlite_url_and_a_ledger_in_memory(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/x.db") as ledger:
        ledger.record(finished(groks()))
    with open_ledger("sqlite://") as ledger:
        ledger.record(finished(groks()))
        assert len(ledger.runs()) == 1


def test_nothing_is_made_where_nothing_may_be(tmp_path: Path) -> None:
    assert "found no file" in refused(tmp_path / "sub" / "none.db", create=False)
    assert not (tmp_path / "sub").exists()
    (tmp_path / "empty.db").touch()
    assert "found no tables" in refused(tmp_path / "empty.db", create=False)
    assert (tmp_path / "empty.db").stat().st_size == 0


def test_no_tables_are_made_for_a_reader(store: str) -> None:
    refused(store, create=False)
    open_ledger(store).close()
    open_ledger(store, create=False).close()


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are my notes. " * 100)
    assert "expected an SQLite ledger" in refused(path)
    assert path.read_text().startswith("These are my notes.")


def test_a_damaged_ledger(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with open_ledger(path) as ledger:
        ledger.record_all([finished(groks(seed)) for seed in range(20)])
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes(4096) + whole[8192 : len(whole) // 2])
    with pytest.raises(LedgerError, match="damaged") as caught, open_ledger(path) as ledger:
        ledger.runs()
    assert "\n" not in str(caught.value)


def test_a_database_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE runs (run_id TEXT)")
    connection.commit()
    assert "found a table 'runs' of another program" in refused(path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("runs",)]
    connection.close()


def test_a_ledger_of_a_newer_schema(store: str) -> None:
    with open_ledger(store) as ledger, writing_to(ledger._engine) as connection:
        connection.execute(update(tables.ledger).values(schema_version=99))
    assert "found a ledger of schema 99, which a newer Grokscope wrote; expected at most 3" in refused(store)


def test_a_ledger_that_does_not_say_which_schema(store: str) -> None:
    with open_ledger(store) as ledger, writing_to(ledger._engine) as connection:
        connection.execute(delete(tables.ledger))
    assert "found no schema version" in refused(store)


def test_a_read_only_ledger_reads_and_refuses_to_write(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with open_ledger(path) as ledger:
        ledger.record(finished(groks()))
    with open_ledger(f"sqlite:///file:{path}?mode=ro&uri=true") as ledger:
        assert len(ledger.runs()) == 1
        with pytest.raises(LedgerError, match="read-only ledger"):
            ledger.record(finished(groks(1)))


def test_a_folder_and_a_file_in_the_way(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path}: found a folder, expected the file of a ledger"
    (tmp_path / "file").touch()
    assert "folder cannot be made" in refused(tmp_path / "file" / "x.db")


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ("nosuch://u:secret@host/db", "found an unknown database 'nosuch'"),
        ("sqlite+nosuch:///x.db", "found an unknown database 'sqlite+nosuch'"),
        ("mssql+pymssql://u:secret@host/db", "expected an installed driver"),
        ("://", "expected a path, or a URL"),
        ("postgresql://u:secret@127.0.0.1:1/db?nosuch=1", "nosuch"),
        ("postgresql://u:secret@127.0.0.1:1/db", "127.0.0.1"),
    ],
)
def test_urls_that_lead_nowhere(store: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    message = refused(store)
    assert words in message
    assert "secret" not in message


def test_postgresql_takes_the_driver_that_is_installed() -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        assert display_url(url_of(f"{scheme}://u:secret@host/db")) == "postgresql+psycopg://u:***@host/db"


def test_many_open_a_new_ledger_at_once(store: str) -> None:
    def opened(seed: int) -> Ledger:
        ledger = open_ledger(store)
        ledger.record(finished(groks(seed)))
        return ledger

    with ThreadPoolExecutor(8) as pool:
        ledgers = list(pool.map(opened, range(8)))
    assert len(ledgers[0].runs(status="done")) == 8
    for ledger in ledgers:
        ledger.close()


def test_a_writer_that_waits_in_vain_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PRAGMAS", ("busy_timeout = 20",))
    with (
        open_ledger(tmp_path / "x.db") as first,
        open_ledger(tmp_path / "x.db") as second,
        writing_to(first._engine),
        pytest.raises(LedgerError, match="another process wrote"),
    ):
        second.record(finished(groks()))
