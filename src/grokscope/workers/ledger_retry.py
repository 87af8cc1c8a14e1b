"""Retries, with a growing wait, of calls to a ledger that cannot be reached or written for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from grokscope.ledger import LedgerAwayError

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
GIVE_UP_SECONDS = 1800.0

T = TypeVar("T")


class LedgerRetry:
    """Exponential backoff: calls a ledger again at growing intervals, and not for ever.

    Args:
        say: told when the ledger goes away and when it is back.
        give_up_seconds: how long it may be away.
    """

    def __init__(self, say: Callable[[str], None], *, give_up_seconds: float = GIVE_UP_SECONDS):
        self._say, self._give_up_seconds = say, give_up_seconds
        self._away_since: float | None = None
        self._wait, self._next = FIRST_WAIT, 0.0

    def call(self, function: Callable[[], T]) -> T | None:
        """Call a function and return its value; None if the ledger is away, or it is not called again yet.

        Raises:
            LedgerError: the ledger refuses for good, or has been away for too long.
        """
        if time.monotonic() < self._next:
            return None
        try:
            value = function()
        except LedgerAwayError as error:
            self._back_off(error)
            return None
        if self._away_since is not None:
            self._say("the ledger is back")
        self._away_since, self._wait, self._next = None, FIRST_WAIT, 0.0
        return value

    def _back_off(self, error: LedgerAwayError) -> None:
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
            self._say(f"{error}: tried again for {self._give_up_seconds / 60:.3g} minutes; what is finished is kept")
        elif now - self._away_since > self._give_up_seconds:
            raise error
        self._next = now + self._wait
        self._wait = min(2 * self._wait, LONGEST_WAIT)
