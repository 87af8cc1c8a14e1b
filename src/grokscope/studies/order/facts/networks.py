"""Networks to look at: of a few cells of each task the run whose excess is the median one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import jax.numpy as jnp
import numpy as np
import pandas as pd

from grokscope.ledger import Ledger
from grokscope.nets import CompleteNet
from grokscope.probes.orderedness import orderedness
from grokscope.probes.orderedness.measure import Method
from grokscope.probes.orderedness.null import TOGETHER
from grokscope.run import Run
from grokscope.studies.order.facts.cells import UNTRAINED, Cell, with_strength
from grokscope.studies.order.facts.orderedness import OUTPUTS, open_weights
from grokscope.studies.order.figures.networks import Network
from grokscope.training.devices import precision
from grokscope.training.lane import stream_key
from grokscope.training.params import net_from_arrays

SHOWN_SCHEMES = (("unpruned", None), ("rising top k", 0.5), ("triangle", None))
"""Schemes, and which strength of each."""
BEYOND = 2
"""States are shown for so many times the iterations that the outputs are read after."""


def median_networks(
    frames: Mapping[Cell, pd.DataFrame], runs: Mapping[Cell, Mapping[str, Run]], ledger: Ledger
) -> dict[str, list[Network]]:
    """By task, a network of each scheme that is looked at, of the cells with most seeds."""
    found: dict[str, list[Network]] = {}
    tasks = dict.fromkeys(cell.task for cell in frames if cell.task != UNTRAINED)
    for task in tasks:
        for cell in shown_cells(task, frames):
            found.setdefault(task, []).append(_network(cell, frames[cell], runs[cell], ledger))
    return found


def shown_cells(task: str, frames: Mapping[Cell, pd.DataFrame]) -> Iterator[Cell]:
    """The cell with most seeds of each scheme that is shown, on the task's usual size."""
    usual = _usual(task, frames)
    for scheme, value in SHOWN_SCHEMES:
        chosen = [c for c in usual if c.scheme == scheme and (value is None or c.value == value)]
        if chosen:
            yield max(chosen, key=lambda c: len(frames[c]))


def _usual(task: str, frames: Mapping[Cell, pd.DataFrame]) -> list[Cell]:
    """Cells of the size, iterations and setting that most of the task's runs have."""
    mine = [cell for cell, frame in frames.items() if cell.task == task and len(frame)]
    sizes: dict[tuple[int, int, str, int], int] = {}
    for cell in mine:
        like = (cell.hidden, cell.iterations, cell.setting, cell.run.max_epochs)
        sizes[like] = sizes.get(like, 0) + len(frames[cell])
    most = max(sizes, key=lambda like: sizes[like], default=None)
    return [c for c in mine if (c.hidden, c.iterations, c.setting, c.run.max_epochs) == most]


def _network(cell: Cell, frame: pd.DataFrame, runs: Mapping[str, Run], ledger: Ledger) -> Network:
    last = frame[(frame["epoch"] == frame["epoch"].max()) & (frame["pins"] == OUTPUTS)].sort_values(["excess", "id"])
    row = last.iloc[len(last) // 2]
    run = runs[str(row["id"])]
    ((_, arrays),) = ledger.snapshots(run, [int(row["epoch"])])
    weights = open_weights(run, arrays)
    units, outputs = len(weights), run.task.signature.classes
    method: Method = "auto" if units - outputs <= TOGETHER else "heuristic"  # as its excess was measured
    best = orderedness(weights[:, :units], pinned=outputs, method=method)
    inputs, _, *_ = run.task.arrays(stream_key(run.seeds.data, "data"))
    shown = inputs[np.linspace(0, len(inputs) - 1, 4).astype(int)]
    with precision(run.shape):
        net = net_from_arrays(run, arrays)
        assert isinstance(net, CompleteNet)
        ended = jnp.asarray(weights)
        longer = dataclasses.replace(net, iterations=BEYOND * cell.iterations, weights=ended, scores=None)
        seen = longer.states(jnp.asarray(shown, weights.dtype if not net.vocab else None))
        states = np.stack([np.asarray(state) for state in seen], axis=1)
    scheme = with_strength(cell.scheme, cell.value)
    return Network(
        title=f"{cell.task}, {scheme}: D = {best.value:.3f}, excess {row['excess']:+.3f}",
        weights=weights,
        order=best.order,
        outputs=outputs,
        states=states,
        examples=tuple(_short_name(x) for x in shown),
        iterations=cell.iterations,
    )


def _short_name(x: np.ndarray) -> str:
    return ", ".join(f"{value:g}" for value in x) if len(x) <= 4 else f"{len(x)} numbers"
