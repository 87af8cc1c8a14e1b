"""A driver's hold on runs."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from sqlalchemy import Engine

from grokscope.ledger import leasing
from grokscope.ledger.database import reading_from, writing_to
from grokscope.ledger.leasing import LEASE_SECONDS, Standing
from grokscope.ledger.network import alone


class Leases:
    """What one driver, `owner`, may train. A run is given to one owner at a time.

    Every method raises LedgerError, in one line, if the database cannot do what is asked or does not know a run.

    Args:
        seconds: how long a claim lasts, unless it is renewed.
    """

    def __init__(self, engine: Engine, owner: str, *, seconds: float = LEASE_SECONDS):
        self._engine, self.owner, self.seconds = engine, owner, seconds

    def alone(self) -> AbstractContextManager[None]:
        """The right to drive this ledger, which an SQLite file on a network filesystem gives to one driver at a time.

        Raises:
            LedgerError: another driver has it.
        """
        return alone(self._engine.url, self.owner)

    def standing(self, identities: Iterable[str]) -> Standing:
        """Which runs this owner could claim, which have ended, and who trains the others."""
        with reading_from(self._engine) as connection:
            return leasing.standing(connection, list(identities), self.owner, lock=False)

    def claim(self, identities: Iterable[str]) -> Standing:
        """Take every free run: running, one attempt more. How each run stood before.

        Free is what is pending, this owner's already, or in the hands of a driver that is dead or was not heard of
        in time.
        """
        with writing_to(self._engine) as connection:
            return leasing.claim(connection, list(identities), self.owner, self.seconds)

    def renew(self, identities: Iterable[str]) -> dict[str, str]:
        """Put off the end of leases. Of runs that are this owner's no more: identity -> status."""
        with writing_to(self._engine) as connection:
            return leasing.renew(connection, list(identities), self.owner, self.seconds)

    def release(self, identities: Iterable[str]) -> None:
        """Turn running into pending, for runs that were claimed and not ended. Others stay as they are."""
        with writing_to(self._engine) as connection:
            leasing.release(connection, list(identities), self.owner)
