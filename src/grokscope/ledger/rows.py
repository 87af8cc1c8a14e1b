"""Runs and outcomes as rows of the tables."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from grokscope.ledger.errors import LedgerError
from grokscope.ledger.protocols import KeptFailure, KeptFinish, KeptRun, Numbers
from grokscope.ledger.specs import spec_text
from grokscope.ledger.tables import FACTS, RESULT_TYPES
from grokscope.ledger.traces import packed
from grokscope.run import ROLES, Net, Task
from grokscope.spec import SpecError
from grokscope.training.outcomes import Provenance

Row = dict[str, Any]


def now() -> str:
    """This moment as the ledger writes it."""
    return in_utc(datetime.now(UTC).isoformat())


def in_utc(text: str) -> str:
    """An ISO 8601 time as the ledger writes it; one without an offset is taken for UTC."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise LedgerError(f"time: found {text!r}, expected UTC in ISO 8601") from None
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return time.isoformat(timespec="milliseconds")


def pending_row(run: KeptRun, created: str) -> Row:
    """A run that nobody has begun, with all that is known of it by then (see `facts_of`)."""
    return facts_of(run.task) | {
        "id": run.identity,
        "measurement": run.measurement.kind,
        "spec": spec_text(run.spec),
        "dim": run.net.width if isinstance(run.net, Net) else None,
        "n_params": run.n_params,
        "training": run.training,
        "status": "pending",
        "attempts": 0,
        "created": created,
    }


def facts_of(task: object) -> Row:
    """What a task says of its data, and `p`: columns of `runs`, NULL where it is no task of the engine's.

    Raises:
        SpecError: its role is none that a race knows.
    """
    if not isinstance(task, Task):
        return dict.fromkeys(("p", *FACTS))
    if task.role not in ROLES:
        raise SpecError("role", task.role, f"one of {', '.join(ROLES)}, of a task of the kind {task.kind}")
    return {
        "role": task.role,
        "probe": task.probe,
        "n_train": task.n_train,
        "n_val": task.n_val,
        "classes": task.classes,
        "dataset_bits": task.dataset_bits,
        "group_axis": task.group_axis or None,
        "group": task.group,
        "p": None if task.group is None or task.group_axis != "p" else int(task.group),
    }


def done_row(outcome: KeptFinish) -> Row:
    """The changes to a run's own row when it finishes."""
    return _provenance(outcome.provenance) | {"status": "done", "error": None, "failed_epoch": None}


def failed_row(outcome: KeptFailure) -> Row:
    """The changes to a run's own row when it fails."""
    return _provenance(outcome.provenance) | {
        "status": "failed",
        "error": _storable(outcome.error),
        "failed_epoch": outcome.epoch,
    }


def _storable(text: str) -> str:
    """Any text as one that every database takes: without NUL and half characters."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()


def _provenance(provenance: Provenance) -> Row:
    fields = dict(vars(provenance)) | dict.fromkeys(("owner", "heartbeat", "lease_until"))  # its lease has ended
    return fields | {
        "started": in_utc(provenance.started),
        "ended": in_utc(provenance.ended),
        "versions": json.dumps(provenance.versions, sort_keys=True),
    }


def result_row(identity: str, result: Numbers) -> Row:
    """Plain Python numbers, whatever they were; NaN becomes NULL in every database, as it must in SQLite."""
    row: Row = dict.fromkeys(RESULT_TYPES) | {"id": identity}
    for name, value in result._asdict().items():
        row[name] = _plain(RESULT_TYPES[name], value)
    return row


def _plain(kind: type, value: Any) -> Any:
    if value is None or (kind is float and math.isnan(value)):
        return None
    return kind(value)


def trace_row(identity: str, outcome: KeptFinish) -> Row:
    return {"id": identity} | packed(outcome.trace.columns, outcome.run.steps_per_epoch)
