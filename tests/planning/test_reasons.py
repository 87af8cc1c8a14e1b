"""A grown suite trains only what is new; what a trace contains is read from it, exactly as training would leave it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load

from grokscope import AdamW, Run, Seeds
from grokscope.api import prepare
from grokscope.ledger import Ledger, open_ledger
from grokscope.measurements import Capacity, Groks, Speed, Trace
from grokscope.nets import Transformer
from grokscope.planning.plan import plan_suite
from grokscope.planning.reasons import find_nearest, record_derivable
from grokscope.suite import parse_suite
from grokscope.tasks import Modular, RandomLabels
from grokscope.training.derive import Source, derive_finished, end_epoch_within, truncate
from grokscope.training.outcomes import Finished
from grokscope.training.train import train
from ledger.untrained_runs import failed, finished, groks

LONG = Run(
    RandomLabels(13, 50),
    Transformer(8, dropout=0.0),
    AdamW(3e-3, 0.0),
    Speed(threshold=1.0, stop_on="both"),
    Seeds.all(1),
    batch_size=32,
    max_epochs=150,
    keep="final",
)
GROKS = Run(
    Modular(13), Transformer(8), AdamW(3e-3), Groks(1.0, 1.0), Seeds.all(3), batch_size=32, max_epochs=90, keep="final"
)


@pytest.fixture(scope="module")
def long() -> Finished:
    return train(LONG)


@pytest.fixture(scope="module")
def grokked() -> Finished:
    return train(GROKS)


def source(done: Finished) -> Source:
    return Source(done.run.identity, done.trace, done.provenance, done.params)


def matrix(trace: Trace) -> np.ndarray:
    return np.array(list(trace.columns.values()))


def same(one: Finished, other: Finished) -> None:
    """Everything but when, and how long it took."""
    assert one.run == other.run
    assert one.result == other.result
    for name, column in one.trace.columns.items():
        assert column.tobytes() == other.trace[name].tobytes(), name


@pytest.mark.parametrize(
    "changes",
    [
        {"measurement": Speed(threshold=0.7)},
        {"measurement": Speed(threshold=0.9, patience=4)},
        {"measurement": Speed(threshold=0.8, stop_on="eval")},
        {"measurement": Capacity(patience=3, min_delta=0.3)},
        {"measurement": Capacity(patience=100), "max_epochs": 20},
        {"max_epochs": 7},
        {"measurement": Speed(threshold=0.0), "max_epochs": 1},
    ],
)
def test_what_is_derived_is_what_training_leaves(long: Finished, changes: dict[str, Any]) -> None:
    run = dataclasses.replace(LONG, keep="nothing", **changes)
    assert run.training == LONG.training
    read = derive_finished(run, source(long))
    assert read is not None
    same(read, train(run))
    assert read.trace.epochs < long.trace.epochs
    assert (read.provenance.derived_from, read.provenance.seconds) == (LONG.identity, 0.0)
    assert read.provenance.host == long.provenance.host


@pytest.mark.parametrize(
    "changes",
    [
        {"measurement": Groks(0.6, 0.1)},
        {"measurement": Groks(0.5, 0.2, stop_on="both")},
        {"measurement": Groks(1.0, 1.0, patience=5, min_delta=0.01)},
        {"measurement": Groks(0.99, 0.99), "max_epochs": 33},
        {"measurement": Speed(threshold=0.6)},
        {"measurement": Capacity(patience=2, min_delta=0.02)},
    ],
)
def test_so_it_is_with_validation_and_dropout(grokked: Finished, changes: dict[str, Any]) -> None:
    run = dataclasses.replace(GROKS, keep="nothing", **changes)
    read = derive_finished(run, source(grokked))
    assert read is not None
    same(read, train(run))


measurements = st.one_of(
    st.builds(Speed, st.floats(0, 1), st.integers(0, 5), st.sampled_from(["running", "eval", "both"])),
    st.builds(Groks, st.floats(0, 1), st.floats(0, 1), st.integers(-1, 9), st.floats(0, 0.1)),
    st.builds(Capacity, st.integers(1, 40), st.floats(0, 0.1)),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(measurements, st.integers(1, 200))
def test_an_end_within_a_trace_is_the_end_within_any_longer_one(
    grokked: Finished, measurement: Any, max_epochs: int
) -> None:
    """A run that ends within part of a trace ends there by all of it; one that does not, needs more than the part."""
    run = dataclasses.replace(GROKS, measurement=measurement, max_epochs=max_epochs, keep="nothing")
    whole = end_epoch_within(run, grokked.trace)
    for epochs in (1, 10, 89):
        part = end_epoch_within(run, truncate(grokked.trace, epochs))
        assert part == (whole if whole is not None and whole <= epochs else None)


def test_parameters_are_only_had_from_a_run_that_ended_there(long: Finished) -> None:
    ended = long.trace.epochs
    there = dataclasses.replace(LONG, max_epochs=ended)
    read = derive_finished(there, source(long))
    assert read is not None
    trained = train(there)
    same(read, trained)
    assert read.params == trained.params
    assert load(read.params or b"").keys() == load(long.params or b"").keys()
    assert derive_finished(dataclasses.replace(LONG, max_epochs=5), source(long)) is None
    assert derive_finished(there, source(long)._replace(params=None)) is None


def test_snapshots_are_not_had_without_training(long: Finished) -> None:
    run = dataclasses.replace(LONG, keep="nothing", max_epochs=5, snapshot_every=2)
    assert run.training == LONG.training
    assert derive_finished(run, source(long)) is None


def test_a_longer_run_is_not_contained(grokked: Finished) -> None:
    longer = dataclasses.replace(GROKS, max_epochs=200)
    assert longer.training == GROKS.training
    assert end_epoch_within(longer, grokked.trace) is None
    assert derive_finished(longer, source(grokked)) is None


def test_what_derives_from_a_derived_run_names_the_run_that_was_trained(long: Finished) -> None:
    first = derive_finished(dataclasses.replace(LONG, keep="nothing", max_epochs=9), source(long))
    assert first is not None
    second = derive_finished(dataclasses.replace(LONG, keep="nothing", max_epochs=4), source(first))
    assert second is not None
    assert second.provenance.derived_from == LONG.identity


@pytest.mark.parametrize(
    "change",
    [
        {"seeds": Seeds(1, 1, 1, 2)},
        {"batch_size": 16},
        {"precision": "float64"},
        {"optimiser": AdamW(3e-3, 0.1)},
        {"net": Transformer(8, dropout=0.1)},
        {"task": RandomLabels(13, 51)},
    ],
)
def test_whatever_the_parameters_feel_is_another_training(change: dict[str, Any]) -> None:
    assert dataclasses.replace(LONG, **change).training != LONG.training


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.db") as opened:
        yield opened


def test_the_ledger_gives_back_what_a_run_is_derived_from(ledger: Ledger, long: Finished) -> None:
    ledger.record(long)
    read = ledger.source(LONG.identity)
    assert read.params == long.params
    assert np.array_equal(matrix(read.trace), matrix(long.trace), equal_nan=True)
    assert read.provenance.versions == long.provenance.versions
    run = dataclasses.replace(LONG, keep="nothing", max_epochs=6)
    seen: list[Finished] = []
    assert record_derivable(ledger, [run], watch=seen.append) == []
    shown = ledger.show(run)
    assert (shown["status"], shown["trace_epochs"]) == ("done", 6)
    assert shown["provenance"]["derived_from"] == LONG.identity
    same(seen[0], train(run))
    assert shown["result"] == seen[0].result._asdict()


def test_of_several_sources_the_one_that_serves_is_taken(ledger: Ledger) -> None:
    def fields(**more: Any) -> dict[str, Any]:
        return {"keep": "final", **more}

    short, whole = groks(0, **fields(max_epochs=4)), groks(0, **fields(max_epochs=9))
    ledger.record_all([finished(short, epochs=4, params=True), finished(whole, epochs=9, params=True)])
    wanted = [groks(0, **fields(max_epochs=4, batch_size=512)), groks(0, max_epochs=3), groks(0, max_epochs=12)]
    other = dataclasses.replace(short, measurement=Groks(0.98, 0.98))
    found = {
        run.identity: (near.source.identity, near.enough) for run, near in find_nearest(ledger, [*wanted[1:], other])
    }
    assert found == {
        wanted[1].identity: (whole.identity, True),
        wanted[2].identity: (whole.identity, False),
        other.identity: (short.identity, True),
    }


GROWN = """
name: growing
defaults: {{operation: "/", primes: [13], seeds: {seeds}, dims: {dims}, max_epochs: {epochs}}}
experiments:
  groks: {{type: groks, early_stopping_val: {thresholds}}}
"""


def suite(seeds: str = "[0, 1]", dims: str = "[8]", epochs: int = 40, thresholds: str = "[0.99]") -> Any:
    return parse_suite(GROWN.format(seeds=seeds, dims=dims, epochs=epochs, thresholds=thresholds))


def test_a_grown_suite_has_only_the_new_runs_to_do(ledger: Ledger) -> None:
    before = suite()
    todo = prepare(before, ledger)
    assert len(todo) == 2
    ledger.record_all([finished(run, epochs=40) for run in todo])
    assert prepare(before, ledger) == []
    more = suite(seeds="[0, 1, 2]", dims="[8, 12]")
    todo = prepare(more, ledger)
    assert {(run.seeds.data, run.net.dim) for run in todo} == {(2, 8), (0, 12), (1, 12), (2, 12)}
    assert record_derivable(ledger, todo) == todo


def test_shorter_and_laxer_runs_are_read_and_longer_ones_trained(ledger: Ledger) -> None:
    ledger.record_all([finished(run, epochs=40) for run in prepare(suite(), ledger)])
    laxer = suite(epochs=30, thresholds="[0.99, 0.0]")
    assert record_derivable(ledger, prepare(laxer, ledger)) == []
    assert set(ledger.states(suite="growing").values()) == {"done"}
    longer = prepare(suite(epochs=50), ledger)
    assert len(longer) == 2
    assert record_derivable(ledger, longer) == longer


def test_a_plan_says_why(ledger: Ledger, tmp_path: Path) -> None:
    base = suite(seeds="[0, 1, 2, 3]")
    runs = prepare(base, ledger)
    ledger.leases("me").claim([run.identity for run in runs[1:3]])
    ledger.record_all([finished(runs[0], epochs=40), failed(runs[1], "Traceback\nValueError: odd")])
    grown = suite(seeds="[0, 1, 2, 3, 4]", thresholds="[0.99, 0.5]")
    plan = plan_suite(grown, tmp_path / "ledger.db")
    (share,) = (share for share in plan.measurements.values() if share.runs)
    assert (share.runs, share.done, share.derivable, share.running, share.failed, share.new) == (10, 1, 1, 1, 1, 6)
    why = {reason.id: reason for reason in plan.reasons}
    assert why[runs[0].identity].verdict == "done"
    assert why[runs[1].identity].why == "failed 1 times, the last time: ValueError: odd"
    assert why[runs[2].identity].verdict == "running"
    assert why[runs[3].identity].why == "asked for and not begun"
    (from_trace,) = (reason for reason in plan.reasons if reason.verdict == "derivable")
    assert runs[0].identity in from_trace.why
    assert [reason.id for reason in plan.reasons] == [run.identity for run in grown.runs]
    longer = plan_suite(suite(seeds="[0]", epochs=50), tmp_path / "ledger.db")
    assert longer.reasons[0].why.endswith("is the same training, but ended sooner, after 40 epochs")
    kept = dataclasses.replace(runs[0], keep="final", max_epochs=20)
    ((_, near),) = find_nearest(ledger, [kept])
    assert (near.end, near.enough) == (20, False)
    assert plan.to_dict(reasons=True)["runs"][0]["verdict"] == "done"
    assert "runs" not in plan.to_dict()
