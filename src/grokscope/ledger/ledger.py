"""The ledger itself: drivers write what they claimed, and anybody reads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from grokscope.ledger import copying, queries, writing
from grokscope.ledger.database import batches, open_database, reading_from, writing_to
from grokscope.ledger.forecasts import ForecastStore
from grokscope.ledger.leases import LEASE_SECONDS, Leases
from grokscope.ledger.protocols import KeptOutcome, KeptRun
from grokscope.ledger.published import Imported, enter, entries
from grokscope.ledger.published.registry import find_database
from grokscope.ledger.reader import Reader
from grokscope.training.outcomes import Snapshot

IMPORT_BATCH = 200
"""Imported runs a transaction."""


def open_ledger(store: str | Path, *, create: bool = True) -> Ledger:
    """Open the ledger at a path (SQLite) or at any SQLAlchemy URL, making it and its folders if `create`.

    Raises:
        LedgerError: in one line, why it cannot be opened: not a ledger, written by a newer Grokscope, not there.
    """
    return Ledger(open_database(store, create=create))


class Ledger(Reader):
    """Suites, runs, results, traces and parameters. Use it as a context manager, or close it.

    A run is named by its identity or, where only one is asked for, by the run itself or by an identity's first digits.
    Every method raises LedgerError, in one line, if the database cannot do what is asked.
    """

    @property
    def forecasts(self) -> ForecastStore:
        """Predictions that were kept before their outcome was looked at."""
        return ForecastStore(self._engine)

    # What is to be done.

    def register(self, suite_name: str, suite_text: str, runs: Iterable[KeptRun]) -> list[str]:
        """Make these the suite's runs, in this order; what is known of them is kept. Their identities, each once."""
        with writing_to(self._engine) as connection:
            return writing.register(connection, suite_name, suite_text, runs)

    def states(self, identities: Iterable[str] | None = None, *, suite: str | None = None) -> dict[str, str]:
        """Identity -> pending, running, done or failed: of a suite, or of those identities that are known."""
        with reading_from(self._engine) as connection:
            if suite is not None:
                return queries.member_statuses(connection, suite)
            wanted = list(identities or ())
            known = writing.statuses_of(connection, wanted, lock=False)
            return {identity: known[identity] for identity in wanted if identity in known}

    def reopen(self, identities: Iterable[str]) -> None:
        """Make failed runs pending, so that they are tried again. Others stay as they are."""
        with writing_to(self._engine) as connection:
            writing.reopen(connection, list(identities))

    def leases(self, owner: str, *, seconds: float = LEASE_SECONDS) -> Leases:
        """The leases of a driver by this name; they last so long unless they are renewed."""
        return Leases(self._engine, owner, seconds=seconds)

    def reset(self, identities: Iterable[str]) -> None:
        """Forget results, traces, parameters, errors and attempts, so that the runs are done afresh.

        Raises:
            LedgerError: a driver that may be alive is training one of them; nothing is forgotten.
        """
        with writing_to(self._engine) as connection:
            writing.reset(connection, list(identities))

    # What has been done.

    def record(self, outcome: KeptOutcome) -> None:
        """`record_all` of one."""
        self.record_all([outcome])

    def record_all(self, outcomes: Iterable[KeptOutcome], owner: str | None = None) -> None:
        """Keep outcomes, each whole with result, trace and parameters: all of them, or on any error none.

        What a done run came to is never replaced, so that recording twice is harmless (see `reset`). Of a run that
        another driver than `owner` trains by now a finish is kept and a failure is not.
        """
        with writing_to(self._engine) as connection:
            writing.record(connection, outcomes, owner)

    def keep_snapshot(self, taken: Snapshot) -> None:
        """`keep_snapshots` of one."""
        self.keep_snapshots([taken])

    def keep_snapshots(self, taken: Iterable[Snapshot]) -> None:
        """Keep runs' parameters at epochs; they are seen once a run is done. Keeping them twice is harmless."""
        with writing_to(self._engine) as connection:
            writing.keep_snapshots(connection, taken)

    def import_registry(self, path: str | Path) -> Imported:
        """Enter the completed runs of a registry of the published code, marked with their `origin` and unverified.

        Args:
            path: its SQLite database, or the folder that has it; the traces are in `data` beside it.

        Raises:
            LedgerError: it is no such registry. A row that cannot be believed is left out, and said.
        """
        database = find_database(Path(path))
        found = Imported(str(database))
        for batch in batches(entries(database, found), IMPORT_BATCH):
            with writing_to(self._engine) as connection:
                enter(connection, batch, found)
        return found

    def copy_suite(self, name: str, target: Ledger) -> None:
        """Put a suite and all that is known of its runs into another ledger, which has none of them yet."""
        with reading_from(self._engine) as source, writing_to(target._engine) as connection:
            copying.copy_suite(source, connection, name)
