"""Leases: a run that is being trained belongs to one driver until a moment that this driver keeps putting off.

Moments are the database's where it has a clock of its own, so that the clocks of two machines need not agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, select, update

from grokscope.ledger.batches import batches
from grokscope.ledger.errors import LedgerError
from grokscope.ledger.owners import is_dead
from grokscope.ledger.rows import Row, in_utc
from grokscope.ledger.tables import runs

LEASE_SECONDS = 120.0
"""How long a driver that was last heard of keeps its runs."""

RETURNED: Row = dict.fromkeys(("owner", "heartbeat", "lease_until"))


class Standing(NamedTuple):
    """How runs stand for a driver.

    Attributes:
        free: those that it may train: pending, its own, or of a driver that is dead or was not heard of in time.
        ended: identity -> done or failed.
        theirs: identity -> the other driver that trains it.
    """

    free: list[str]
    ended: dict[str, str]
    theirs: dict[str, str]


def standing(connection: Connection, identities: Sequence[str], owner: str, *, lock: bool) -> Standing:
    """How these runs stand for `owner`. `lock` keeps other writers off them until the transaction ends.

    Raises:
        LedgerError: a run is not in the ledger.
    """
    rows = {row["id"]: row for row in leases_of(connection, identities, lock=lock)}
    moment = stamp(clock(connection))
    free, ended, theirs = [], {}, {}
    for identity in dict.fromkeys(identities):
        if identity not in rows:
            raise LedgerError(f"run {identity}: found nothing, expected a run that was registered")
        row = rows[identity]
        if row["status"] in ("done", "failed"):
            ended[identity] = row["status"]
        elif is_anothers(row, owner, moment):
            theirs[identity] = row["owner"]
        else:
            free.append(identity)
    return Standing(free, ended, theirs)


def is_anothers(row: Row, owner: str, moment: str) -> bool:
    """Whether a run is in the hands of another driver that may be alive."""
    if row["status"] != "running" or row["owner"] in (None, owner):
        return False
    return bool((row["lease_until"] or "") > moment) and not is_dead(row["owner"])


def claim(connection: Connection, identities: Sequence[str], owner: str, seconds: float) -> Standing:
    """Take every free run: it is running, one attempt more, and `owner`'s for so long."""
    found = standing(connection, identities, owner, lock=True)
    marks = {"status": "running", "attempts": runs.c.attempts + 1, "started": stamp(clock(connection))}
    unended = dict.fromkeys(("ended", "error", "failed_epoch"))
    for batch in batches(found.free):
        values = marks | unended | lease(connection, owner, seconds)
        connection.execute(update(runs).where(runs.c.id.in_(batch)).values(values))
    return found


def renew(connection: Connection, identities: Sequence[str], owner: str, seconds: float) -> dict[str, str]:
    """Put off the end of leases. Those that are this owner's no more are left alone: identity -> status."""
    rows = list(leases_of(connection, identities, lock=True))
    mine = [row["id"] for row in rows if row["owner"] == owner and row["status"] == "running"]
    for batch in batches(mine):
        connection.execute(update(runs).where(runs.c.id.in_(batch)).values(lease(connection, owner, seconds)))
    return {row["id"]: row["status"] for row in rows if row["id"] not in set(mine)}


def release(connection: Connection, identities: Sequence[str], owner: str) -> None:
    """Give back this owner's runs that were begun and not ended."""
    rows = list(leases_of(connection, identities, lock=True))
    mine = [row["id"] for row in rows if row["owner"] == owner and row["status"] == "running"]
    for batch in batches(mine):
        connection.execute(update(runs).where(runs.c.id.in_(batch)).values(status="pending", **RETURNED))


def leases_of(connection: Connection, identities: Sequence[str], *, lock: bool) -> Iterator[Row]:
    """Status and lease of every known run.

    The lock lets others refer to the runs: or else one who registers a suite meanwhile waits for us, and we for it.
    """
    for batch in batches(sorted(set(identities))):  # one order for all: two writers never wait for each other
        query = select(runs.c.id, runs.c.status, runs.c.owner, runs.c.lease_until)
        query = query.where(runs.c.id.in_(batch)).order_by(runs.c.id)
        query = query.with_for_update(key_share=True) if lock else query
        yield from (dict(row) for row in connection.execute(query).mappings())


def lease(connection: Connection, owner: str, seconds: float) -> Row:
    """The columns of a lease that begins now."""
    begins = clock(connection)
    ends = begins + timedelta(seconds=seconds)
    return {"owner": owner, "heartbeat": stamp(begins), "lease_until": stamp(ends)}


def clock(connection: Connection) -> datetime:
    """This moment by the clock of all who share the ledger: PostgreSQL's, or that of an SQLite file's machine."""
    if connection.dialect.name == "postgresql":
        moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return moment
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A moment as the ledger writes it; such texts compare as the moments do."""
    return in_utc(moment.isoformat())
