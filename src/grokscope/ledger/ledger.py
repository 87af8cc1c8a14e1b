"""The ledger itself: drivers write what they claimed, and anybody reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine

from grokscope.ledger import blobs, reading, views, writing
from grokscope.ledger.database import open_database, reading_from, shown, writing_to
from grokscope.ledger.forecasts import Forecasts
from grokscope.ledger.leases import Leases
from grokscope.ledger.leasing import LEASE_SECONDS
from grokscope.ledger.selection import Selection, selected
from grokscope.run import Run
from grokscope.training.outcomes import Failed, Finished, Snapshot


def open_ledger(store: str | Path, *, create: bool = True) -> Ledger:
    """Open the ledger at a path (SQLite) or at any SQLAlchemy URL, making it and its folders if `create`.

    Raises:
        LedgerError: in one line, why it cannot be opened: not a ledger, written by a newer Grokscope, not there.
    """
    return Ledger(open_database(store, create=create))


class Ledger:
    """Suites, runs, results, traces and parameters. Use it as a context manager, or close it.

    A run is named by its identity or, where only one is asked for, by a `Run` or an identity's first digits.
    Every method raises LedgerError, in one line, if the database cannot do what is asked.
    """

    def __init__(self, engine: Engine):
        self._engine = engine

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @property
    def url(self) -> str:
        """Where it is, any password hidden."""
        return shown(self._engine.url)

    @property
    def forecasts(self) -> Forecasts:
        """Predictions that were kept before their outcome was looked at."""
        return Forecasts(self._engine)

    # What is to be done.

    def register(self, suite_name: str, suite_text: str, runs: Iterable[Run]) -> list[str]:
        """Make these the suite's runs, in this order; what is known of them is kept. Their identities, each once."""
        with writing_to(self._engine) as connection:
            return writing.register(connection, suite_name, suite_text, runs)

    def states(self, identities: Iterable[str] | None = None, *, suite: str | None = None) -> dict[str, str]:
        """Identity -> pending, running, done or failed: of a suite, or of those identities that are known."""
        with reading_from(self._engine) as connection:
            if suite is not None:
                return reading.member_statuses(connection, suite)
            wanted = list(identities or ())
            known = writing.statuses_of(connection, wanted, lock=False)
            return {identity: known[identity] for identity in wanted if identity in known}

    def reopen(self, identities: Iterable[str]) -> None:
        """Make failed runs pending, so that they are tried again. Others stay as they are."""
        with writing_to(self._engine) as connection:
            writing.reopen(connection, list(identities))

    def leases(self, owner: str, *, seconds: float = LEASE_SECONDS) -> Leases:
        """What a driver by this name may train; its leases last so long unless they are renewed."""
        return Leases(self._engine, owner, seconds=seconds)

    def reset(self, identities: Iterable[str]) -> None:
        """Forget results, traces, parameters, errors and attempts, so that the runs are done afresh.

        Raises:
            LedgerError: a driver that may be alive is training one of them; nothing is forgotten.
        """
        with writing_to(self._engine) as connection:
            writing.reset(connection, list(identities))

    # What has been done.

    def record(self, outcome: Finished | Failed) -> None:
        """`record_all` of one."""
        self.record_all([outcome])

    def record_all(self, outcomes: Iterable[Finished | Failed], owner: str | None = None) -> None:
        """Keep outcomes, each whole with result, trace and parameters: all of them, or on any error none.

        What a done run came to is never replaced, so that recording twice is harmless (see `reset`). Of a run that
        another driver than `owner` trains by now a finish is kept and a failure is not.
        """
        with writing_to(self._engine) as connection:
            writing.record(connection, outcomes, owner)

    def keep_snapshot(self, taken: Snapshot) -> None:
        """Keep a run's parameters at an epoch; they are seen once the run is done. Keeping them twice is harmless."""
        with writing_to(self._engine) as connection:
            writing.keep_snapshot(connection, taken)

    # What there is.

    def runs(
        self,
        *,
        suite: str | None = None,
        measurement: str | None = None,
        status: str | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """One row a run: its columns, its spec with dotted names (`task.p`, `net.dim`), its result, its provenance.

        `where` maps any column of the frame to a value, or to a list of them. Numbers of a result are float64 with
        NaN for what is missing, numbers of a spec whole where every run has one; missing texts are None; `created`,
        `started` and `ended` are datetimes in UTC. T_mem and T_gen in epochs, losses in nats, accuracies in [0, 1].

        Raises:
            LedgerError: no such suite, status or column.
        """
        chosen = self._selected(suite=suite, measurement=measurement, status=status, where=where)
        return views.frame(chosen)

    def records(
        self,
        *,
        suite: str | None = None,
        measurement: str | None = None,
        status: str | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """The same runs as plain nested dicts: `id`, `measurement`, `status`, `spec`, `result` (or None), ...

        A number that is NaN is None here, as in JSON.
        """
        chosen = self._selected(suite=suite, measurement=measurement, status=status, where=where)
        return views.records(chosen)

    def _selected(self, **filters: Any) -> Selection:
        with reading_from(self._engine) as connection:
            return selected(connection, **filters)

    def resolve(self, prefix: str) -> str:
        """The one identity that begins with these hexadecimal digits.

        Raises:
            LedgerError: none does, or several do.
        """
        with reading_from(self._engine) as connection:
            return reading.resolve(connection, prefix)

    def show(self, run: Run | str) -> dict[str, Any]:
        """Everything of one run as in `records`, with its suites, its trace's epochs and its parameters' bytes."""
        with reading_from(self._engine) as connection:
            identity = _identity(connection, run)
            (known,) = views.records(selected(connection, where={"id": identity}))
            member_of = {"suites": reading.suites_of(connection, identity)}
            return known | member_of | blobs.sizes_of(connection, identity)

    def trace(self, run: Run | str) -> pd.DataFrame:
        """What was recorded each epoch: indexed by `epoch` from 1, the columns of `Trace` and `steps` done by then.

        Raises:
            LedgerError: no such run, or it has no trace (yet).
        """
        with reading_from(self._engine) as connection:
            return blobs.trace_of(connection, _identity(connection, run))

    def traces(self, identities: Iterable[str]) -> dict[str, dict[str, np.ndarray]]:
        """Identity -> column -> vector, element 0 for epoch 1, of many runs at once; those without are left out."""
        with reading_from(self._engine) as connection:
            return blobs.traces_of(connection, list(identities))

    def params(self, run: Run | str) -> dict[str, np.ndarray]:
        """Name -> array of the parameters that a run with `keep: final` ended with.

        Raises:
            LedgerError: no such run, or it kept none.
        """
        with reading_from(self._engine) as connection:
            return blobs.params_of(connection, _identity(connection, run))

    def snapshot_epochs(self, run: Run | str) -> list[int]:
        """Epochs, ascending, whose parameters were kept of a run that is done; 0 is before the first."""
        with reading_from(self._engine) as connection:
            return blobs.snapshot_epochs(connection, _identity(connection, run))

    def snapshots(
        self, run: Run | str, epochs: Sequence[int] | None = None
    ) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """(epoch, name -> array) of a run's snapshots, one at a time: of all epochs, or of these.

        Raises:
            LedgerError: no such run, or it has no snapshot of such an epoch.
        """
        chosen = self.snapshot_epochs(run) if epochs is None else epochs
        with reading_from(self._engine) as connection:
            yield from blobs.snapshots_of(connection, _identity(connection, run), chosen)

    def status_counts(self, suite: str | None = None) -> dict[str, dict[str, int]]:
        """Measurement -> status -> number of runs."""
        with reading_from(self._engine) as connection:
            return reading.status_counts(connection, suite)

    def suites(self) -> pd.DataFrame:
        """One row a suite: name, hash of its text, when it was registered (UTC), its number of runs."""
        with reading_from(self._engine) as connection:
            return views.suites(reading.suites_with_sizes(connection))

    def suite_text(self, name: str) -> str:
        """The YAML that the suite was last registered with."""
        with reading_from(self._engine) as connection:
            return reading.suite_text(connection, name)


def _identity(connection: Connection, run: Run | str) -> str:
    return reading.resolve(connection, run.identity if isinstance(run, Run) else run)
