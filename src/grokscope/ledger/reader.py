"""Everything that can be asked of a ledger, and traces that are read as they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine

from grokscope.ledger import blobs, queries, views
from grokscope.ledger.database import display_url, reading_from
from grokscope.ledger.protocols import KeptRun
from grokscope.ledger.selection import Selection, find_runs
from grokscope.training.derive import Source


class Reader:
    """Everything that a ledger answers, writing nothing. Its user is `Ledger`, which says how runs are named."""

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
        """The ledger's address, any password hidden."""
        return display_url(self._engine.url)

    def runs(
        self,
        *,
        suite: str | None = None,
        measurement: str | None = None,
        status: str | None = None,
        where: Mapping[str, Any] | None = None,
        imported: bool = False,
    ) -> pd.DataFrame:
        """One row a run: its columns, its spec with dotted names (`task.p`, `net.dim`), its result, its provenance.

        With `imported`, all imported runs are among them too, which belong to no suite. `where` maps any column of the
        frame to a value, or to a list of them. Numbers of a result are float64 with NaN for what is missing, numbers of
        a spec whole where every run has one; missing texts are None; `created`, `started` and `ended` are datetimes in
        UTC. T_mem and T_gen in epochs, losses in nats, accuracies in [0, 1].

        Raises:
            LedgerError: no such suite, status or column.
        """
        chosen = self._find(suite=suite, measurement=measurement, status=status, where=where, imported=imported)
        return views.runs_frame(chosen)

    def records(
        self,
        *,
        suite: str | None = None,
        measurement: str | None = None,
        status: str | None = None,
        where: Mapping[str, Any] | None = None,
        imported: bool = False,
    ) -> list[dict[str, Any]]:
        """The same runs as plain nested dicts: `id`, `measurement`, `status`, `spec`, `result` (or None), ...

        A number that is NaN is None here, as in JSON.
        """
        chosen = self._find(suite=suite, measurement=measurement, status=status, where=where, imported=imported)
        return views.run_records(chosen)

    def _find(self, **filters: Any) -> Selection:
        with reading_from(self._engine) as connection:
            return find_runs(connection, **filters)

    def resolve(self, prefix: str) -> str:
        """The one identity that begins with these hexadecimal digits.

        Raises:
            LedgerError: none does, or several do.
        """
        with reading_from(self._engine) as connection:
            return queries.resolve(connection, prefix)

    def show(self, run: KeptRun | str) -> dict[str, Any]:
        """Everything of one run as in `records`, with its suites, its trace's epochs and its parameters' bytes."""
        with reading_from(self._engine) as connection:
            identity = _identity(connection, run)
            (known,) = views.run_records(find_runs(connection, where={"id": identity}, imported=True))
            member_of = {"suites": queries.suites_of(connection, identity)}
            return known | member_of | blobs.sizes_of(connection, identity)

    def trace(self, run: KeptRun | str) -> pd.DataFrame:
        """A run's trace: indexed by `epoch` from 1, the columns of `Trace` and `steps` done by then.

        Raises:
            LedgerError: no such run, or it has no trace (yet).
        """
        with reading_from(self._engine) as connection:
            return blobs.trace_of(connection, _identity(connection, run))

    def traces(self, identities: Iterable[str]) -> dict[str, dict[str, np.ndarray]]:
        """Identity -> column -> vector, element 0 for epoch 1, of many runs at once; those without are left out."""
        with reading_from(self._engine) as connection:
            return blobs.traces_of(connection, list(identities))

    def runs_by_training(self, trainings: Iterable[str]) -> dict[str, list[queries.TrainedRun]]:
        """`Run.training` -> the runs of it that are done, the longest trace first; imported ones do not count."""
        with reading_from(self._engine) as connection:
            return queries.runs_by_training(connection, trainings)

    def source(self, identity: str) -> Source:
        """All that is needed to read other runs' results from the trace of this one, which is done.

        Raises:
            LedgerError: its trace is damaged.
        """
        with reading_from(self._engine) as connection:
            return blobs.source_of(connection, identity)

    def params(self, run: KeptRun | str) -> dict[str, np.ndarray]:
        """Name -> array of the parameters that a run with `keep: final` ended with.

        Raises:
            LedgerError: no such run, or it kept none.
        """
        with reading_from(self._engine) as connection:
            return blobs.params_of(connection, _identity(connection, run))

    def snapshot_epochs(self, run: KeptRun | str) -> list[int]:
        """Epochs, ascending, whose parameters were kept of a run that is done; 0 is before the first."""
        with reading_from(self._engine) as connection:
            return blobs.snapshot_epochs(connection, _identity(connection, run))

    def snapshots(
        self, run: KeptRun | str, epochs: Sequence[int] | None = None
    ) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """(epoch, name -> array) of a run's snapshots, one at a time: of all epochs, or of these.

        Raises:
            LedgerError: no such run, or it has no snapshot of such an epoch.
        """
        chosen = self.snapshot_epochs(run) if epochs is None else epochs
        with reading_from(self._engine) as connection:
            yield from blobs.snapshots_of(connection, _identity(connection, run), chosen)

    def all_snapshots(self, identities: Iterable[str]) -> Iterator[tuple[str, int, dict[str, np.ndarray]]]:
        """(identity, epoch, name -> array) of every snapshot of many runs that are done, a few held at a time.

        Runs come in no order, the epochs of one ascending; runs without snapshots do not come.
        """
        with reading_from(self._engine) as connection:
            yield from blobs.all_snapshots(connection, list(identities))

    def status_counts(self, suite: str | None = None) -> dict[str, dict[str, int]]:
        """Measurement -> status -> number of runs, imported ones not among them."""
        with reading_from(self._engine) as connection:
            return queries.status_counts(connection, suite)

    def origins(self) -> dict[str, int]:
        """Count imported runs by where they came from."""
        with reading_from(self._engine) as connection:
            return queries.origins_of_imports(connection)

    def suites(self) -> pd.DataFrame:
        """One row a suite: name, hash of its text, when it was registered (UTC), its number of runs."""
        with reading_from(self._engine) as connection:
            return views.suites_frame(queries.suites_with_sizes(connection))

    def suite_text(self, name: str) -> str:
        """The YAML that the suite was last registered with."""
        with reading_from(self._engine) as connection:
            return queries.suite_text(connection, name)


def _identity(connection: Connection, run: KeptRun | str) -> str:
    return queries.resolve(connection, run if isinstance(run, str) else run.identity)


READ_AHEAD = 256
"""Traces that a walk reads at once: some 30 MiB of long ones."""


class LazyTraces(Mapping[str, Mapping[str, np.ndarray]]):
    """Traces by identity: columns of one number an epoch by name, element 0 for epoch 1.

    Only what was read last is kept. Whoever asks for one run after the other in the order of `identities` is read
    ahead of; a single look-up reads a single trace.
    """

    def __init__(self, ledger: Reader, identities: list[str]):
        self._ledger, self._identities = ledger, identities
        self._place = {identity: place for place, identity in enumerate(identities)}
        self._held: dict[str, dict[str, np.ndarray]] = {}
        self._next = 0

    def __getitem__(self, identity: str) -> Mapping[str, np.ndarray]:
        place = self._place[identity]
        if identity not in self._held:
            n = READ_AHEAD if place == self._next else 1
            self._held = self._ledger.traces(self._identities[place : place + n])
        self._next = place + 1
        return self._held[identity]

    def __iter__(self) -> Iterator[str]:
        return iter(self._identities)

    def __len__(self) -> int:
        return len(self._identities)
