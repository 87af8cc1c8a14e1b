"""One line for everything that can be wrong with a ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from grokscope.spec import InputError

BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up."""

ADVICE = {
    "file is not a database": "found a file of another kind, expected an SQLite ledger",
    "malformed": "the file is damaged; restore a copy, or move it away and run the suite again",
    "readonly": "found a read-only ledger, expected one that may be written",
    "read-only": "found a read-only ledger, expected one that may be written",
    "locked": f"another process wrote to it for over {BUSY_SECONDS} seconds",
    "unable to open": "expected the path of a file that may be read and written",
    "disk is full": "expected room on the disk",
    "disk I/O error": "expected a disk that can be read and written, with room on it",
    "no such table": "expected the tables of a ledger",
    "no such column": "expected the tables of a ledger",
    "decode to UTF-8": "the file is damaged; restore a copy, or move it away and run the suite again",
    "unsupported file format": "found a file of another kind, expected an SQLite ledger",
}

PASSING_SQLITE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
PASSING_STATES = {"08", "40", "53", "55", "57", "58"}
"""Classes of SQLSTATE: connection, rollback by deadlock, resources (disk, memory), lock, operator, system."""


class LedgerError(InputError):
    """A ledger cannot do what was asked: one line with the place, what was found and what was expected."""


class NoLedgerError(LedgerError):
    """There is none yet: nothing is wrong with what is there."""


class LedgerAwayError(LedgerError):
    """The ledger cannot be reached or written just now, which may pass: the same call may succeed later."""


@contextmanager
def in_one_line(place: str) -> Iterator[None]:
    """Turn whatever the database says into a LedgerError about `place`."""
    try:
        yield
    except SQLAlchemyError as error:
        said = first_line(error.orig if isinstance(error, DBAPIError) else error)
        advice = next((words for sign, words in ADVICE.items() if sign in said), None)
        kind = LedgerAwayError if may_pass(error) else LedgerError
        raise kind(f"{place}: {said}" + (f" ({advice})" if advice else "")) from error
    except UnicodeDecodeError as error:  # what SQLite says of a damaged file quotes the damage
        raise LedgerError(f"{place}: found text that is not UTF-8 ({ADVICE['malformed']})") from error


def may_pass(error: SQLAlchemyError) -> bool:
    """Whether what went wrong lies with the connection, other writers or a full disk, and not with the call."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in PASSING_SQLITE
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(error, OperationalError) and state is None:
        return True  # PostgreSQL could not even be asked
    return str(state)[:2] in PASSING_STATES


def first_line(error: BaseException | None) -> str:
    """The first line of what an error says, or its type if it says nothing."""
    line = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return "".join(char if char.isprintable() else "?" for char in line)
