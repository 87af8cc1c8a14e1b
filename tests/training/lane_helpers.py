"""Tiny runs of few shapes, so that few programs are compiled, and lanes advanced by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from grokscope import AdamW, Run, Seeds
from grokscope.measurements import Capacity, Groks, Speed, Trace
from grokscope.nets import Transformer, to_published
from grokscope.tasks import Modular, Shuffled
from grokscope.training.advance import Strategy, advance, stack_lanes
from grokscope.training.lane import Lane, net_structure, start_lane
from grokscope.training.outcomes import Event, Finished, Job
from grokscope.training.pack import Pack, precision

RUN = Run(
    Modular(13), Transformer(8), AdamW(), Groks(), seeds=Seeds.all(5), batch_size=32, max_epochs=60, precision="float64"
)
"""78 training rows in steps of 32, 32 and 14: three an epoch."""
STEPS_100 = 34
"""Epochs of three steps that make a hundred."""
UNREACHABLE = Groks(train_threshold=1.0, val_threshold=1.0)


def with_precision(run: Run, precision: str) -> Run:
    return dataclasses.replace(run, precision=precision)


def neighbours(run: Run) -> list[Run]:
    """Seven runs of the same shape that have no number in common with this one, and some of which end early."""
    others: list[dict[str, Any]] = [
        {"optimiser": AdamW(1e-2, 0.0)},
        {"optimiser": AdamW(3e-4, 3.0, 0.8, 0.9), "seeds": Seeds(1, 2, 3, 4)},
        {"net": Transformer(8, dropout=0.0), "max_epochs": 5},
        {"net": Transformer(8, dropout=0.7, init_scale=0.5), "task": Modular(13, "+", 0.3)},
        {"measurement": Speed(threshold=0.0), "task": Shuffled(Modular(13, "-", 0.25), "vocab")},
        {"measurement": Capacity(patience=3), "task": Shuffled(Modular(13), "permuted")},
        {"measurement": Speed(patience=3), "task": Shuffled(Modular(13, "*", 0.9), "digits"), "seeds": Seeds.all(7)},
    ]
    return [dataclasses.replace(run, **fields) for fields in others]


def advance_alone(run: Run, n_epochs: int, strategy: Strategy = "loop") -> tuple[Lane, np.ndarray]:
    """A run alone, some epochs on, with the records of those epochs."""
    with precision(run.shape):
        lane, records = advance(run.shape, start_lane(run), n_epochs, strategy=strategy)
        return lane, np.asarray(records)[:n_epochs]


def advance_stacked(runs: list[Run], n_epochs: int) -> tuple[Lane, np.ndarray]:
    """Runs together in one vectorised pack."""
    with precision(runs[0].shape):
        lanes, records = advance(
            runs[0].shape, stack_lanes([start_lane(run) for run in runs]), n_epochs, strategy="vmap"
        )
        return lanes, np.asarray(records)[:, :n_epochs]


def named_params(run: Run, params: Any) -> dict[str, np.ndarray]:
    """A flat parameter vector, or a gradient by it, under the published names."""
    net: Any = net_structure(run.shape).net(params, {})
    return to_published(net)


def matrix(trace: Trace) -> np.ndarray:
    """(columns, epochs) all that a trace has."""
    return np.array(list(trace.columns.values()))


def relative_distance(one: Any, other: Any) -> float:
    """Distance of two vectors over the norm of the first."""
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    return float(np.linalg.norm(one - other) / np.linalg.norm(one))


def run_to_end(pack: Pack, jobs: list[Job]) -> dict[str, Finished]:
    """Everything that comes of these jobs in this pack, by identity."""
    pack.add(jobs)
    events: list[Event] = []
    while pack.slots:
        events += pack.step()
    return {event.run.identity: event for event in events if isinstance(event, Finished)}
