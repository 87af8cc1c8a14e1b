"""One line for everything that can be wrong with a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

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
}


class LedgerError(InputError):
    """A ledger cannot do what was asked: one line with the place, what was found and what was expected."""


class NoLedgerError(LedgerError):
    """There is none yet: nothing is wrong with what is there."""


@contextmanager
def in_one_line(place: str) -> Iterator[None]:
    """Turn whatever the database says into a LedgerError about `place`."""
    try:
        yield
    except SQLAlchemyError as error:
        said = first_line(error.orig if isinstance(error, DBAPIError) else error)
        advice = next((words for sign, words in ADVICE.items() if sign in said), None)
        raise LedgerError(f"{place}: {said}" + (f" ({advice})" if advice else "")) from error


def first_line(error: BaseException | None) -> str:
    """The first line of what an error says, or its type if it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
