"""Which runs are alike but for their seeds, and what to call them."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from grokscope.nets import Complete
from grokscope.run import Run, Seeds
from grokscope.spec import Spec
from grokscope.training.transforms import RandomPrune, Rewind, Threshold, TopK, TrilDamp, TrilPrune

UNTRAINED = "untrained"
UNPRUNED = "unpruned"
ENDS = 2
"""Snapshots of a run that only keeps its beginning and its end."""


@dataclass(frozen=True)
class Cell:
    """Runs that differ in their seeds alone.

    Attributes:
        run: any of them, its seeds neutral.
        task: `untrained` where the learning rate is 0.
        scheme: what prunes, in words; `value`: how strongly, NaN where there is no such number.
        setting: what else of the net is not as usual, and a filter of the gradient.
    """

    run: Run
    task: str
    scheme: str
    value: float
    hidden: int
    iterations: int
    setting: str

    @property
    def key(self) -> tuple[Any, ...]:
        """The values that tell cells apart; snapshots aside."""
        value = None if math.isnan(self.value) else self.value
        return (self.task, self.scheme, value, self.hidden, self.iterations, self.setting, self.run.max_epochs)

    @property
    def n_snapshots(self) -> int:
        """The number of snapshots of each of its runs."""
        return self.run.max_epochs // self.run.snapshot_every + 1 if self.run.snapshot_every else 0


def cells(runs: Iterable[Run]) -> dict[Cell, list[Run]]:
    """Runs on complete layers by cell, in their order."""
    found: defaultdict[Cell, list[Run]] = defaultdict(list)
    known: dict[Run, Cell] = {}
    for run in runs:
        if isinstance(run.net, Complete):
            neutral = dataclasses.replace(run, seeds=Seeds())
            cell = known.setdefault(neutral, cell_of(neutral))
            found[cell].append(run)
    return dict(found)


def cell_of(run: Run) -> Cell:
    """The cell of a run on a complete layer."""
    scheme, value = scheme_of(run.transform)
    assert isinstance(run.net, Complete)
    untrained = getattr(run.optimiser, "lr", None) == 0
    return Cell(
        run=run,
        task=UNTRAINED if untrained else run.task.label,
        scheme=scheme,
        value=value,
        hidden=run.net.hidden,
        iterations=run.net.iterations,
        setting=_setting(run),
    )


def cell_columns(cell: Cell) -> dict[str, Any]:
    """Columns that tell cells apart."""
    return {
        **{"task": cell.task, "scheme": cell.scheme, "value": cell.value, "hidden": cell.hidden},
        **{"iterations": cell.iterations, "setting": cell.setting, "epochs": cell.run.max_epochs},
    }


def with_strength(scheme: str, value: float) -> str:
    """A scheme with its strength, where it has one."""
    return scheme if math.isnan(value) else f"{scheme} {value:g}"


def scheme_of(transform: Any) -> tuple[str, float]:
    """A scheme in words and its strength: the share removed or kept, or the damping."""
    if transform is None:
        return UNPRUNED, math.nan
    name, value = _last_scheme(transform)
    if transform.before is None:
        return name, value
    earlier, strength = scheme_of(transform.before)
    return f"{earlier} {strength:g}, then {name}", value


def _last_scheme(transform: Any) -> tuple[str, float]:
    rising = "rising " if getattr(transform, "schedule", "constant") == "rising" else ""
    if isinstance(transform, RandomPrune):
        return "random" if transform.mask == "once" else "random every step", transform.removed
    if isinstance(transform, TopK):
        return rising + "top k" + (" for good" if transform.regrowth == "never" else ""), transform.keep
    if isinstance(transform, TrilDamp):
        return rising + "damping" + (f" from {transform.diagonal}" if transform.diagonal else ""), transform.damping
    if isinstance(transform, TrilPrune):
        return "triangle" + (f" from {transform.diagonal}" if transform.diagonal else ""), math.nan
    if isinstance(transform, Rewind):
        return "rewinding", transform.keep
    if isinstance(transform, Threshold):
        return ("threshold", transform.least) if transform.at == "least" else ("median threshold", math.nan)
    return transform.kind, math.nan


def _setting(run: Run) -> str:
    """What is not as usual of the net, and a filter of the gradient."""
    net = run.net
    assert isinstance(net, Complete)
    usual = Complete(net.hidden, net.iterations)
    names = [field.name for field in dataclasses.fields(net)]
    unusual = [f"{name} {getattr(net, name)}" for name in names if getattr(net, name) != getattr(usual, name)]
    if isinstance(run.filter, Spec):
        numbers = [f"{value:g}" for value in run.filter.traced_part().values()]
        unusual.append(" ".join([run.filter.kind, *numbers]))
    return ", ".join(unusual)
