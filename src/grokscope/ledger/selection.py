"""Which runs are asked for, and everything the ledger says of them, column by column.

Columns, not rows: twenty thousand runs become a frame within a second.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from jaxtyping import Bool
from sqlalchemy import ColumnElement, Connection, Select, func, select

from grokscope.ledger.errors import LedgerError
from grokscope.ledger.queries import check_suite
from grokscope.ledger.specs import dotted_columns
from grokscope.ledger.tables import RESULT_TYPES, STATUSES, results, runs, suite_runs

OWN_COLUMNS = [column for column in runs.c if column.name not in ("spec", "owner", "heartbeat", "lease_until")]
RESULT_COLUMNS = [results.c[name] for name in RESULT_TYPES if name not in runs.c]
SQL_COLUMNS: dict[str, ColumnElement[Any]] = {column.name: column for column in (*OWN_COLUMNS, *RESULT_COLUMNS)}
# A run whose task says nothing of its bits may have a result that does.
SQL_COLUMNS["dataset_bits"] = func.coalesce(runs.c.dataset_bits, results.c.dataset_bits).label("dataset_bits")
"""Columns that `where` asks the database for; any other it looks for in the spec."""

KINDS = {str: "text", int: "a whole number", float: "a number"}

Query = Select[*tuple[Any, ...]]
Columns = dict[str, Sequence[Any]]


@dataclass(frozen=True)
class Selection:
    """Runs: the text of their specs and their `columns` by name, `has_result` among them, all of one length."""

    specs: Sequence[str]
    columns: Columns

    def keep(self, mask: Bool[np.ndarray, " runs"]) -> Selection:
        columns: Columns = {name: list(compress(column, mask)) for name, column in self.columns.items()}
        return Selection(list(compress(self.specs, mask)), columns)


def find_runs(
    connection: Connection,
    *,
    suite: str | None = None,
    measurement: str | None = None,
    status: str | None = None,
    where: Mapping[str, Any] | None = None,
    imported: bool = False,
) -> Selection:
    """The runs that every filter lets through, in a suite's order or else by measurement, group and width.

    Imported runs are only among them if they are asked for; they belong to no suite, so they go with any, at its end.

    Raises:
        LedgerError: there is no such suite or status, or no run has a field that `where` names.
    """
    if status is not None and status not in STATUSES:
        raise LedgerError(f"status: found {status!r}, expected one of {', '.join(STATUSES)}")
    wanted = {name: _choices(value) for name, value in (where or {}).items()}
    has_result = results.c.id.is_not(None).label("has_result")
    query: Query = select(runs.c.spec, has_result, *SQL_COLUMNS.values()).outerjoin_from(runs, results)
    query = _members(connection, query, suite, imported)
    for name, value in {"measurement": measurement, "status": status}.items():
        query = query if value is None else query.where(runs.c[name] == value)
    for name in wanted.keys() & SQL_COLUMNS.keys():
        query = query.where(_is_one_of(SQL_COLUMNS[name], wanted.pop(name)))
    found = _selection(connection, query)
    return _matching(found, wanted) if wanted and found.specs else found


def _choices(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | set | frozenset | range) else [value]


def _members(connection: Connection, query: Query, suite: str | None, imported: bool) -> Query:
    is_ours = runs.c.origin.is_(None)
    if suite is None:
        query = query if imported else query.where(is_ours)
        return query.order_by(runs.c.measurement, runs.c.group, runs.c.dim, runs.c.n_params, runs.c.id)
    check_suite(connection, suite)
    is_member = suite_runs.c.suite == suite
    joined = query.outerjoin(suite_runs, (suite_runs.c.id == runs.c.id) & is_member)
    wanted = is_member | ~is_ours if imported else is_member
    return joined.where(wanted).order_by(runs.c.origin.is_not(None), suite_runs.c.position, runs.c.id)


def _is_one_of(column: ColumnElement[Any], choices: list[Any]) -> ColumnElement[bool]:
    present = column.in_([choice for choice in choices if choice is not None])
    return present | column.is_(None) if None in choices else present


def _selection(connection: Connection, query: Query) -> Selection:
    answer = connection.execute(query)
    names = list(answer.keys())
    columns: Columns = dict(zip(names, zip(*answer.all(), strict=True), strict=False)) or dict.fromkeys(names, ())
    for name, values in columns.items():
        _check(name, values, columns["id"])
    return Selection(columns.pop("spec"), columns)


def _check(name: str, values: Sequence[Any], identities: Sequence[str]) -> None:
    """Refuse what the column cannot hold: SQLite takes anything anywhere, and files are damaged."""
    column = runs.c.get(name, results.c.get(name))
    if column is None:
        return
    kind = column.type.python_type
    allowed = {kind, *((int,) if kind is float else ()), *((type(None),) if column.nullable else ())}
    choices = STATUSES if name == "status" else ()
    if set(map(type, values)) <= allowed and (not choices or set(values) <= set(choices)):
        return
    at, found = next(
        (at, value)
        for at, value in enumerate(values)
        if type(value) not in allowed or (choices and value not in choices)
    )
    expected = f"one of {', '.join(choices)}" if choices else KINDS[kind]
    raise LedgerError(f"run {str(identities[at])[:20]!r}: {name}: found {str(found)[:40]!r}, expected {expected}")


def _matching(found: Selection, wanted: Mapping[str, list[Any]]) -> Selection:
    """Runs with the wanted values in their specs. A misspelt field would otherwise select nothing in silence."""
    fields = dotted_columns(found.specs)
    mask = np.ones(len(found.specs), dtype=bool)
    for name, choices in wanted.items():
        if name not in fields:
            known = sorted(fields.keys() | SQL_COLUMNS.keys())
            near = difflib.get_close_matches(name, known, n=3) or known
            raise LedgerError(f"where: found {name!r}, expected a field such as {', '.join(near)}")
        values, which = fields[name]
        mask &= np.array([value in choices for value in values])[which]
    return found.keep(mask)
