"""Which runs are found, and how they look as a frame and as records."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import update

from grokscope.ledger import Ledger, LedgerError, tables
from grokscope.ledger.database import writing_to
from grokscope.measurements import Groks, Result
from grokscope.spec import SpecError
from grokscope.tasks import Modular

from .untrained_runs import failed, finished, groks, speed


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    ledger.register("wide", "", [groks(0, dim=16), groks(0, dim=8), groks(1, dim=8), speed(0)])
    ledger.register("other", "", [groks(0, p=17)])
    ledger.record_all([finished(groks(0, dim=8), t_gen=None, t_mem_eval=3), failed(speed(0))])
    return ledger


@pytest.mark.parametrize(
    ("filters", "n"),
    [
        ({}, 5),
        ({"suite": "wide"}, 4),
        ({"measurement": "speed"}, 1),
        ({"measurement": "nosuch"}, 0),
        ({"status": "done"}, 1),
        ({"where": {"net.dim": 8}}, 4),
        ({"where": {"net.dim": [8, 16], "seeds.data": 0}}, 4),
        ({"where": {"dim": 16}}, 1),
        ({"where": {"p": {13, 17}, "task.kind": "modular"}}, 4),
        ({"where": {"task.n": 50}}, 1),
        ({"where": {"task.n": None}}, 4),
        ({"where": {"t_mem_eval": 3}}, 1),
        ({"where": {"t_mem_eval": [3, None]}}, 5),
        ({"where": {"batch_size": 512, "precision": "float32"}}, 5),
        ({"where": {"p": []}}, 0),
        ({"suite": "wide", "status": "pending", "where": {"dim": 8}}, 1),
    ],
)
def test_filters(filled: Ledger, filters: dict[str, Any], n: int) -> None:
    assert len(filled.runs(**filters)) == n
    assert len(filled.records(**filters)) == n


def test_a_field_or_a_status_that_is_not_there(filled: Ledger) -> None:
    with pytest.raises(LedgerError, match=r"where: found 'net.dims', expected a field such as net.dim"):
        filled.runs(where={"net.dims": 8})
    with pytest.raises(LedgerError, match="expected one of pending, running, done, failed"):
        filled.runs(status="completed")


def test_the_frame(filled: Ledger) -> None:
    frame = filled.runs().set_index("id")
    done, waiting = frame.loc[groks(0, dim=8).identity], frame.loc[groks(1, dim=8).identity]
    assert (done["task.p"], done["net.dim"], done["optimiser.lr"], done["seeds.data"]) == (13, 8, 1e-3, 0)
    assert (done["epochs"], done["t_mem_eval"], done["host"], done["layout"]) == (5, 3, "here", 4)
    assert done["started"] == pd.Timestamp("2026-01-02T03:04:05Z")
    assert np.isnan(done["t_gen"])
    assert np.isnan(waiting["epochs"])
    assert waiting["started"] is pd.NaT
    assert waiting["error"] is None
    assert frame.loc[speed(0).identity, "error"].startswith("Traceback")
    assert set(Result._fields) <= set(frame.columns)


def test_what_a_runs_data_are_is_known_before_it_is_done(filled: Ledger) -> None:
    frame = filled.runs().set_index("id")
    facts = ["role", "probe", "n_train", "n_val", "classes", "dataset_bits", "group_axis", "group"]
    bits = 78 * np.log2(15)
    assert frame.loc[groks(1, dim=8).identity, facts].tolist() == ["task", "task", 78, 78, 15, bits, "p", 13]
    assert frame.loc[speed(0).identity, facts[:4]].tolist() == ["random", "random", 50, 0]
    assert len(filled.runs(where={"role": "task", "group": 13})) == 3
    assert len(filled.runs(where={"dataset_bits": bits})) == 3


def test_a_role_that_nobody_knows_is_refused(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Modular, "role", "teacher")
    with pytest.raises(SpecError, match="role: found 'teacher', expected one of task, random, shuffled, of a task"):
        ledger.register("strange", "", [groks(0)])


def test_a_run_of_a_study_with_tasks_of_its_own_is_kept(ledger: Ledger) -> None:
    class Other:
        identity, training, spec, measurement = "0" * 20, "0" * 20, {"seeds": {"data": 1}, "task": {"n": 3}}, Groks()
        task, net, n_params, steps_per_epoch = object(), object(), 12, 1

    ledger.register("other", "", [Other()])
    (row,) = ledger.runs().to_dict("records")
    assert (row["n_params"], row["task.n"], row["role"], row["dim"]) == (12, 3, None, None)
    assert np.isnan(row["dataset_bits"])


def test_kinds_of_numbers_do_not_depend_on_what_has_been_done(filled: Ledger) -> None:
    numbers = [name for name, kind in tables.RESULT_TYPES.items() if kind is not str and name != "n_params"]
    for frame in (filled.runs(), filled.runs(status="done"), filled.runs(measurement="nosuch")):
        assert {str(frame[name].dtype) for name in [*numbers, "layout", "seconds", "failed_epoch"]} == {"float64"}
        assert {str(frame[name].dtype) for name in ("attempts", "n_params")} == {"int64"}
        assert {str(frame[name].dtype) for name in ("created", "started", "ended")} == {"datetime64[ns, UTC]"}


def test_records_are_plain_json(filled: Ledger) -> None:
    records = {record["id"]: record for record in filled.records()}
    assert json.loads(json.dumps(records, allow_nan=False)) == records
    done, broken = records[groks(0, dim=8).identity], records[speed(0).identity]
    assert done["spec"] == groks(0, dim=8).spec
    assert (done["result"]["t_gen"], done["result"]["t_mem_eval"]) == (None, 3)
    assert (broken["result"], broken["provenance"]["host"]) == (None, "here")
    assert records[groks(1).identity]["provenance"] is None


def test_a_damaged_spec_is_one_line(filled: Ledger) -> None:
    with writing_to(filled._engine) as connection:
        connection.execute(update(tables.runs).values(spec="{"))
    for ask in (filled.runs, filled.records):
        with pytest.raises(LedgerError, match=r"spec: found '\{'"):
            ask()
