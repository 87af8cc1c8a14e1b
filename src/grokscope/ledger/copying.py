"""A suite with all that is known of it, from one ledger into another."""

from __future__ import annotations

from sqlalchemy import Connection, insert, inspect, select

from grokscope.ledger.database import batches
from grokscope.ledger.forecasts import forecasts
from grokscope.ledger.queries import check_suite
from grokscope.ledger.tables import OUTCOMES, runs, suite_runs, suites

BATCH = 50
"""Runs a statement: their traces and parameters are held in memory meanwhile."""


def copy_suite(source: Connection, target: Connection, name: str) -> None:
    """Copy the suite, its forecasts and its runs, those that are done with all they left.

    Nobody works on the copies.
    """
    check_suite(source, name)
    suite = source.execute(select(suites).where(suites.c.name == name)).mappings().one()
    target.execute(insert(suites), [dict(suite)])
    members = source.execute(select(suite_runs).where(suite_runs.c.suite == name).order_by(suite_runs.c.position))
    for batch in batches(members.mappings(), BATCH):
        identities = [member["id"] for member in batch]
        known = source.execute(select(runs).where(runs.c.id.in_(identities))).mappings().all()
        target.execute(insert(runs), [{**row, **_idle(row["status"])} for row in known])
        target.execute(insert(suite_runs), [dict(member) for member in batch])
        done = [row["id"] for row in known if row["status"] == "done"]
        for table in OUTCOMES:
            if rows := source.execute(select(table).where(table.c.id.in_(done))).mappings().all():
                target.execute(insert(table), [dict(row) for row in rows])
    _copy_forecasts(source, target, name)


def _copy_forecasts(source: Connection, target: Connection, name: str) -> None:
    """As they were kept, to the letter, those that others superseded among them."""
    if not inspect(source).has_table(forecasts.name):  # a ledger from before there were forecasts
        return
    if rows := source.execute(select(forecasts).where(forecasts.c.suite == name)).mappings().all():
        target.execute(insert(forecasts), [dict(row) for row in rows])


def _idle(status: str) -> dict[str, str | None]:
    """What changes of a run's row: whoever trains it here does not train the copy."""
    nobody = dict.fromkeys(("owner", "heartbeat", "lease_until"))
    return nobody | {"status": "pending" if status == "running" else status}
