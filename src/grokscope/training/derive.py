"""Results that the trace of another run already contains: read from it, not trained again.

Two runs of one training (`Run.training`) differ only in when they end and in what is kept of them. The one that goes on
longer has passed through every epoch of the other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from safetensors.numpy import load, save

from grokscope.measurements import Trace
from grokscope.measurements.replay import end_epoch
from grokscope.run import Run
from grokscope.training.observe import columns
from grokscope.training.outcomes import Finished, Provenance
from grokscope.training.provenance import now


class Source(NamedTuple):
    """A run that was trained, as it is read from: its identity, whole trace, provenance and (if kept) parameters.

    Attributes:
        signals: the specs of the signals it was asked for, as plain values.
    """

    identity: str
    trace: Trace
    provenance: Provenance
    params: bytes | None
    signals: Sequence[Mapping[str, Any]] = ()


def end_epoch_within(run: Run, trace: Trace) -> int | None:
    """The epoch with which a run ends, by a trace of its training; None if the run goes on beyond the trace."""
    seen = truncate(trace, run.max_epochs)
    ended = end_epoch(run.measurement.rule(run), seen, run.task.n_train, run.task.n_val)
    if ended is None:
        return run.max_epochs if run.max_epochs <= trace.epochs else None
    return ended


def derive_finished(run: Run, source: Source) -> Finished | None:
    """The run as training it would leave it; None if its training goes on beyond the source's.

    A run that keeps its parameters can only be had from one that ended with the same epoch and kept them, its signals
    from one that was asked for them at the same cadence; snapshots cannot be had. Where it was trained is the source's;
    it took no time of its own.
    """
    end = end_epoch_within(run, source.trace)
    if end is None or run.snapshot_every or not has_signals(run, source.signals):
        return None
    params = None
    if run.keep == "final":
        if source.params is None or end != source.trace.epochs:
            return None
        params = save(load(source.params), metadata={"run": run.identity})
    trace = select_columns(columns(run.shape), truncate(source.trace, end))
    moment = now()
    root = source.provenance.derived_from or source.identity
    record = dataclasses.replace(source.provenance, derived_from=root, seconds=0.0, started=moment, ended=moment)
    return Finished(run, trace, run.measurement.result(run, trace), record, params)


def has_signals(run: Run, signals: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these specs of signals, as plain values, have all that a run asks for."""
    return all(signal.to_dict() in signals for signal in run.signals)


def select_columns(names: Collection[str], trace: Trace) -> Trace:
    """A trace without the columns that are not named."""
    return Trace.of({name: column for name, column in trace.columns.items() if name in names})


def truncate(trace: Trace, epochs: int) -> Trace:
    """The first epochs of a trace."""
    return Trace.of({name: column[:epochs] for name, column in trace.columns.items()})
