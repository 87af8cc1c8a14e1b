"""A selection as people want it: a frame with a row a run, or plain records for JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from grokscope.ledger.errors import LedgerError
from grokscope.ledger.rows import Row
from grokscope.ledger.selection import RESULT_COLUMNS, Selection
from grokscope.ledger.specs import brief, dotted_columns, parse_spec
from grokscope.ledger.tables import FACTS, PROVENANCE, RESULT_TYPES

TIMES = ("created", "started", "ended")
OWN = (
    *("id", "measurement", "status", "attempts", "error", "failed_epoch", *TIMES),
    *("p", "dim", "n_params", *FACTS, "origin"),
)
RESULT_NAMES = [column.name for column in RESULT_COLUMNS]
WHOLE = ("attempts", "n_params")
FLOATS = {
    *("failed_epoch", "layout", "seconds"),
    *("n_train", "n_val", "classes", "dataset_bits", "group"),
    *(name for name in RESULT_NAMES if RESULT_TYPES[name] is not str),
}
"""Columns of `frame` that are float64 with NaN for what is missing, whatever is in them: ready for NumPy."""


def runs_frame(chosen: Selection) -> pd.DataFrame:
    """A row a run: its own columns, the spec with dotted names, the result, the provenance.

    Results are float64 with NaN, texts are objects with None, times are datetime64 in UTC.
    """
    columns = {name: _column(name, chosen.columns[name]) for name in OWN}
    for name, (values, which) in dotted_columns(chosen.specs).items():
        columns[name] = _infer_array([brief(value) if isinstance(value, list) else value for value in values])[which]
    columns |= {name: _column(name, chosen.columns[name]) for name in (*RESULT_NAMES, *PROVENANCE)}
    return pd.DataFrame(columns)


def _column(name: str, values: Sequence[Any]) -> Any:
    if name in FLOATS:
        return np.array(values, dtype=np.float64)
    if name in WHOLE:
        return np.array(values, dtype=np.int64)
    if name in ("p", "dim"):
        return _infer_array(values)
    texts = np.array(values, dtype=object)
    return to_datetimes(name, texts) if name in TIMES else texts


def to_datetimes(name: str, texts: Sequence[Any] | np.ndarray) -> Any:
    """Texts as datetimes in UTC, NaT for None."""
    try:
        return pd.to_datetime(texts, utc=True, format="ISO8601")
    except (ValueError, TypeError, OverflowError):
        found = next((text for text in texts if text is not None and not _is_time(text)), "times out of range")
        raise LedgerError(f"runs or suites: {name}: found {str(found)[:40]!r}, expected UTC in ISO 8601") from None


def _is_time(text: Any) -> bool:
    try:
        datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return False
    return True


def parse_versions(identity: str, text: str | None) -> Any:
    """Versions of packages as the JSON object that a run's row holds."""
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        raise LedgerError(f"run {identity}: versions: found {str(text)[:40]!r}, expected JSON") from None


def _infer_array(values: Sequence[Any]) -> np.ndarray:
    """The plainest array: whole numbers where every run has one, floats with NaN where some have none."""
    array: np.ndarray = pd.Series(values).to_numpy()
    return array


def run_records(chosen: Selection) -> list[dict[str, Any]]:
    """Runs as plain nested values; `result` and `provenance` are None before there is any."""
    rows = zip(*chosen.columns.values(), strict=True)
    named = (dict(zip(chosen.columns, row, strict=True)) for row in rows)
    return [_record(row, parse_spec(text)) for row, text in zip(named, chosen.specs, strict=True)]


def _record(row: Row, spec: dict[str, Any]) -> dict[str, Any]:
    result = {name: row[name] for name in RESULT_TYPES} if row["has_result"] else None
    provenance = {name: row[name] for name in PROVENANCE} if row["version"] is not None else None
    if provenance is not None:
        provenance["versions"] = parse_versions(row["id"], provenance["versions"])
    return {name: row[name] for name in OWN} | {"spec": spec, "result": result, "provenance": provenance}


def suites_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """A row a suite, its time of registration as a datetime in UTC."""
    table = pd.DataFrame(rows, columns=["name", "hash", "registered", "runs"])
    table["registered"] = to_datetimes("registered", table["registered"])
    return table
