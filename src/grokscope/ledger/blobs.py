"""What a run leaves behind in bytes, read back: traces and parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import safetensors
import safetensors.numpy
from sqlalchemy import Connection, func, select

from grokscope.ledger.database import batches
from grokscope.ledger.errors import LedgerError
from grokscope.ledger.specs import signals_in
from grokscope.ledger.tables import PROVENANCE, params, runs, snapshots, traces
from grokscope.ledger.traces import framed, unpacked
from grokscope.ledger.views import parse_versions
from grokscope.measurements.trace import CORE, Trace
from grokscope.training.derive import Source
from grokscope.training.outcomes import Provenance

TRACE = select(traces.c.id, traces.c.columns, traces.c.dtype, traces.c.epochs, traces.c.steps_per_epoch, traces.c.data)


def trace_of(connection: Connection, identity: str) -> pd.DataFrame:
    """See `Ledger.trace`."""
    row = connection.execute(TRACE.where(traces.c.id == identity)).one_or_none()
    if row is None:
        raise LedgerError(f"run {identity}: found no trace, expected a run that is done")
    return framed(unpacked(*row))


def traces_of(connection: Connection, identities: Sequence[str]) -> dict[str, dict[str, np.ndarray]]:
    """See `Ledger.traces`."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for batch in batches(identities):
        rows = connection.execute(TRACE.where(traces.c.id.in_(batch)))
        found.update({row.id: unpacked(*row) for row in rows})
    return {identity: found[identity] for identity in identities if identity in found}


def params_of(connection: Connection, identity: str) -> dict[str, np.ndarray]:
    """See `Ledger.params`."""
    data = connection.scalar(select(params.c.data).where(params.c.id == identity))
    if data is None:
        raise LedgerError(f"run {identity}: found no parameters, expected a run that is done, with keep: final")
    return _arrays(identity, data)


def _arrays(identity: str, data: bytes) -> dict[str, np.ndarray]:
    try:
        return safetensors.numpy.load(data)
    except safetensors.SafetensorError as error:
        raise LedgerError(f"run {identity}: its parameters are damaged: {error}") from None


def snapshot_epochs(connection: Connection, identity: str) -> list[int]:
    """See `Ledger.snapshot_epochs`."""
    kept = select(snapshots.c.epoch).join(runs, runs.c.id == snapshots.c.id)
    done = kept.where(snapshots.c.id == identity, runs.c.status == "done")
    return list(connection.scalars(done.order_by(snapshots.c.epoch)))


def snapshots_of(
    connection: Connection, identity: str, epochs: Sequence[int]
) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """See `Ledger.snapshots`. One at a time is held in memory."""
    for epoch in epochs:
        data = connection.scalar(select(snapshots.c.data).where(snapshots.c.id == identity, snapshots.c.epoch == epoch))
        if data is None:
            raise LedgerError(f"run {identity}: found no snapshot of epoch {epoch}, expected one of its own")
        yield epoch, _arrays(identity, data)


def source_of(connection: Connection, identity: str) -> Source:
    """See `Ledger.source`."""
    columns = {name: runs.c[name] for name in ("started", "ended", *PROVENANCE)}
    row = connection.execute(select(*columns.values()).where(runs.c.id == identity)).mappings().one()
    provenance = Provenance(**{**row, "versions": parse_versions(identity, row["versions"])})
    trace = traces_of(connection, [identity]).get(identity, {})
    if not trace.keys() >= set(CORE):
        raise LedgerError(f"run {identity}: found no whole trace, expected one of {', '.join(CORE)}")
    kept = connection.scalar(select(params.c.data).where(params.c.id == identity))
    spec = str(connection.scalar(select(runs.c.spec).where(runs.c.id == identity)))
    return Source(
        identity,
        Trace.of({name: column for name, column in trace.items() if name != "steps"}),
        provenance,
        kept,
        signals_in(spec),
    )


def all_snapshots(
    connection: Connection, identities: Sequence[str]
) -> Iterator[tuple[str, int, dict[str, np.ndarray]]]:
    """See `Ledger.all_snapshots`."""
    kept = select(snapshots.c.id, snapshots.c.epoch, snapshots.c.data).join(runs, runs.c.id == snapshots.c.id)
    done = kept.where(runs.c.status == "done").order_by(snapshots.c.id, snapshots.c.epoch)
    for batch in batches(identities):
        for identity, epoch, data in connection.execute(done.where(snapshots.c.id.in_(batch))):
            yield identity, epoch, _arrays(identity, data)


def sizes_of(connection: Connection, identity: str) -> dict[str, int | None]:
    """Epochs of a run's trace and bytes of its parameters; None for what it did not keep."""
    n_bytes = func.length(params.c.data)
    return {
        "trace_epochs": connection.scalar(select(traces.c.epochs).where(traces.c.id == identity)),
        "params_bytes": connection.scalar(select(n_bytes).where(params.c.id == identity)),
    }
