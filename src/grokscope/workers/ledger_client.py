"""A driver's connection to its ledger: leases on the runs it trains, and a buffer of what is still to be written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from grokscope.ledger import Ledger, LedgerError
from grokscope.ledger.leases import LEASE_SECONDS, Leases, LeaseStates
from grokscope.run import Run
from grokscope.training.outcomes import Outcome, Snapshot
from grokscope.workers.ledger_retry import GIVE_UP_SECONDS, LedgerRetry

WRITE_SECONDS = 1.0
RENEWALS = 4
"""Times that a lease is renewed while it lasts: a driver may miss some and keep it."""


class LedgerClient:
    """Claims runs for a driver, renews their leases and writes what came of them; a ledger that cannot be reached for a
    while costs nothing.

    Args:
        owner: the driver's name (see `ledger.owners`).
        say: told of anything that a person should know.
    """

    def __init__(
        self,
        ledger: Ledger,
        owner: str,
        say: Callable[[str], None],
        *,
        lease_seconds: float = LEASE_SECONDS,
        give_up_seconds: float = GIVE_UP_SECONDS,
    ):
        self.leases: Leases = ledger.leases(owner, seconds=lease_seconds)
        self.held: set[str] = set()
        self.unwritten: list[Outcome] = []
        self._snapshots: list[Snapshot] = []
        self._ledger, self._say = ledger, say
        self._retry = LedgerRetry(say, give_up_seconds=give_up_seconds)
        self._written = self._renewed = time.monotonic()

    @property
    def has_unwritten(self) -> bool:
        """Whether anything is still to be written."""
        return bool(self.unwritten or self._snapshots)

    def claim(self, identities: Iterable[str]) -> LeaseStates | None:
        """Claim those runs that nobody else has (see `Leases.claim`); None while the ledger is away."""
        standing = self._retry.call(lambda: self.leases.claim(identities))
        self.held.update(standing.free if standing else ())
        return standing

    def standing(self, identities: Iterable[str]) -> LeaseStates | None:
        """Look up who has which runs (see `Leases.lease_states`), none claimed; None while the ledger is away."""
        return self._retry.call(lambda: self.leases.lease_states(identities))

    def add_outcome(self, outcome: Outcome) -> None:
        """Write an outcome soon."""
        self.unwritten.append(outcome)

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Write a snapshot soon, many in one transaction."""
        self._snapshots.append(snapshot)

    def may_checkpoint(self, run: Run) -> bool:
        """Whether a checkpoint of a run may replace the one before.

        Not if another driver took the run over: it saves it. Nor while the ledger lacks a snapshot of it: whoever
        goes on from that checkpoint would not take it again.
        """
        self._write_snapshots()
        return run.identity in self.held and all(snapshot.run != run for snapshot in self._snapshots)

    def maintain(self) -> list[Outcome]:
        """Write and renew what is due; called often. Returns the outcomes that were written."""
        now = time.monotonic()
        if self.held and now - self._renewed > self.leases.seconds / RENEWALS:
            self._renew()
        return self.flush() if self.has_unwritten and now - self._written > WRITE_SECONDS else []

    def flush(self) -> list[Outcome]:
        """Write every outcome, or none while the ledger is away. Returns those that were written."""

        def record() -> list[Outcome]:
            self._ledger.record_all(self.unwritten, self.leases.owner)
            return self.unwritten

        self._write_snapshots()
        written = self._retry.call(record) if self.unwritten and not self._snapshots else None
        if written is None:
            if not self.has_unwritten:
                self._written = time.monotonic()
            return []
        self.unwritten, self._written = [], time.monotonic()
        self.held.difference_update(outcome.run.identity for outcome in written)
        return written

    def release(self) -> None:
        """Release the leases on all runs that are held. A ledger that is away learns of it when the leases end."""
        if not self.held:
            return
        try:
            self.leases.release(self.held)
        except LedgerError as error:
            self._say(f"{error}: {len(self.held)} runs can be begun again in {self.leases.seconds:.0f} seconds")
        self.held = set()

    def _write_snapshots(self) -> None:
        """Write all snapshots, or none while the ledger is away."""

        def record() -> list[Snapshot]:
            self._ledger.keep_snapshots(self._snapshots)
            return self._snapshots

        if self._snapshots and self._retry.call(record):
            self._snapshots = []

    def _renew(self) -> None:
        """Renew the leases. A driver that stood still for too long finds that others have taken its runs."""
        lost = self._retry.call(lambda: self.leases.renew(self.held))
        if lost is None:
            return
        self._renewed = time.monotonic()
        self.held.difference_update(lost)
        if taken := [identity for identity, status in lost.items() if status == "running"]:
            self._say(
                f"{len(taken)} runs were taken over by another driver, since this one was not heard of for "
                f"{self.leases.seconds:.0f} seconds: whichever finishes a run first, its result is kept"
            )
