"""A ledger of an older release is brought up to date whole, or stays what it was."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, inspect, select

from grokscope.ledger import LedgerError, migrations, open_ledger, tables
from grokscope.ledger.database import open_database, reading_from, url_of
from grokscope.ledger.rows import facts_of
from grokscope.suite import load_suite, run_from_spec

from .untrained_runs import finished, groks

FIRST = Path(__file__).parents[1] / "fixtures" / "ledger_0.1.0.db"
SAID = json.loads(FIRST.with_suffix(".json").read_text())
"""What the first release said of its own ledger."""


@pytest.fixture
def first(store: str) -> str:
    """The ledger of the first release, in either database."""
    if "://" not in store:
        shutil.copy(FIRST, store)
        return store
    old, new, found = create_engine(f"sqlite:///{FIRST}"), create_engine(url_of(store)), MetaData()
    found.reflect(old)
    for table in found.tables.values():
        for column in table.columns:
            column.type = column.type.as_generic()
    found.create_all(new)
    with old.connect() as source, new.begin() as target:
        for table in found.sorted_tables:
            if rows := source.execute(select(table)).mappings().all():
                target.execute(table.insert(), [dict(row) for row in rows])
    old.dispose()
    new.dispose()
    return store


def said_still(before: object, now: object) -> bool:
    """Whether every field that was there is there and unchanged, at any depth; new ones may have come."""
    if isinstance(before, dict) and isinstance(now, dict):
        return all(key in now and said_still(value, now[key]) for key, value in before.items())
    return before == now


def schema_of(store: str) -> dict[str, dict[str, set[str]]]:
    """Columns and indexes of every table."""
    engine = create_engine(url_of(store))
    there = inspect(engine)
    found = {
        name: {
            "columns": {f"{column['name']} {column['type']}" for column in there.get_columns(name)},
            "indexes": {str(index["name"]) for index in there.get_indexes(name)},
        }
        for name in there.get_table_names()
    }
    engine.dispose()
    return found


@pytest.mark.parametrize("create", [True, False])
def test_the_first_releases_ledger_says_what_it_said(first: str, create: bool) -> None:
    with open_ledger(first, create=create) as ledger:
        for before in SAID:
            now = ledger.show(before["id"])
            assert said_still(before, now)
            assert now["origin"] is None
        done = [run["id"] for run in SAID if run["status"] == "done"]
        assert [len(trace["steps"]) for trace in ledger.traces(done).values()] == [
            run["result"]["epochs"] for run in SAID if run["status"] == "done"
        ]
        kept = next(run["id"] for run in SAID if run["status"] == "done" and run["spec"]["keep"] == "final")
        assert ledger.params(kept)["embedding"].shape == (15, 8)


def test_a_run_of_the_first_release_is_the_same_run_for_ever() -> None:
    """Specs gain fields; what a run was before it had them, it is still."""
    for before in SAID:
        run = run_from_spec(before["spec"])
        assert run.identity == before["id"]
        assert said_still(before["spec"], run.spec)
        assert run_from_spec(run.spec) == run


def test_it_then_has_the_tables_of_a_new_one(first: str, tmp_path: Path) -> None:
    open_ledger(first).close()
    other = tmp_path / "new.db"
    open_ledger(other).close()
    migrated, new = schema_of(first), schema_of(str(other))
    assert migrated.keys() == new.keys()
    for name, made in new.items():
        assert {column.split()[0] for column in made["columns"]} <= {c.split()[0] for c in migrated[name]["columns"]}
        assert made["indexes"] == migrated[name]["indexes"], name
    if "://" not in first:
        assert all(made["columns"] <= migrated[name]["columns"] for name, made in new.items())


def test_runs_know_their_training_and_go_on(first: str) -> None:
    suite = load_suite(FIRST.with_suffix(".yaml"))
    with open_ledger(first) as ledger:
        assert ledger.register(suite.name, suite.text, suite.runs) == list(ledger.states(suite=suite.name))
        assert len(ledger.runs()) == len(SAID), "the suite's runs are the ones that the first release knew"
        with reading_from(ledger._engine) as connection:
            known = connection.execute(select(tables.runs.c.id, tables.runs.c.training)).all()
        by_identity = {run["id"]: run_from_spec(run["spec"]) for run in SAID}
        assert dict(map(tuple, known)) == {identity: run.training for identity, run in by_identity.items()}
        assert all(run["spec"] == by_identity[run["id"]].spec for run in ledger.records())
        ledger.record(finished(groks(5)))
        assert ledger.show(groks(5))["status"] == "done"


def test_opening_again_changes_nothing(first: str) -> None:
    open_ledger(first).close()
    before = schema_of(first)
    open_ledger(first).close()
    assert schema_of(first) == before


def test_what_fails_halfway_leaves_the_old_ledger(first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = schema_of(first)
    upgrade: Callable[..., None] = migrations.upgrade

    def breaking(*args: object) -> None:
        upgrade(*args)
        raise OSError("no space left on device")

    monkeypatch.setattr(migrations, "upgrade", breaking)
    with pytest.raises(OSError, match="no space"):
        open_ledger(first)
    assert schema_of(first) == before
    monkeypatch.undo()
    open_ledger(first).close()
    assert schema_of(first) != before


def test_a_damaged_spec_in_an_old_ledger_is_one_line(first: str) -> None:
    engine = open_engine(first)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET spec = '{'")
    engine.dispose()
    before = schema_of(first)
    with pytest.raises(LedgerError, match=r"schema 1, to be brought to schema 3: spec: found '\{'"):
        open_ledger(first)
    assert schema_of(first) == before


def test_a_ledger_of_a_revision_that_nobody_knows_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "strange.db"
    open_ledger(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE ledger SET schema_version = 1")
        connection.execute("UPDATE alembic_version SET version_num = 'odd'")
    with pytest.raises(LedgerError, match="expected revisions of this Grokscope") as refusal:
        open_ledger(path)
    assert "\n" not in str(refusal.value)


def test_runs_of_before_say_what_their_data_are(first: str) -> None:
    with open_ledger(first) as ledger:
        for record in ledger.records():
            task = run_from_spec(record["spec"]).task
            facts = facts_of(task)
            assert {name: record[name] for name in facts} == facts
            assert (record["role"], record["n_train"]) == (task.role, task.n_train)


def test_a_run_whose_task_cannot_be_read_here_says_nothing_of_its_data(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with open_ledger(path) as ledger:
        ledger.register("one", "", [groks(0), groks(1), groks(2)])
        ledger.record(finished(groks(0)))
    with closing(sqlite3.connect(path)) as connection, connection:
        for name in tables.FACTS:
            connection.execute(f'ALTER TABLE runs DROP COLUMN "{name}"')
        connection.execute("UPDATE ledger SET schema_version = 2")
        connection.execute("UPDATE alembic_version SET version_num = '0002'")
        for n, strange in ((1, '"kind":"of_a_plugin"'), (2, '"kind":"modular","origin":"mine 1.0"')):
            update = 'UPDATE runs SET spec = replace(spec, \'"kind":"modular"\', ?) WHERE id = ?'
            connection.execute(update, (strange, groks(n).identity))
    with open_ledger(path) as ledger:
        runs = ledger.runs().set_index("id")
        assert runs.loc[groks(0).identity, ["role", "n_train", "group"]].tolist() == ["task", 78, 13]
        assert runs.loc[groks(0).identity, "dataset_bits"] == groks(0).task.dataset_bits
        strangers = runs.loc[[groks(1).identity, groks(2).identity], list(tables.FACTS)]
        assert strangers.isna().all(axis=None)


def open_engine(store: str):  # type: ignore[no-untyped-def]
    return create_engine(url_of(store))


def test_a_read_only_old_ledger_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    shutil.copy(FIRST, path)
    with pytest.raises(LedgerError) as refusal:
        open_ledger(f"sqlite:///file:{path}?mode=ro&uri=true", create=False)
    assert "\n" not in str(refusal.value)
    assert "a ledger of schema 1, to be brought to schema 3" in str(refusal.value)
    assert "read-only ledger, expected one that may be written" in str(refusal.value)
    assert sqlite3.connect(path).execute("SELECT schema_version FROM ledger").fetchone() == (1,)


def test_many_open_an_old_ledger_at_once(first: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        ledgers = list(pool.map(lambda _: open_ledger(first), range(6)))
    assert [len(ledger.runs()) for ledger in ledgers] == [len(SAID)] * 6
    for ledger in ledgers:
        ledger.close()


def test_the_newest_revision_is_the_schema_version(tmp_path: Path) -> None:
    script = ScriptDirectory(str(migrations.HERE))
    assert script.get_current_head() == tables.revision_name(tables.SCHEMA_VERSION)
    names = [revision.revision for revision in script.walk_revisions()]
    assert names == [tables.revision_name(n) for n in range(tables.SCHEMA_VERSION, 0, -1)]
    engine = open_database(tmp_path / "new.db", create=True)
    with reading_from(engine) as connection:
        assert connection.scalar(select(tables.revision.c.version_num)) == script.get_current_head()
    engine.dispose()
