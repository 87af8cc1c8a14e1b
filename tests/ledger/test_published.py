"""Registries of the published code: believed in nothing, and never among our own runs unasked."""

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grokscope.ledger import Ledger, LedgerError
from grokscope.suite import SuiteError, run_from_spec

from . import untrained_runs
from .registry import capacity, groks, registry, speed


@pytest.fixture
def three(tmp_path: Path) -> Path:
    return registry(tmp_path / "theirs", capacity(), speed(), groks())


def imported(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """By measurement."""
    records = ledger.records(imported=True)
    return {record["measurement"]: record for record in records if record["origin"] is not None}


def test_every_kind_of_run_in_our_words(ledger: Ledger, three: Path) -> None:
    came = ledger.import_registry(three)
    assert (came.new, came.known, came.left_out, dict(came.unfinished)) == (3, 0, [], {})
    runs = imported(ledger)
    held, fast, slow = (runs[kind]["result"] for kind in ("capacity", "speed", "groks"))
    assert (held["total_bits"], held["final_running_acc"], held["final_train_loss"]) == (190.0, 0.75, 0.5)
    assert held["dataset_bits"] == pytest.approx(60 * np.log2(15))
    assert (fast["t_mem_running"], fast["final_running_acc"], fast["stopped"]) == (20, 0.995, "rule")
    assert (fast["epochs"], fast["steps"]) == (20, 60)
    assert (slow["t_gen"], slow["final_running_acc"], slow["final_val_acc"]) == (38, 0.97, 1.0)
    assert (slow["t_mem_running"], slow["t_mem_eval"], fast["t_mem_eval"]) == (None, None, None)
    assert (runs["speed"]["role"], runs["speed"]["n_train"], runs["speed"]["group"]) == ("random", 78, 13)
    assert [runs[kind]["dataset_bits"] for kind in runs] == [runs[kind]["result"]["dataset_bits"] for kind in runs]
    assert (runs["speed"]["p"], runs["speed"]["dim"], runs["speed"]["n_params"]) == (13, 8, 2328)


def test_what_the_published_identity_leaves_out_is_unknown(ledger: Ledger, three: Path) -> None:
    ledger.import_registry(three)
    runs = imported(ledger)
    assert runs["speed"]["spec"]["measurement"] == {
        "kind": "speed",
        "threshold": None,
        "patience": None,
        "stop_on": None,
    }
    assert runs["groks"]["spec"]["measurement"]["val_threshold"] == 0.99
    assert runs["groks"]["spec"]["measurement"]["train_threshold"] is None
    spec = runs["capacity"]["spec"]
    assert (spec["net"]["rotary"], spec["optimiser"]["eps"], spec["precision"]) == (None, None, None)
    assert (spec["protocol"], spec["run"], spec["seeds"]["data"]) == ("published", "aaaaaaaaaaaa", 42)
    with pytest.raises(SuiteError, match=r"spec\.protocol: found 'published', expected 1"):
        run_from_spec(spec)


def test_traces_are_fractions_whatever_the_units_were(ledger: Ledger, three: Path) -> None:
    ledger.import_registry(three)
    runs = imported(ledger)
    traces = {kind: ledger.trace(runs[kind]["id"]) for kind in runs}
    assert traces["capacity"]["running_acc"].iloc[-1] == 0.75
    assert traces["speed"]["running_acc"].iloc[-1] == pytest.approx(0.995)
    assert traces["speed"]["steps"].iloc[-1] == 60
    assert traces["groks"]["val_acc"].iloc[-1] == 1.0
    assert traces["groks"][["running_loss", "train_acc", "val_loss", "param_norm"]].isna().all(axis=None)


def test_where_it_came_from_and_what_it_says_of_itself(ledger: Ledger, three: Path) -> None:
    ledger.import_registry(three)
    record = imported(ledger)["groks"]
    assert record["origin"] == str((three / "registry.db").resolve())
    provenance = record["provenance"]
    assert (provenance["version"], provenance["git"], provenance["host"]) == ("published", "abc1234+", "node7")
    assert (provenance["device"], provenance["seconds"], provenance["layout"]) == ("A100", 60.0, None)
    assert record["started"] == "2026-05-01T10:00:00.000+00:00"
    assert ledger.origins() == {record["origin"]: 3}
    assert ledger.show(record["id"])["trace_epochs"] == 40


def test_imported_runs_are_among_no_others_unasked(ledger: Ledger, three: Path) -> None:
    run = untrained_runs.groks(seed=42)
    ledger.register("mine", "", [run])
    ledger.record(untrained_runs.finished(run))
    before = ledger.runs(), ledger.records(), ledger.status_counts(), ledger.runs_by_training([run.training])
    ledger.import_registry(three)
    after = ledger.runs(), ledger.records(), ledger.status_counts(), ledger.runs_by_training([run.training])
    assert after[0].equals(before[0])
    assert after[1:] == before[1:]
    assert len(ledger.runs(imported=True)) == 4
    with_theirs = ledger.runs(suite="mine", imported=True)
    assert list(with_theirs["origin"].isna()) == [True, False, False, False]
    assert list(ledger.runs(suite="mine")["id"]) == [run.identity]


def test_importing_again_adds_nothing(ledger: Ledger, three: Path) -> None:
    ledger.import_registry(three)
    before = ledger.records(imported=True)
    again = ledger.import_registry(three / "registry.db")
    assert (again.new, again.known) == (0, 3)
    assert ledger.records(imported=True) == before


def test_runs_that_are_not_completed_stay_out(ledger: Ledger, tmp_path: Path) -> None:
    rows = [speed(f"{n:012x}", status=status) for n, status in enumerate(("pending", "failed", "failed", "completed"))]
    came = ledger.import_registry(registry(tmp_path / "r", *rows))
    assert (came.new, dict(came.unfinished)) == (1, {"pending": 1, "failed": 2})


def test_a_run_that_never_arrived_is_censored(ledger: Ledger, tmp_path: Path) -> None:
    never = speed(epochs_trained=20, max_epochs=20, saturated=0, saturation_epoch=20.0)
    slow = groks(grokking_epoch=None)
    ledger.import_registry(registry(tmp_path / "r", never, slow))
    runs = imported(ledger)
    assert (runs["speed"]["result"]["t_mem_running"], runs["speed"]["result"]["stopped"]) == (None, "max_epochs")
    assert runs["groks"]["result"]["t_gen"] is None


def test_capacity_on_modular_data(ledger: Ledger, tmp_path: Path) -> None:
    ledger.import_registry(registry(tmp_path / "r", capacity(dataset_type="modular", n_samples=78, operation="+")))
    task = imported(ledger)["capacity"]["spec"]["task"]
    assert (task["kind"], task["op"], task["fraction"]) == ("modular", "+", 78 / 169)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (speed(final_acc=9950.0), "final_acc: found 9950, expected percent"),
        (capacity(final_acc=75.0), "final_acc: found 75, expected a fraction"),
        (speed(saturation_epoch=None), "saturation_epoch: found None, expected a number"),
        (speed(saturation_epoch=21), "saturation_epoch: found 21, expected a whole number from 1 to 20"),
        (groks(grokking_epoch=0), "grokking_epoch: found 0, expected a whole number from 1 to 40"),
        (groks(epochs_trained=41), "epochs_trained: found 41, expected a whole number from 1 to 40"),
        (groks(n_params=1), "n_params: found 1, expected 2328 of a net of these settings"),
        (groks(p=12, n_params=None), "p: found 12, expected a prime number"),
        (groks(p=10**12 + 39), "p: found 1000000000039, expected at most 46340"),
        (groks(dim=7), "dim: found 7, expected a multiple of 2"),
        (groks(dim="wide"), "dim: found 'wide', expected a number"),
        (groks(dim=8.5), "dim: found 8.5, expected a whole number"),
        (groks(lr=float("inf")), "lr: found inf, expected a number"),
        (groks(seed=-1), "data: found -1, expected at least 0"),
        (groks(operation="^"), "op: found '^', expected one of +, -, *, /"),
        (groks(experiment_type="probe"), "experiment_type: found 'probe', expected one of capacity, speed, groks"),
        (groks(architecture_family="rnn"), "architecture_family: found 'rnn', expected one of transformer_gated"),
        (groks(started_at="yesterday"), "time: found 'yesterday', expected UTC in ISO 8601"),
        (groks(started_at=1e300), "time: found 1e+300, expected seconds since 1970"),
        (groks("../../../up"), "run_id: found '../../../up', expected letters and digits"),
        ((groks()[0], None), "data/groks/cccccccccccc/trace.npz: found no file, expected the trace of a completed run"),
        ((groks()[0], {"other": np.zeros(40)}), "trace.npz: found no arrays, expected one of running_acc"),
        (
            (groks()[0], {"train_acc": np.zeros(40), "val_acc": np.zeros(39)}),
            "val_acc: found float64 of shape (39,), expected 40 numbers",
        ),
        ((groks()[0], {"train_acc": np.zeros(40), "val_acc": np.full(40, 101)}), "found 101 to 101, expected 0 to 100"),
        (
            (groks()[0], {"train_acc": np.zeros(40), "val_acc": np.array([{"a": 1}] * 40, dtype=object)}),
            "Object arrays cannot be loaded when allow_pickle=False",
        ),
    ],
)
def test_a_row_that_cannot_be_believed_is_left_out_and_said(
    ledger: Ledger, tmp_path: Path, entry: Any, reason: str
) -> None:
    folder = tmp_path / "r"
    registry(folder, speed("dddddddddddd", seed=1), entry)
    came = ledger.import_registry(folder)
    ((run_id, said),) = came.left_out
    assert reason in said
    assert "\n" not in said
    assert run_id == entry[0]["run_id"]
    assert came.new == 1
    assert len(ledger.runs(imported=True)) == 1


def test_nothing_is_unpickled(ledger: Ledger, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "sprung",))

    trap = np.array([Trap()] * 40, dtype=object)
    came = ledger.import_registry(registry(tmp_path / "r", (groks()[0], {"train_acc": trap, "val_acc": trap})))
    assert len(came.left_out) == 1
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04broken"])
def test_an_archive_that_is_none(ledger: Ledger, three: Path, content: bytes) -> None:
    (three / "data" / "groks" / "cccccccccccc" / "trace.npz").write_bytes(content)
    came = ledger.import_registry(three)
    assert came.new == 2
    assert "expected an archive of arrays" in came.left_out[0][1]


def test_an_archive_too_large_to_unpack(ledger: Ledger, three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grokscope.ledger.published.arrays.MOST_BYTES", 10_000)
    with zipfile.ZipFile(three / "data" / "groks" / "cccccccccccc" / "trace.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train_acc.npy", bytes(1_000_000))
    came = ledger.import_registry(three)
    assert "found 1000000 bytes, expected at most 10000" in came.left_out[0][1]


def test_what_is_no_registry(ledger: Ledger, tmp_path: Path) -> None:
    def refused(path: Path, words: str) -> None:
        with pytest.raises(LedgerError, match=words) as refusal:
            ledger.import_registry(path)
        assert "\n" not in str(refusal.value)
        assert ledger.runs(imported=True).empty

    refused(tmp_path / "none", "found nothing, expected a registry's database or its folder")
    (tmp_path / "folder").mkdir()
    refused(tmp_path / "folder", "found none, expected one database")
    registry(tmp_path / "folder", name="a.db")
    registry(tmp_path / "folder", name="b.sqlite")
    refused(tmp_path / "folder", r"found a.db, b.sqlite, expected one database")
    (tmp_path / "notes.db").write_text("my notes" * 1000)
    refused(tmp_path / "notes.db", "expected a registry of the published code")
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection, connection:
        connection.execute("CREATE TABLE things (a)")
    refused(tmp_path / "other.db", "found no table runs")
    with closing(sqlite3.connect(tmp_path / "lacking.db")) as connection, connection:
        connection.execute("CREATE TABLE runs (p, dim)")
    refused(tmp_path / "lacking.db", "found a table runs without experiment_type, operation")


def test_columns_may_have_other_names(ledger: Ledger, three: Path) -> None:
    with closing(sqlite3.connect(three / "registry.db")) as connection, connection:
        for old, new in {"run_id": "run_uuid", "n_params": "param_count", "host": "hostname"}.items():
            connection.execute(f"ALTER TABLE runs RENAME COLUMN {old} TO {new}")
    assert ledger.import_registry(three).new == 3
    assert imported(ledger)["speed"]["provenance"]["host"] == "node7"


def test_a_registry_is_only_read(ledger: Ledger, three: Path) -> None:
    before = {path: path.read_bytes() for path in three.rglob("*") if path.is_file()}
    ledger.import_registry(three)
    assert {path: path.read_bytes() for path in three.rglob("*") if path.is_file()} == before
