"""Everything that changes a ledger. Each function does its work on a connection whose transaction the caller holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, Insert, Table, bindparam, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from grokscope.ledger.database import batches
from grokscope.ledger.errors import LedgerError
from grokscope.ledger.leases import NO_LEASE, lease_states
from grokscope.ledger.protocols import KeptFinish, KeptOutcome, KeptRun
from grokscope.ledger.rows import Row, done_row, failed_row, now, pending_row, result_row, trace_row
from grokscope.ledger.tables import (
    OUTCOMES,
    PROVENANCE,
    earlier_suites,
    params,
    results,
    runs,
    snapshots,
    suite_runs,
    suites,
    traces,
)
from grokscope.training.outcomes import Snapshot

Outcomes = dict[str, KeptOutcome]


def insert_new(table: Table, dialect: str) -> Insert:
    """An insert that leaves alone what another writer has just inserted, where the database can."""
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing() if dialect == "sqlite" else insert(table)


def add_runs(connection: Connection, wanted: Iterable[KeptRun]) -> list[str]:
    """Make rows for runs that have none; every identity in order, each once."""
    identities: dict[str, None] = {}
    created = now()
    for batch in batches(wanted):
        named = {run.identity: run for run in batch}
        known = statuses_of(connection, list(named), lock=False)
        # Sorted, as in `statuses_of`: writers that meet at the same rows must come to them in one order.
        if new := [pending_row(named[identity], created) for identity in sorted(named.keys() - known.keys())]:
            connection.execute(insert_new(runs, connection.dialect.name), new)
        identities |= dict.fromkeys(named)
    return list(identities)


def register(connection: Connection, name: str, text: str, wanted: Iterable[KeptRun]) -> list[str]:
    """Add the runs and make them the suite's only members; its earlier text is kept."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    fresh = {"name": name, "text": text, "hash": digest, "registered": now()}
    known = select(suites).where(suites.c.name == name).with_for_update(key_share=True)
    before = connection.execute(known).one_or_none()
    if before is None:
        connection.execute(insert_new(suites, connection.dialect.name), [fresh])
        before = connection.execute(known).one()  # another driver's, if it was quicker
    if before.hash != digest:
        connection.execute(insert_new(earlier_suites, connection.dialect.name), [before._asdict()])
        connection.execute(update(suites).where(suites.c.name == name).values(fresh))
    identities = add_runs(connection, wanted)
    connection.execute(delete(suite_runs).where(suite_runs.c.suite == name))
    members = ({"suite": name, "id": identity, "position": n} for n, identity in enumerate(identities))
    for batch in batches(members):
        connection.execute(insert(suite_runs), batch)
    return identities


def statuses_of(connection: Connection, identities: Sequence[str], *, lock: bool) -> dict[str, str]:
    """Status of every known identity. `lock` keeps other writers off these rows until the transaction ends."""
    found: dict[str, str] = {}
    for batch in batches(sorted(identities)):  # One order for all, so that two writers never wait for each other.
        query = select(runs.c.id, runs.c.status).where(runs.c.id.in_(batch)).order_by(runs.c.id)
        found.update(tuple(row) for row in connection.execute(query.with_for_update(key_share=True) if lock else query))
    return found


def reopen(connection: Connection, identities: Sequence[str]) -> None:
    """Make failed runs pending. What is known of their failure stays until they are begun."""
    for batch in batches(sorted(identities)):
        failed = runs.c.id.in_(batch) & (runs.c.status == "failed")
        connection.execute(update(runs).where(failed).values(status="pending"))


def reset(connection: Connection, identities: Sequence[str]) -> None:
    """Forget what became of runs: all as if they had just been registered.

    Raises:
        LedgerError: another driver is training one of them.
    """
    if theirs := lease_states(connection, identities, "", lock=True).theirs:
        owner = next(iter(theirs.values()))
        raise LedgerError(f"runs: found {len(theirs)} that {owner} is training, expected none (end that driver first)")
    forgotten = dict.fromkeys(("error", "failed_epoch", "started", "ended", *PROVENANCE)) | NO_LEASE
    for batch in batches(identities):
        for table in OUTCOMES:
            connection.execute(delete(table).where(table.c.id.in_(batch)))
        connection.execute(update(runs).where(runs.c.id.in_(batch)).values(status="pending", attempts=0, **forgotten))


def record(connection: Connection, outcomes: Iterable[KeptOutcome], owner: str | None = None) -> None:
    """Keep outcomes. What a run that is done came to stays; a run that nobody registered is added.

    A failure that `owner` tells of a run which another driver trains by now is not kept: the other one will tell.
    """
    ended = one_per_run(outcomes)
    add_runs(connection, (outcome.run for outcome in ended.values()))
    states = statuses_of(connection, list(ended), lock=True)
    fresh = {identity: outcome for identity, outcome in ended.items() if states[identity] != "done"}
    finished = {identity: outcome for identity, outcome in fresh.items() if isinstance(outcome, KeptFinish)}
    failed = {identity: outcome for identity, outcome in fresh.items() if not isinstance(outcome, KeptFinish)}
    if owner is not None:
        theirs = lease_states(connection, list(failed), owner, lock=True).theirs
        failed = {identity: outcome for identity, outcome in failed.items() if identity not in theirs}
    insert_rows(connection, results, [result_row(identity, done.result) for identity, done in finished.items()])
    insert_rows(connection, traces, trace_rows(finished))
    kept = {identity: done.params for identity, done in finished.items() if done.params is not None}
    insert_rows(connection, params, [{"id": identity, "data": data} for identity, data in kept.items()])
    end(connection, [{"run": identity} | done_row(done) for identity, done in finished.items()])
    end(connection, [{"run": identity} | failed_row(failure) for identity, failure in failed.items()])


def trace_rows(finished: dict[str, KeptFinish]) -> list[Row]:
    """Their traces, packed on all cores: packing is most of the work of a batch, and threads can share it."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(trace_row, finished, finished.values()))


def keep_snapshots(connection: Connection, taken: Iterable[Snapshot]) -> None:
    """Keep runs' parameters at epochs. What is there stays: a run that is done again comes to the same."""
    fresh = {(one.run.identity, one.epoch): one.params for one in taken}
    for batch in batches(list(dict.fromkeys(identity for identity, _ in fresh))):
        there = select(snapshots.c.id, snapshots.c.epoch).where(snapshots.c.id.in_(batch))
        for identity, epoch in connection.execute(there):
            fresh.pop((identity, epoch), None)
    rows = [{"id": identity, "epoch": epoch, "data": data} for (identity, epoch), data in fresh.items()]
    if rows:
        connection.execute(insert_new(snapshots, connection.dialect.name), rows)


def one_per_run(outcomes: Iterable[KeptOutcome]) -> Outcomes:
    """One outcome per identity: the first finish, or else the last failure."""
    chosen: Outcomes = {}
    for outcome in outcomes:
        identity = outcome.run.identity
        if not isinstance(chosen.get(identity), KeptFinish):
            chosen[identity] = outcome
    return chosen


def insert_rows(connection: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def end(connection: Connection, rows: list[Row]) -> None:
    """Write how runs ended into their own rows."""
    if rows:
        at_least_one = case((runs.c.attempts < 1, 1), else_=runs.c.attempts)
        marks: Row = {name: bindparam(name) for name in rows[0] if name != "run"} | {"attempts": at_least_one}
        connection.execute(update(runs).where(runs.c.id == bindparam("run")).values(marks), rows)
