"""Leases: a run that is being trained belongs to one driver until a moment that this driver keeps putting off.

Moments are the database's where it has a clock of its own, so that the clocks of two machines need not agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Engine, func, select, update

from grokscope.ledger.database import batches, reading_from, writing_to
from grokscope.ledger.errors import LedgerError
from grokscope.ledger.network import exclusive_driver
from grokscope.ledger.owners import is_dead
from grokscope.ledger.rows import Row, in_utc
from grokscope.ledger.tables import runs

LEASE_SECONDS = 120.0
"""How long a driver that was last heard of keeps its runs."""

NO_LEASE: Row = dict.fromkeys(("owner", "heartbeat", "lease_until"))


class LeaseStates(NamedTuple):
    """Which runs a driver may train, which have ended, and which are another driver's.

    Attributes:
        free: those that it may train: pending, its own, or of a driver that is dead or was not heard of in time.
        ended: identity -> done or failed.
        theirs: identity -> the other driver that trains it.
    """

    free: list[str]
    ended: dict[str, str]
    theirs: dict[str, str]


def lease_states(connection: Connection, identities: Sequence[str], owner: str, *, lock: bool) -> LeaseStates:
    """Sort runs into those that `owner` may train, ended ones and others' own.

    `lock` keeps other writers off them until the transaction ends.

    Raises:
        LedgerError: a run is not in the ledger.
    """
    rows = {row["id"]: row for row in leases_of(connection, identities, lock=lock)}
    moment = stamp(database_time(connection))
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
    return LeaseStates(free, ended, theirs)


def is_anothers(row: Row, owner: str, moment: str) -> bool:
    """Whether a run is in the hands of another driver that may be alive."""
    if row["status"] != "running" or row["owner"] in (None, owner):
        return False
    return bool((row["lease_until"] or "") > moment) and not is_dead(row["owner"])


def claim_runs(connection: Connection, identities: Sequence[str], owner: str, seconds: float) -> LeaseStates:
    """Take every free run: it is running, one attempt more, and `owner`'s for so long."""
    found = lease_states(connection, identities, owner, lock=True)
    marks = {"status": "running", "attempts": runs.c.attempts + 1, "started": stamp(database_time(connection))}
    unended = dict.fromkeys(("ended", "error", "failed_epoch"))
    for batch in batches(found.free):
        values = marks | unended | lease_columns(connection, owner, seconds)
        connection.execute(update(runs).where(runs.c.id.in_(batch)).values(values))
    return found


def renew_leases(connection: Connection, identities: Sequence[str], owner: str, seconds: float) -> dict[str, str]:
    """Put off the end of leases. Those that are this owner's no more are left alone: identity -> status."""
    rows = list(leases_of(connection, identities, lock=True))
    mine = [row["id"] for row in rows if row["owner"] == owner and row["status"] == "running"]
    for batch in batches(mine):
        connection.execute(update(runs).where(runs.c.id.in_(batch)).values(lease_columns(connection, owner, seconds)))
    return {row["id"]: row["status"] for row in rows if row["id"] not in set(mine)}


def release_runs(connection: Connection, identities: Sequence[str], owner: str) -> None:
    """Give back this owner's runs that were begun and not ended."""
    rows = list(leases_of(connection, identities, lock=True))
    mine = [row["id"] for row in rows if row["owner"] == owner and row["status"] == "running"]
    for batch in batches(mine):
        connection.execute(update(runs).where(runs.c.id.in_(batch)).values(status="pending", **NO_LEASE))


def leases_of(connection: Connection, identities: Sequence[str], *, lock: bool) -> Iterator[Row]:
    """Status and lease of every known run.

    The lock lets others refer to the runs: or else one who registers a suite meanwhile waits for us, and we for it.
    """
    for batch in batches(sorted(set(identities))):  # one order for all: two writers never wait for each other
        query = select(runs.c.id, runs.c.status, runs.c.owner, runs.c.lease_until)
        query = query.where(runs.c.id.in_(batch)).order_by(runs.c.id)
        query = query.with_for_update(key_share=True) if lock else query
        yield from (dict(row) for row in connection.execute(query).mappings())


def lease_columns(connection: Connection, owner: str, seconds: float) -> Row:
    """The columns of a lease that begins now."""
    begins = database_time(connection)
    ends = begins + timedelta(seconds=seconds)
    return {"owner": owner, "heartbeat": stamp(begins), "lease_until": stamp(ends)}


def database_time(connection: Connection) -> datetime:
    """This moment by the clock of all who share the ledger: PostgreSQL's, or that of an SQLite file's machine."""
    if connection.dialect.name == "postgresql":
        moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return moment
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A moment as the ledger writes it; such texts compare as the moments do."""
    return in_utc(moment.isoformat())


class Leases:
    """One driver's claims on runs. A run is given to one owner at a time.

    Every method raises LedgerError, in one line, if the database cannot do what is asked or does not know a run.

    Args:
        seconds: how long a claim lasts, unless it is renewed.
    """

    def __init__(self, engine: Engine, owner: str, *, seconds: float = LEASE_SECONDS):
        self._engine, self.owner, self.seconds = engine, owner, seconds

    def exclusive(self) -> AbstractContextManager[None]:
        """The right to drive this ledger, which an SQLite file on a network filesystem gives to one driver at a time.

        Raises:
            LedgerError: another driver has it.
        """
        return exclusive_driver(self._engine.url, self.owner)

    def lease_states(self, identities: Iterable[str]) -> LeaseStates:
        """Sort runs into those that this owner could claim, those that ended, and those that others train."""
        with reading_from(self._engine) as connection:
            return lease_states(connection, list(identities), self.owner, lock=False)

    def claim(self, identities: Iterable[str]) -> LeaseStates:
        """Take every free run: running, one attempt more. How each run stood before.

        Free is what is pending, this owner's already, or in the hands of a driver that is dead or was not heard of
        in time.
        """
        with writing_to(self._engine) as connection:
            return claim_runs(connection, list(identities), self.owner, self.seconds)

    def renew(self, identities: Iterable[str]) -> dict[str, str]:
        """Put off the end of leases. Of runs that are this owner's no more: identity -> status."""
        with writing_to(self._engine) as connection:
            return renew_leases(connection, list(identities), self.owner, self.seconds)

    def release(self, identities: Iterable[str]) -> None:
        """Turn running into pending, for runs that were claimed and not ended. Others stay as they are."""
        with writing_to(self._engine) as connection:
            release_runs(connection, list(identities), self.owner)
