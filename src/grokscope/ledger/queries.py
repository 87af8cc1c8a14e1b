"""Everything that is asked of a ledger, as rows. Each function reads on a connection that the caller holds."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from grokscope.ledger.database import batches, display_url
from grokscope.ledger.errors import LedgerError
from grokscope.ledger.rows import Row
from grokscope.ledger.specs import signals_in
from grokscope.ledger.tables import STATUSES, params, runs, suite_runs, suites, traces


def check_suite(connection: Connection, suite: str) -> None:
    """Raise a LedgerError that names the suites there are, unless this is one of them."""
    names = [str(name) for name in connection.scalars(select(suites.c.name).order_by(suites.c.name))]
    if suite not in names:
        raise LedgerError(
            f"suite: found {suite!r}, expected one of {', '.join(names) or 'none: no suite has been run'}"
        )


def resolve(connection: Connection, prefix: str) -> str:
    """The one identity that begins with these digits.

    Raises:
        LedgerError: none does, or several do.
    """
    digits = prefix.lower()
    if not digits or not set(digits) <= set(string.hexdigits):
        raise LedgerError(f"run: found {prefix!r}, expected the first hexadecimal digits of an identity")
    # "g" follows every hexadecimal digit; unlike LIKE, a range is looked up in the index.
    begins = (runs.c.id >= digits) & (runs.c.id < digits + "g")
    found = [str(id) for id in connection.scalars(select(runs.c.id).where(begins).order_by(runs.c.id).limit(4))]
    if len(found) == 1 or digits in found:
        return digits if digits in found else found[0]
    if not found:
        known = display_url(connection.engine.url)
        raise LedgerError(f"run: found {prefix!r}, expected the identity of a run in {known}, or its beginning")
    names = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
    raise LedgerError(f"run: found {prefix!r}, which begins {names}; expected more digits")


def member_statuses(connection: Connection, suite: str) -> dict[str, str]:
    """Identity -> status in the suite's order."""
    check_suite(connection, suite)
    query = select(runs.c.id, runs.c.status).join(suite_runs, suite_runs.c.id == runs.c.id)
    rows = connection.execute(query.where(suite_runs.c.suite == suite).order_by(suite_runs.c.position))
    return {row.id: row.status for row in rows}


class TrainedRun(NamedTuple):
    """A run that was trained to its end: how long its trace is, whether it kept its parameters, and its signals'
    specs as plain values."""

    id: str
    epochs: int
    has_params: bool
    signals: tuple[Mapping[str, Any], ...] = ()


def runs_by_training(connection: Connection, trainings: Iterable[str]) -> dict[str, list[TrainedRun]]:
    """See `Ledger.runs_by_training`."""
    found: dict[str, list[TrainedRun]] = {}
    query = select(runs.c.training, runs.c.id, traces.c.epochs, params.c.id.is_not(None), runs.c.spec).join(
        traces, traces.c.id == runs.c.id
    )
    ours = (runs.c.status == "done") & runs.c.origin.is_(None)
    query = query.outerjoin(params, params.c.id == runs.c.id).where(ours)
    for batch in batches(trainings):
        wanted = query.where(runs.c.training.in_(batch)).order_by(traces.c.epochs.desc(), runs.c.id)
        for training, identity, epochs, has_params, spec in connection.execute(wanted):
            found.setdefault(training, []).append(TrainedRun(identity, epochs, has_params, signals_in(spec)))
    return found


def status_counts(connection: Connection, suite: str | None) -> dict[str, dict[str, int]]:
    """Measurement -> status -> number of runs, every status present."""
    query = select(runs.c.measurement, runs.c.status, func.count()).group_by(runs.c.measurement, runs.c.status)
    query = query.where(runs.c.origin.is_(None))
    if suite is not None:
        check_suite(connection, suite)
        query = query.join(suite_runs, suite_runs.c.id == runs.c.id).where(suite_runs.c.suite == suite)
    counts: dict[str, dict[str, int]] = {}
    for measurement, status, n in connection.execute(query.order_by(runs.c.measurement)):
        counts.setdefault(str(measurement), dict.fromkeys(STATUSES, 0))[status] = n
    return counts


def origins_of_imports(connection: Connection) -> dict[str, int]:
    """See `Ledger.origins`."""
    query = select(runs.c.origin, func.count()).where(runs.c.origin.is_not(None)).group_by(runs.c.origin)
    return dict(map(tuple, connection.execute(query.order_by(runs.c.origin))))


def suites_of(connection: Connection, identity: str) -> list[str]:
    """Names of the suites that a run belongs to."""
    return list(
        connection.scalars(select(suite_runs.c.suite).where(suite_runs.c.id == identity).order_by(suite_runs.c.suite))
    )


def suite_text(connection: Connection, name: str) -> str:
    """See `Ledger.suite_text`."""
    check_suite(connection, name)
    return str(connection.scalar(select(suites.c.text).where(suites.c.name == name)))


def suites_with_sizes(connection: Connection) -> list[Row]:
    """Name, hash, time of registration and number of runs of every suite, by name."""
    sizes = select(suite_runs.c.suite, func.count().label("runs")).group_by(suite_runs.c.suite).subquery()
    n_runs = func.coalesce(sizes.c.runs, 0).label("runs")
    query = select(suites.c.name, suites.c.hash, suites.c.registered, n_runs).outerjoin(
        sizes, sizes.c.suite == suites.c.name
    )
    return [dict(row) for row in connection.execute(query.order_by(suites.c.name)).mappings()]
