"""Forecasts: predictions that were kept before their outcome was looked at. They are added, never changed.

A forecast's id is a hash of all it says, so that one which was altered behind the ledger's back is noticed when it is
read. Of a suite, an accuracy and a probe one forecast stands; the ones it superseded stay readable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from grokscope.ledger.database import reading_from, writing_to
from grokscope.ledger.errors import LedgerError
from grokscope.ledger.queries import check_suite
from grokscope.ledger.rows import Row, now
from grokscope.ledger.tables import metadata

DIGITS = 20
"""Hexadecimal digits of a forecast's id."""

forecasts = Table(
    "forecasts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("suite", String(255), ForeignKey("suites.name"), nullable=False),
    Column("accuracy", String(16), nullable=False),
    Column("probe", String(64), nullable=False),
    Column("identity", String(64), nullable=False),
    Column("made", String(32), nullable=False),
    Column("payload", Text, nullable=False),
    # Checked when a transaction ends: the old one steps down before the new one is there.
    Column("superseded_by", String(64), ForeignKey("forecasts.id", deferrable=True, initially="DEFERRED")),
)
_STANDING = forecasts.c.superseded_by.is_(None)
_CHAIN = (forecasts.c.suite, forecasts.c.accuracy, forecasts.c.probe)
Index(
    "one_standing_forecast",
    *_CHAIN,
    unique=True,
    sqlite_where=_STANDING,
    postgresql_where=_STANDING,
)


@dataclass(frozen=True)
class KeptForecast:
    """One forecast of the ledger.

    Attributes:
        id: hash of everything below but `superseded_by`.
        accuracy, probe: which T_mem it is about.
        identity: hash of what it was made from; equal for forecasts that must be equal.
        made: when, UTC in ISO 8601.
        payload: what it says, as JSON values.
        superseded_by: id of the forecast that took its place; None while it stands.
    """

    id: str
    suite: str
    accuracy: str
    probe: str
    identity: str
    made: str
    payload: Mapping[str, Any]
    superseded_by: str | None


class ForecastStore:
    """The forecasts of a ledger. There is no way to change or to remove one.

    Of a suite, an accuracy and a probe there is one chain: the forecast that stands and those that it superseded.
    """

    def __init__(self, engine: Engine):
        self._engine = engine

    def keep(
        self,
        *,
        suite: str,
        accuracy: str,
        probe: str,
        identity: str,
        payload: Mapping[str, Any],
        supersede: bool = False,
    ) -> KeptForecast:
        """Add a forecast, with the time of this moment; with `supersede` in place of the one that stands, if any.

        Raises:
            LedgerError: one stands and is not to be superseded, the suite is not in the ledger, or the payload is no
                JSON; nothing is kept then.
        """
        text = _payload_text(payload)
        row: Row = {"suite": suite, "accuracy": accuracy, "probe": probe, "identity": identity}
        row |= {"made": now(), "payload": text}
        row["id"] = _digest(row)
        with writing_to(self._engine) as connection:
            check_suite(connection, suite)
            forecasts.create(connection, checkfirst=True)  # A ledger from before there were forecasts has no table.
            _step_down(connection, row, supersede)
            try:
                connection.execute(insert(forecasts).values(row))
            except IntegrityError:
                raise LedgerError(f"{_describe(row)}: another process has just kept one; it stands") from None
        return _forecast_from_row(row | {"superseded_by": None})

    def enter(self, kept: Iterable[KeptForecast]) -> None:
        """Add what another ledger keeps, to the letter, but to no chain that has begun here.

        Raises:
            LedgerError: one of them is not what was kept there, or the suite is not in this ledger; nothing is added.
        """
        rows = [_as_row(one) for one in kept]
        if not rows:
            return
        with writing_to(self._engine) as connection:
            for suite in {row["suite"] for row in rows}:
                check_suite(connection, suite)
            forecasts.create(connection, checkfirst=True)
            here = set(map(tuple, connection.execute(select(*_CHAIN))))
            if new := [row for row in rows if tuple(row[column.name] for column in _CHAIN) not in here]:
                connection.execute(insert(forecasts), new)

    def all(self, suite: str | None = None, *, standing: bool = False) -> list[KeptForecast]:
        """Every forecast, oldest first: of a suite, or only those that stand.

        Raises:
            LedgerError: one of them is not what was kept.
        """
        with reading_from(self._engine) as connection:
            if not inspect(connection).has_table(forecasts.name):
                return []
            query = select(forecasts).order_by(forecasts.c.made, forecasts.c.accuracy, forecasts.c.id)
            query = query if suite is None else query.where(forecasts.c.suite == suite)
            rows = connection.execute(query.where(_STANDING) if standing else query).mappings()
            return [_forecast_from_row(dict(row)) for row in rows]


def _step_down(connection: Connection, row: Row, supersede: bool) -> None:
    """Make room for a new forecast: the one that stands gives its place up, or the new one is refused."""
    same = [column == row[column.name] for column in _CHAIN]
    before = connection.execute(select(forecasts.c.id, forecasts.c.made).where(_STANDING, *same)).one_or_none()
    if before is None:
        return
    if not supersede:
        raise LedgerError(
            f"{_describe(row)}: found {before.id}, made {before.made}, which stands; a forecast is only ever superseded"
        )
    connection.execute(update(forecasts).where(forecasts.c.id == before.id, _STANDING).values(superseded_by=row["id"]))


def _describe(row: Row) -> str:
    return f"forecast of {row['suite']!r} by {row['accuracy']} accuracy, probe {row['probe']}"


def _payload_text(payload: Mapping[str, Any]) -> str:
    try:
        return json.dumps(payload, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise LedgerError(f"forecast: its payload is no JSON: {error}") from None


def _digest(row: Row) -> str:
    said = [row[name] for name in ("suite", "accuracy", "probe", "identity", "made", "payload")]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:DIGITS]


def _forecast_from_row(row: Row) -> KeptForecast:
    _check(row)
    return KeptForecast(**row | {"payload": json.loads(row["payload"])})


def _as_row(kept: KeptForecast) -> Row:
    row = vars(kept) | {"payload": _payload_text(kept.payload)}
    _check(row)
    return row


def _check(row: Row) -> None:
    if _digest(row) != row["id"]:
        raise LedgerError(f"forecast {row['id']}: it is not what was kept: its text or its time has been altered")
