"""Whatever is fed to the command line, it is used, or refused in lines with place, found and expected: exit code 2.

Thousands of malformed suites, specs, ledgers and traces. Nothing is written, and no traceback is shown.
"""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from example_counts import fed
from grokscope.ledger import open_ledger
from grokscope.run import Run
from grokscope.spec import InputError
from grokscope.suite import SuiteError, run_from_spec
from grokscope.suite.specs import kinds_of
from ledger.untrained_runs import failed, finished, groks, speed
from suite.test_malformed import suites

from .conftest import TINY, call

OPEN = (0, 1)
"""Exit codes of commands that could use what they were given; 1 where runs stand as failed."""


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def used_or_refused(result: Result, *places: str) -> None:
    """Exit code 0, or 2 and lines that say where, what was found and what was expected."""
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    assert result.exit_code in (0, 2)
    if result.exit_code == 2:
        said = result.stderr.strip()
        assert said.startswith("error: ")
        assert any(place in said for place in places), said
        assert "expected" in said or "(" in said, said


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("malformed")


def planned(folder: Path, text: str) -> None:
    """A plan reads all of a suite; what is there before is there afterwards, and nothing else."""
    (folder / "s.yaml").write_bytes(text.encode(errors="surrogatepass"))
    before = contents(folder)
    result = call("plan", folder / "s.yaml", "--store", folder / "none.sqlite", "--json")
    used_or_refused(result, "s.yaml")
    assert contents(folder) == before


@fed(100)
@given(suites)
def test_any_mapping_as_a_suite(folder: Path, document: Any) -> None:
    stream = io.StringIO()
    try:
        YAML(typ="safe", pure=True).dump(document, stream)
    except UnicodeEncodeError:
        return
    planned(folder, stream.getvalue())


@fed(100)
@given(st.integers(0, len(TINY)), st.integers(0, 12), st.text(max_size=6))
@example(0, 0, "\ud800")
def test_a_suite_with_a_wound(folder: Path, at: int, length: int, inserted: str) -> None:
    planned(folder, TINY[:at] + inserted + TINY[at + length :])


plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 100),
    st.integers(),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["modular", "transformer", "adamw", "groks", "running", "final", "float64", "published"]),
    st.just([]),
    st.just({}),
)
PARTS = {
    part: kinds_of(Run, part) for part in ("task", "net", "optimiser", "measurement", "seeds", "transform", "filter")
}
SPECS = [groks().spec | {part: kind().to_dict()} for part, kinds in PARTS.items() for kind in kinds.values()]
"""One run of every kind of task, net, optimiser, measurement, transform and filter."""


def ways(spec: Any) -> list[tuple[str, ...]]:
    """To every value of a spec, and to one that is not there."""
    if not isinstance(spec, dict):
        return []
    return [(name, *rest) for name in [*spec, "odd"] for rest in [(), *ways(spec.get(name))]]


@fed(1000)
@given(st.sampled_from(SPECS), st.data())
def test_any_spec_is_a_run_or_one_line(valid: dict[str, Any], data: st.DataObject) -> None:
    change = st.tuples(st.sampled_from(ways(valid)), plain | st.just(...))
    run_or_one_line(valid, data.draw(st.lists(change, min_size=1, max_size=3)))


def test_a_spec_with_a_number_that_no_field_holds() -> None:
    run_or_one_line(groks().spec, [(("net", "dim"), 2.0**63)])


def run_or_one_line(valid: dict[str, Any], changes: list[tuple[tuple[str, ...], Any]]) -> None:
    spec: dict[str, Any] = json.loads(json.dumps(valid))
    for (*way, last), value in changes:
        place = spec
        for step in way:
            place = place.get(step) if isinstance(place.get(step), dict) else {}  # type: ignore[assignment]
        if value is ...:
            place.pop(last, None)
        else:
            place[last] = value
    try:
        run = run_from_spec(spec)
    except SuiteError as error:
        (line,) = error.faults
        said = line
    else:
        assert run_from_spec(run.spec).identity == run.identity
        return
    assert said.startswith("spec")
    assert "found" in said
    assert "expected" in said
    assert said.isprintable()


@pytest.fixture(scope="module")
def whole(folder: Path) -> Path:
    """A ledger with a run of every status."""
    path = folder / "whole.sqlite"
    with open_ledger(path) as ledger:
        runs = [groks(seed) for seed in range(4)]
        ledger.register("tiny", TINY, [*runs, speed()])
        ledger.leases("me").claim([runs[2].identity])
        broken = failed(runs[1], "FloatingPointError: NaN")
        ledger.record_all([finished(runs[0], params=True), finished(speed(), epochs=3), broken])
    return path


def looked_at(store: Path) -> None:
    """Every command that reads a ledger, and none of them changes its file."""
    before = store.read_bytes()
    identity = groks(0).identity
    for words in (
        ("status",),
        ("runs", "--json", "--imported"),
        ("runs", "--csv"),
        ("runs", "--suite", "tiny"),
        ("show", identity),
        ("show", identity, "--json"),
    ):
        used_or_refused(call(*words, "--store", store), store.name, identity, "run", "suite", "spec", "where")
    assert store.read_bytes() == before
    for path in store.parent.glob(store.name + "-*"):
        path.unlink()


@fed(50)
@given(st.lists(st.tuples(st.integers(0, 2**17), st.binary(min_size=1, max_size=8)), min_size=1, max_size=4))
def test_a_ledger_with_wounds(folder: Path, whole: Path, wounds: list[tuple[int, bytes]]) -> None:
    content = bytearray(whole.read_bytes())
    for at, wound in wounds:
        at %= len(content) - len(wound)
        content[at : at + len(wound)] = wound
    store = folder / "wounded.sqlite"
    store.write_bytes(content)
    looked_at(store)


@fed(25)
@given(st.integers(0, 2**17))
def test_a_ledger_that_ends_too_soon(folder: Path, whole: Path, length: int) -> None:
    content = whole.read_bytes()
    store = folder / "short.sqlite"
    store.write_bytes(content[: length % len(content)])
    looked_at(store)


COLUMNS = (
    [
        ("runs", name)
        for name in (
            "measurement",
            "spec",
            "p",
            "dim",
            "n_params",
            "status",
            "attempts",
            "error",
            "failed_epoch",
            "created",
            "started",
            "ended",
            "version",
            "layout",
            "seconds",
            "versions",
            "training",
            "origin",
            "derived_from",
        )
    ]
    + [("results", name) for name in ("epochs", "t_gen", "stopped", "total_bits")]
    + [("traces", name) for name in ("columns", "dtype", "epochs", "steps_per_epoch", "data")]
    + [("ledger", "schema_version"), ("suites", "text"), ("suites", "registered")]
)
cells = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-3, 30),
    st.floats(),
    st.text(max_size=12),
    st.binary(max_size=12),
    st.sampled_from(["{", "[]", "{}", "null", '{"seeds":{}}', "O", "<f4", "2026", "1e999"]),
    st.just(zlib.compress(bytes(10**6))),
)


@fed(90)
@given(st.sampled_from(COLUMNS), cells)
@example(("traces", "epochs"), -1)
@example(("traces", "dtype"), "O")
@example(("traces", "data"), zlib.compress(bytes(5 * 10**7)))
@example(("runs", "spec"), '{"seeds":3}')
@example(("runs", "spec"), "[" * 100_000)
@example(("runs", "versions"), "[" * 100_000)
def test_a_ledger_with_strange_values(folder: Path, whole: Path, column: tuple[str, str], value: Any) -> None:
    store = folder / "strange.sqlite"
    shutil.copy(whole, store)
    table, name = column
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        try:
            connection.execute(f"UPDATE {table} SET {name} = ?", (value,))
        except (sqlite3.IntegrityError, UnicodeEncodeError):
            return
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    looked_at(store)


def read(store: Path) -> Iterator[Any]:
    with open_ledger(store, create=False) as ledger:
        yield ledger.trace(groks(0))
        yield ledger.traces([groks(0).identity])
        yield ledger.source(groks(0).identity)
        yield ledger.params(groks(0))


@fed(250)
@given(
    st.sampled_from(["columns", "dtype", "epochs", "steps_per_epoch", "data"]),
    cells | st.lists(st.floats(width=32), max_size=40).map(lambda x: zlib.compress(np.array(x, np.float32).tobytes())),
)
def test_any_trace_is_read_or_one_line(folder: Path, whole: Path, name: str, value: Any) -> None:
    store = folder / "trace.sqlite"
    shutil.copy(whole, store)
    with closing(sqlite3.connect(store)) as connection, connection:
        try:
            connection.execute(f"UPDATE traces SET {name} = ?", (value,))
            connection.execute("UPDATE params SET data = ?", (value if isinstance(value, bytes) else b"x",))
        except (sqlite3.IntegrityError, UnicodeEncodeError):
            return
    said = None
    try:
        list(read(store))
    except InputError as error:
        said = str(error)
    assert said is not None, "parameters are damaged in any case"
    assert said.isprintable()
    assert groks(0).identity in said
