"""The tables of a ledger, for any database that SQLAlchemy knows.

Times are UTC, ISO 8601, as text of one width, so that they sort and compare alike in every database.
"""

from __future__ import annotations

import types
import typing
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeEngine

from grokscope.measurements import Result

SCHEMA_VERSION = 3
"""Raised whenever a table changes, with a revision beside it in `migrations/versions`."""

STATUSES = ("pending", "running", "done", "failed")

RESULT_RECORDS: tuple[type, ...] = (Result,)
"""Records that a result may be: another study adds its own here, and `results` gains the columns it lacks."""

SQL_TYPES: dict[type, type[TypeEngine[Any]]] = {int: BigInteger, float: Double, str: Text}
BLOB = LargeBinary(2**32 - 1)

metadata = MetaData()

revision = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""Where Alembic notes how far a ledger has come; no table of our own, so not in `metadata`."""


def revision_name(version: int) -> str:
    """Alembic's name of the revision that leads to a schema version."""
    return f"{version:04d}"


def value_types(record: type) -> dict[str, type]:
    """Field name -> int, float or str of a result record, whether it may be None or not."""
    return {name: _value_type(hint) for name, hint in typing.get_type_hints(record).items()}


def _value_type(hint: Any) -> type:
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not types.NoneType)
    return typing.cast(type, hint)


RESULT_TYPES = {name: kind for record in RESULT_RECORDS for name, kind in value_types(record).items()}


def identity_column(**options: Any) -> Column[str]:
    return Column("id", String(64), ForeignKey("runs.id"), **options)


ledger = Table(
    "ledger",
    metadata,
    Column("schema_version", Integer, nullable=False),
    Column("created", String(32), nullable=False),
)

suites = Table(
    "suites",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("text", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("registered", String(32), nullable=False),
)

# What a suite said before it said what it says now.
earlier_suites = Table(
    "earlier_suites",
    metadata,
    Column("name", String(255), ForeignKey("suites.name"), primary_key=True),
    Column("registered", String(32), primary_key=True),
    Column("hash", String(64), primary_key=True),
    Column("text", Text, nullable=False),
)

suite_runs = Table(
    "suite_runs",
    metadata,
    Column("suite", String(255), ForeignKey("suites.name"), primary_key=True),
    identity_column(primary_key=True),
    Column("position", Integer, nullable=False),
)

PROVENANCE: dict[str, Any] = {
    "version": Text,
    "git": Text,
    "host": Text,
    "device": Text,
    "strategy": Text,
    "layout": Integer,
    "seconds": Double,
    "versions": Text,
    "derived_from": String(64),
}
"""Columns that say where and how a run was trained; `versions` is a JSON object."""

FACTS: dict[str, Any] = {
    "role": String(16),
    "probe": String(64),
    "n_train": BigInteger,
    "n_val": BigInteger,
    "classes": BigInteger,
    "dataset_bits": Double,
    "group_axis": String(64),
    "group": Double,
}
"""Columns that say what a run's data are, from its registration on; see `grokscope.run.Task`.

NULL for runs of a study whose tasks are none of ours, and for those whose specs cannot be read here.
"""

runs = Table(
    "runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("measurement", String(64), nullable=False),
    Column("spec", Text, nullable=False),
    Column("p", BigInteger),
    Column("dim", BigInteger),
    Column("n_params", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("failed_epoch", BigInteger),
    Column("created", String(32), nullable=False),
    Column("started", String(32)),
    Column("ended", String(32)),
    *(Column(name, kind) for name, kind in PROVENANCE.items()),
    # Room for leases: who works on the run, when it was last heard of, until when the run is its own.
    Column("owner", Text),
    Column("heartbeat", String(32)),
    Column("lease_until", String(32)),
    Column("training", String(64)),
    *(Column(name, kind) for name, kind in FACTS.items()),
    # Where a run that was not done here came from; NULL for our own. What it says was not checked.
    Column("origin", Text),
    Index("runs_by_measurement", "measurement", "status"),
    Index("runs_by_training", "training"),
)

# A float may be NaN, which SQLite keeps as NULL: so every column may be NULL.
results = Table(
    "results",
    metadata,
    identity_column(primary_key=True),
    *(Column(name, SQL_TYPES[kind]) for name, kind in RESULT_TYPES.items()),
)

traces = Table(
    "traces",
    metadata,
    identity_column(primary_key=True),
    Column("columns", Text, nullable=False),
    Column("dtype", String(8), nullable=False),
    Column("epochs", BigInteger, nullable=False),
    Column("steps_per_epoch", BigInteger, nullable=False),
    Column("data", BLOB, nullable=False),
)

params = Table("params", metadata, identity_column(primary_key=True), Column("data", BLOB, nullable=False))

# Written while a run trains, seen once it is done.
snapshots = Table(
    "snapshots",
    metadata,
    identity_column(primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("data", BLOB, nullable=False),
)

OUTCOMES = (results, traces, params, snapshots)
"""What a run leaves behind: present for a run that is done, absent for every other."""
