"""import, export and capsule, as a user meets them; and a capsule that is done again."""

from __future__ import annotations

import errno
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result

from grokscope.api import open_capsule
from grokscope.capsules import Capsule
from grokscope.ledger import open_ledger
from grokscope.spec import InputError
from ledger.registry import capacity, groks, registry, speed

from .conftest import call


def test_import_says_what_came_and_what_did_not(tmp_path: Path) -> None:
    theirs = registry(
        tmp_path / "theirs",
        capacity(),
        speed(),
        groks(),
        groks("dddddddddddd", status="failed"),
        speed("eeeeeeeeeeee", final_acc=-1.0),
    )
    store = tmp_path / "ledger.sqlite"
    came = call("import", theirs, "--store", store)
    assert came.exit_code == 1, came.output
    assert "3 runs imported from" in came.stdout
    assert "1 rows are failed and stay out." in came.stdout
    assert "eeeeeeeeeeee: left out: final_acc: found -1, expected percent" in came.stderr
    again = call("import", theirs / "registry.db", "--store", store)
    assert "0 runs imported" in again.stdout
    assert "3 were there already" in again.stdout
    assert json.loads(call("runs", "--store", store, "--json").stdout) == []
    listed = json.loads(call("runs", "--store", store, "--json", "--imported").stdout)
    assert {run["measurement"] for run in listed} == {"capacity", "speed", "groks"}
    assert "not verified, in no suite: 3 runs" in " ".join(call("status", "--store", store).stdout.split())
    shown = call("show", listed[0]["id"], "--store", store)
    assert shown.exit_code == 0, shown.output


def test_what_is_no_registry_is_one_line(tmp_path: Path) -> None:
    refused = call("import", tmp_path, "--store", tmp_path / "ledger.sqlite")
    assert refused.exit_code == 2
    assert len(refused.stderr.strip().splitlines()) == 1


def test_export_writes_what_the_ledger_has(look: Callable[..., Result], store: Path, tmp_path: Path) -> None:
    done = look("export", "tiny", "--to", tmp_path / "data")
    assert done.exit_code == 0, done.output
    runs, traces = (pd.read_parquet(tmp_path / "data" / f"{name}.parquet") for name in ("runs", "traces"))
    with open_ledger(store, create=False) as ledger:
        frame = ledger.runs(suite="tiny")
        assert list(runs.columns) == list(frame.columns)
        assert list(runs["id"]) == list(frame["id"])
        assert np.array_equal(runs["t_mem_eval"], frame["t_mem_eval"], equal_nan=True)
        assert runs["started"].equals(frame["started"])
        for identity in frame["id"]:
            one = ledger.trace(identity)
            same = traces[traces["id"] == identity]
            assert list(same["epoch"]) == list(one.index)
            for name in one.columns:
                assert np.array_equal(
                    same[name].to_numpy(), one[name].to_numpy().astype(same[name].dtype), equal_nan=True
                )
        assert (tmp_path / "data" / "suite.yaml").read_text() == ledger.suite_text("tiny")
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [
        "runs.parquet",
        "suite.yaml",
        "traces.parquet",
    ]
    assert look("export", "tiny", "--to", tmp_path / "data").exit_code == 0, "an export replaces an earlier one"


def full(*args: object, **fields: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_in_the_middle_of_an_export_leaves_the_old_one(
    look: Callable[..., Result], store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("export", "tiny", "--to", tmp_path)
    assert look(*words).exit_code == 0
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr("pyarrow.parquet.ParquetWriter.write_table", full)
    refused = look(*words)
    assert refused.exit_code == 2
    assert "No space left on device" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_full_disk_in_the_middle_of_a_capsule_leaves_the_old_one(
    look: Callable[..., Result], store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny.zip").write_bytes(b"an earlier one")
    monkeypatch.setattr("zipfile.ZipFile.write", full)
    refused = look("capsule", "tiny", "--to", tmp_path / "tiny.zip")
    assert refused.exit_code == 2
    assert "No space left on device" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"an earlier one"]


def test_export_of_a_suite_that_is_not_there(look: Callable[..., Result], tmp_path: Path) -> None:
    refused = look("export", "smoke", "--to", tmp_path / "data")
    assert refused.exit_code == 2
    assert "suite: found 'smoke', expected one of tiny" in refused.stderr
    assert not (tmp_path / "data").exists()


@pytest.fixture(scope="module")
def sealed(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sealed") / "tiny.zip"
    made = call("capsule", "tiny", "--to", path, "--store", store)
    assert made.exit_code == 0, made.output
    assert list(path.parent.iterdir()) == [path]
    return path


def test_a_capsule_holds_suite_ledger_report_and_versions(sealed: Path, tiny: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(sealed) as archive:
        names = set(archive.namelist())
        head = json.loads(archive.read("capsule.json"))
        assert {"capsule.json", "suite.yaml", "ledger.sqlite", "report/index.html"} <= names
        assert archive.read("suite.yaml").decode() == (tiny / "tiny.yaml").read_text()
        (tmp_path / "ledger.sqlite").write_bytes(archive.read("ledger.sqlite"))
        page = (tiny / "out" / "reports" / "tiny" / "index.html").read_bytes()
        same = archive.read("report/index.html") == page  # of two pages that differ pytest compares every line
        assert same
    assert head["suite"] == "tiny"
    assert {"jax", "numpy", "python"} <= head["versions"].keys()
    assert head["runs"]["groks"]["done"] == 2
    copied = json.loads(call("runs", "--store", tmp_path / "ledger.sqlite", "--json").stdout)
    there = json.loads(call("runs", "--store", tiny / "out" / "ledger.sqlite", "--json").stdout)
    assert copied == there


def test_a_capsule_is_done_again_and_agrees_to_the_bit(sealed: Path, store: Path, tmp_path: Path) -> None:
    before = store.read_bytes()
    again = call("run", sealed, "--out", tmp_path, "--workers", "1")
    assert again.exit_code == 0, again.output
    said = " ".join(again.stdout.split())
    assert "Against the capsule: 5 runs identical to the bit, 0 with the same times, 0 that differ, 0 not done" in said
    assert store.read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "capsules" / "tiny").iterdir()) == [
        "checkpoints",
        "ledger.sqlite",
        "recorded.sqlite",
        "reports",
        "suite.yaml",
    ]
    with closing(sqlite3.connect(tmp_path / "capsules" / "tiny" / "ledger.sqlite")) as connection, connection:
        (identity,) = connection.execute("SELECT id FROM runs WHERE measurement = 'capacity'").fetchone()
        connection.execute("UPDATE results SET epochs = 11 WHERE id = ?", (identity,))
        connection.execute("UPDATE traces SET steps_per_epoch = 9 WHERE id <> ?", (identity,))
    differs = call("run", sealed, "--out", tmp_path)
    assert differs.exit_code == 1
    assert "0 runs identical to the bit, 4 with the same times, 1 that differ" in " ".join(differs.stdout.split())
    assert f"run {identity}" in differs.stderr
    assert "epochs 12 and then 11" in differs.stderr


def changed(sealed: Path, to: Path, edit: Callable[[dict[str, bytes]], None]) -> Path:
    """A capsule with other members, its list left as it is unless `edit` changes it."""
    with zipfile.ZipFile(sealed) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    edit(members)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return to


def listed(members: dict[str, bytes], /, **changes: object) -> None:
    members["capsule.json"] = json.dumps(json.loads(members["capsule.json"]) | changes).encode()


def lying(members: dict[str, bytes]) -> None:
    """The ledger is said to be a single byte."""
    entries = json.loads(members["capsule.json"])["members"]
    entries["ledger.sqlite"]["bytes"] = 1
    listed(members, members=entries)


def boundless(members: dict[str, bytes]) -> None:
    entries = json.loads(members["capsule.json"])["members"]
    entries["ledger.sqlite"]["bytes"] = 2**60
    listed(members, members=entries)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda members: members.update({"../evil": b"x"}), "found '../evil' only in the file or only in its list"),
        (lambda members: members.update({"/etc/evil": b"x"}), "found '/etc/evil' only in the file"),
        (lambda members: members.pop("ledger.sqlite"), "found 0 members ledger.sqlite, expected one"),
        (lambda members: members.pop("report/index.html"), "found 'report/index.html' only in the file or only"),
        (lambda members: members.update({"suite.yaml": b"name: other"}), "suite.yaml: found other bytes than were sea"),
        (lambda members: members.update({"ledger.sqlite": b"x" * 99}), "ledger.sqlite: found other bytes than were se"),
        (lambda members: members.update({"capsule.json": b"{"}), "capsule.json: found no list of members"),
        (lambda members: members.update({"capsule.json": b"[]"}), "capsule.json: found no list of members"),
        (lambda members: listed(members, members={"suite.yaml": 3}), "capsule.json: found no list of members"),
        (lambda members: listed(members, capsule=2), "capsule.json: found a capsule of form 2, expected 1"),
        (lying, "ledger.sqlite: found other bytes than were sealed"),
        (boundless, "ledger.sqlite: found 1152921504606846976 bytes, expected at most"),
    ],
)
def test_a_capsule_that_is_not_whole_is_refused_and_nothing_written(
    sealed: Path, tmp_path: Path, edit: Callable[[dict[str, bytes]], None], said: str
) -> None:
    bad = changed(sealed, tmp_path / "bad.zip", edit)
    refused = call("run", bad, "--out", tmp_path / "out")
    assert refused.exit_code == 2, refused.output
    (line,) = refused.stderr.strip().splitlines()
    assert said in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.zip"]


def test_a_capsule_is_done_again_in_no_other_ledger(
    sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = call("run", sealed, "--store", tmp_path / "mine.sqlite", "--out", tmp_path / "out")
    assert refused.exit_code == 2
    assert "a capsule is done again in a ledger of its own, under --out" in " ".join(refused.stderr.split())
    assert not list(tmp_path.iterdir())
    monkeypatch.setenv("GROKSCOPE_STORE", str(tmp_path / "usual.sqlite"))
    assert call("run", sealed, "--out", tmp_path / "out").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_no_zip_or_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.zip").write_bytes(content)
    refused = call("run", tmp_path / "bad.zip", "--out", tmp_path / "out")
    assert refused.exit_code == 2
    assert len(refused.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def opened_or_said(path: Path, out: Path) -> tuple[Capsule | None, str]:
    try:
        return open_capsule(path, out=out), ""
    except InputError as error:
        return None, str(error)


def test_a_flipped_bit_anywhere_is_seen(sealed: Path, tmp_path: Path) -> None:
    content = sealed.read_bytes()
    rng = np.random.default_rng(0)
    for at in rng.integers(0, len(content), 60):
        flipped = bytearray(content)
        flipped[at] ^= 1 << int(rng.integers(8))
        (tmp_path / "bad.zip").write_bytes(flipped)
        inside, said = opened_or_said(tmp_path / "bad.zip", tmp_path / "out")
        if inside is not None:  # it was in the report, which is not unpacked, or in the zip's own padding
            with zipfile.ZipFile(sealed) as archive:
                assert inside.recorded.read_bytes() == archive.read("ledger.sqlite")
        else:
            assert "bad.zip" in said
            assert "\n" not in said
