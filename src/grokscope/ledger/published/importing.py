"""From a registry into a ledger: whole runs, each once, marked with where they came from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection

from grokscope.ledger.errors import LedgerError
from grokscope.ledger.published.arrays import trace_in
from grokscope.ledger.published.mapping import map_row
from grokscope.ledger.published.registry import Row, rows
from grokscope.ledger.rows import facts_of, in_utc, now
from grokscope.ledger.specs import spec_text
from grokscope.ledger.tables import results, runs, traces
from grokscope.ledger.traces import packed
from grokscope.ledger.writing import insert_new, statuses_of
from grokscope.run import identity_of
from grokscope.spec import InputError

DONE = "completed"


@dataclass
class Imported:
    """The result of an import.

    Attributes:
        new, known: runs entered, and runs that were there already.
        unfinished: rows of another status than completed, by status; they are not entered.
        left_out: published run id and reason of rows that cannot be believed or have no trace.
    """

    origin: str
    new: int = 0
    known: int = 0
    unfinished: Counter[str] = field(default_factory=Counter)
    left_out: list[tuple[str, str]] = field(default_factory=list)


class Entry(NamedTuple):
    """The rows of one run in the ledger's tables."""

    run: Row
    result: Row
    trace: Row


def entries(database: Path, found: Imported) -> Iterator[Entry]:
    """Every completed run of a registry that can be believed to be whole; `found` is told of the others."""
    for row in rows(database):
        if row["status"] != DONE:
            found.unfinished[str(row["status"])] += 1
            continue
        try:
            yield _entry(row, database)
        except InputError as error:
            found.left_out.append((str(row["run_id"])[:64], str(error)))


def enter(connection: Connection, batch: list[Entry], found: Imported) -> None:
    """Keep the runs that the ledger does not have yet, each whole."""
    by_id = {entry.run["id"]: entry for entry in batch}
    known = statuses_of(connection, list(by_id), lock=False)
    fresh = [entry for identity, entry in by_id.items() if identity not in known]
    for table, rows_of in ((runs, "run"), (results, "result"), (traces, "trace")):
        if fresh:
            connection.execute(insert_new(table, connection.dialect.name), [getattr(entry, rows_of) for entry in fresh])
    found.known += len(batch) - len(fresh)
    found.new += len(fresh)


def _entry(row: Row, database: Path) -> Entry:
    run = map_row(row)
    trace = trace_in(database.parent, run.measurement, run.run_id, run.epochs)
    identity = identity_of(run.spec)
    own = {
        "id": identity,
        "measurement": run.measurement,
        "spec": spec_text(run.spec),
        "dim": run.spec["net"]["dim"],
        "n_params": run.n_params,
        "status": "done",
        "attempts": 1,
        "created": now(),
        "origin": str(database.resolve()),
    } | facts_of(run.task)
    return Entry(
        own | _provenance(row),
        {"id": identity} | run.result,
        {"id": identity} | packed(trace.columns, run.steps_per_epoch),
    )


def _provenance(row: Row) -> Row:
    """What a registry says of where and how; what it does not say stays empty."""
    git = None if row.get("git_hash") is None else f"{row['git_hash']}{'+' if row.get('git_dirty') else ''}"
    seconds = row.get("wall_clock_seconds")
    return {
        "version": "published",
        "git": git,
        "host": _text(row.get("host")),
        "device": _text(row.get("accelerator")),
        "strategy": "imported",
        "seconds": float(seconds) if isinstance(seconds, int | float) else None,
        "versions": json.dumps({}),
        "started": _time(row.get("started_at")),
        "ended": _time(row.get("completed_at")),
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _time(value: Any) -> str | None:
    """A time as the ledger writes it, from ISO 8601 or seconds since 1970."""
    if value is None:
        return None
    if isinstance(value, int | float):
        try:
            return in_utc(datetime.fromtimestamp(value, UTC).isoformat())
        except (OverflowError, ValueError, OSError):
            raise LedgerError(f"time: found {value!r}, expected seconds since 1970") from None
    return in_utc(str(value))
