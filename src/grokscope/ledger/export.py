"""A suite's runs and traces as Parquet, for whatever reads tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from grokscope.folders import atomic_write
from grokscope.ledger import Ledger
from grokscope.ledger.database import batches
from grokscope.measurements.trace import CORE

RUNS_AT_ONCE = 100
COMPRESSION = "zstd"
TRACE_SCHEMA = pa.schema(
    [("id", pa.string()), ("epoch", pa.int64()), ("steps", pa.int64())] + [(name, pa.float64()) for name in CORE]
)


SIGNAL_SCHEMA = pa.schema(
    [("id", pa.string()), ("epoch", pa.int64()), ("signal", pa.string()), ("value", pa.float64())]
)


def export(ledger: Ledger, suite: str, folder: Path) -> list[Path]:
    """Write `runs.parquet` (a row a run, the columns of `Ledger.runs`), `traces.parquet` (a row an epoch, with the
    run's `id`) and `suite.yaml`; each replaces an earlier one at once. Their paths.

    Where runs have signals, `signals.parquet`, too: a row a value, with the run's `id`, `epoch` and the column's name.

    Raises:
        LedgerError: there is no such suite.
        OSError: the folder cannot be written.
    """
    runs = ledger.runs(suite=suite)
    text = ledger.suite_text(suite)
    paths = [folder / name for name in ("runs.parquet", "traces.parquet", "suite.yaml")]
    with atomic_write(paths[0]) as new:
        runs.to_parquet(new, index=False, compression=COMPRESSION)
    with atomic_write(paths[1]) as new:
        _write_traces(ledger, runs, new)
    with atomic_write(paths[2]) as new:
        new.write_text(text, encoding="utf-8")
    signals = folder / "signals.parquet"
    if "signals" not in runs or runs["signals"].isna().all():
        signals.unlink(missing_ok=True)  # of an earlier export, whose runs had some
        return paths
    with atomic_write(signals) as new:
        _write_signals(ledger, runs, new)
    return [*paths, signals]


def _write_signals(ledger: Ledger, runs: pd.DataFrame, path: Path) -> None:
    with pq.ParquetWriter(path, SIGNAL_SCHEMA, compression=COMPRESSION) as writer:
        done = runs.loc[(runs["status"] == "done") & runs["signals"].notna(), "id"]
        for batch in batches(list(done), RUNS_AT_ONCE):
            for identity, columns in ledger.traces(batch).items():
                for name in sorted(columns.keys() - {*CORE, "steps"}):
                    writer.write_table(_signal_table(identity, name, columns[name]))


def _signal_table(identity: str, name: str, column: np.ndarray) -> pa.Table:
    """The values of a signal that there are: not those between its epochs."""
    at = np.flatnonzero(~np.isnan(column))
    columns = {"id": [identity] * len(at), "epoch": at + 1, "signal": [name] * len(at)}
    return pa.table(columns | {"value": column[at].astype(np.float64)}, schema=SIGNAL_SCHEMA)


def _write_traces(ledger: Ledger, runs: pd.DataFrame, path: Path) -> None:
    with pq.ParquetWriter(path, TRACE_SCHEMA, compression=COMPRESSION) as writer:
        for table in _trace_tables(ledger, list(runs.loc[runs["status"] == "done", "id"])):
            writer.write_table(table)


def _trace_tables(ledger: Ledger, identities: list[str]) -> Iterator[pa.Table]:
    for batch in batches(identities, RUNS_AT_ONCE):
        for identity, columns in ledger.traces(batch).items():
            epochs = len(columns["steps"])
            yield pa.table(
                {"id": [identity] * epochs, "epoch": np.arange(1, epochs + 1)}
                | {name: np.asarray(columns[name]) for name in TRACE_SCHEMA.names[2:]},
                schema=TRACE_SCHEMA,
            )
