"""Traces come back to the bit, and damage is seen."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sqlalchemy import select, update

from grokscope.ledger import Ledger, LedgerError, tables
from grokscope.ledger.database import writing_to
from grokscope.ledger.export import export
from grokscope.ledger.traces import packed, unpacked
from grokscope.measurements.trace import CORE, Trace
from grokscope.probes.signals.norms import WeightNorm
from grokscope.training.outcomes import Finished

from .untrained_runs import PROVENANCE, finished, groks, trace

WIDTH = len(CORE)
BITS = st.integers(0, 30).flatmap(lambda epochs: arrays(np.uint32, (WIDTH, epochs)))


@settings(max_examples=60, deadline=None)
@given(BITS, st.sampled_from([np.float32, np.float64]))
def test_any_bits_come_back(bits: np.ndarray, dtype: type) -> None:
    matrix = bits.view(np.float32) if dtype is np.float32 else np.repeat(bits, 2, axis=1).view(np.float64)
    columns = unpacked("f00", **packed(Trace(*matrix).columns, 7))
    assert columns["steps"].tolist() == [7 * epoch for epoch in range(1, matrix.shape[1] + 1)]
    for name, column in zip(CORE, matrix, strict=True):
        assert columns[name].dtype == dtype
        assert columns[name].tobytes() == column.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_trace_comes_back_through_the_ledger(ledger: Ledger, dtype: type) -> None:
    made = trace(4, dtype=dtype)
    made = dataclasses.replace(made, val_loss=np.array([np.nan, np.inf, -np.inf, -0.0], dtype))
    run = groks()
    ledger.record(Finished(run, made, run.measurement.result(run, made), PROVENANCE))
    frame = ledger.trace(run)
    assert list(frame.index) == [1, 2, 3, 4]
    assert frame.index.name == "epoch"
    assert list(frame.columns) == [*CORE, "steps"]
    assert list(frame["steps"]) == [run.steps_per_epoch * epoch for epoch in (1, 2, 3, 4)]
    assert all(frame[name].to_numpy().tobytes() == getattr(made, name).tobytes() for name in CORE)


def test_many_at_once_in_the_order_asked_for(ledger: Ledger) -> None:
    outcomes = [finished(groks(seed), epochs=seed + 1) for seed in range(5)]
    ledger.record_all(outcomes)
    wanted = [outcome.run.identity for outcome in reversed(outcomes)]
    found = ledger.traces([*wanted, "0" * 20])
    assert list(found) == wanted
    assert [len(columns["steps"]) for columns in found.values()] == [5, 4, 3, 2, 1]
    assert np.array_equal(found[wanted[0]]["val_acc"], outcomes[4].trace.val_acc)


def test_a_run_without_a_trace(ledger: Ledger) -> None:
    ledger.register("s", "", [groks()])
    with pytest.raises(LedgerError, match="found no trace"):
        ledger.trace(groks())


@pytest.mark.parametrize("at", [0, 20, -1])
def test_a_flipped_bit_is_seen(ledger: Ledger, at: int) -> None:
    run = groks()
    ledger.record(finished(run))
    with writing_to(ledger._engine) as connection:
        data = bytearray(connection.scalar(select(tables.traces.c.data)))
        data[at] ^= 16
        connection.execute(update(tables.traces).values(data=bytes(data)))
    with pytest.raises(LedgerError, match=f"run {run.identity}: its trace is damaged"):
        ledger.trace(run)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (np.zeros(4, np.float32), "found columns of shapes"),
        (np.zeros((5, 1), np.float32), "found columns of shapes"),
        (np.zeros(5, np.complex64), "found complex64 numbers"),
    ],
)
def test_what_is_no_trace_is_not_kept(ledger: Ledger, column: np.ndarray, words: str) -> None:
    good = finished(groks())
    trace: Any = SimpleNamespace(columns=good.trace.columns | {"val_acc": column})
    bad = Finished(good.run, trace, good.result, PROVENANCE)
    with pytest.raises(LedgerError, match=words):
        ledger.record_all([finished(groks(1)), bad])
    assert ledger.runs().empty


def test_signals_come_back_and_are_exported_at_their_epochs(ledger: Ledger, tmp_path: Path) -> None:
    run = dataclasses.replace(groks(), signals=(WeightNorm(of="whole", every=2),))
    plain = trace(4)
    made = Trace.of(plain.columns | {"weight_norm": np.array([np.nan, 2, np.nan, 4], np.float32)})
    ledger.register("s", "", [run])
    ledger.record(Finished(run, made, run.measurement.result(run, made), PROVENANCE))
    assert list(ledger.trace(run).columns) == [*CORE, "weight_norm", "steps"]
    assert np.array_equal(ledger.source(run.identity).trace["weight_norm"], made["weight_norm"], equal_nan=True)
    assert ledger.source(run.identity).signals == (run.signals[0].to_dict(),)
    assert list(ledger.runs()["signals"]) == ["weight_norm every 2 of whole"]
    export(ledger, "s", tmp_path)
    frame = pd.read_parquet(tmp_path / "signals.parquet")
    assert list(frame.columns) == ["id", "epoch", "signal", "value"]
    assert [tuple(row) for row in frame.itertuples(index=False)] == [
        (run.identity, 2, "weight_norm", 2.0),
        (run.identity, 4, "weight_norm", 4.0),
    ]
