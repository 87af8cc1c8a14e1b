"""Complete layers beside nets of other kinds, such as the perceptrons whose direction is given: how well and how fast
they learn.

Every run of a suite whose net is no complete layer is a baseline. All are compared at the last epoch that all reach;
baselines may go on, to see when their loss would have stopped them as in the published code.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from grokscope.ledger import Ledger
from grokscope.nets import MLP, Complete
from grokscope.run import Run, Seeds
from grokscope.studies.order.facts.cells import Cell, with_strength
from grokscope.studies.order.facts.networks import shown_cells
from grokscope.studies.order.facts.published import read_published_losses
from grokscope.studies.order.facts.summaries import LEARNED

ENOUGH = 3e-3
"""Mean loss of an epoch at which the published perceptrons stop."""
ACCURATE = 0.99
DRAWN = 150
"""Epochs that a curve is drawn at."""


@dataclass(frozen=True)
class Learner:
    """A net under a scheme, with all its runs that are done."""

    task: str
    net: str
    run: Run
    ids: tuple[str, ...]


@dataclass(frozen=True)
class LearnerComparison:
    """Performance of learners: a row each at the epoch that all of a task reach, and their losses on the way there."""

    table: pd.DataFrame
    curves: pd.DataFrame


def compare_learners(learners: Iterable[Learner], ledger: Ledger) -> LearnerComparison:
    """Compare learners by their traces.

    Losses are those of an epoch, each batch's before its step, but for those compared, which are of the
    network after it.
    """
    by_task: dict[str, list[Learner]] = {}
    for learner in learners:
        by_task.setdefault(learner.task, []).append(learner)
    rows, curves = [], []
    for mine in by_task.values():
        epochs = min(learner.run.max_epochs for learner in mine)
        for learner in mine:
            traces = list(ledger.traces(learner.ids).values())
            rows.append(_row(learner, traces, epochs))
            curves.append(_curve(learner, traces))
    return LearnerComparison(pd.DataFrame(rows), pd.concat(curves, ignore_index=True) if curves else pd.DataFrame())


def find_learners(frames: Mapping[Cell, pd.DataFrame], runs: Iterable[Run], done: set[str]) -> Iterator[Learner]:
    """Baselines, and before those of each task the complete layers that are looked at."""
    others: dict[Run, list[str]] = {}
    for run in runs:
        if not isinstance(run.net, Complete) and (identity := run.identity) in done:
            others.setdefault(dataclasses.replace(run, seeds=Seeds()), []).append(identity)
    for task in dict.fromkeys(run.task.label for run in others):
        for cell in shown_cells(task, frames):
            name = f"complete layer, {with_strength(cell.scheme, cell.value)}"
            yield Learner(task, name, cell.run, tuple(frames[cell]["id"].unique()))
        for run, ids in others.items():
            if run.task.label == task:
                yield Learner(task, net_name(run), run, tuple(ids))


def net_name(run: Run) -> str:
    """2-10-10-1 perceptron."""
    if isinstance(run.net, MLP):
        return "-".join(map(str, run.net.sizes(run.task.signature))) + " perceptron"
    return run.net.label


def _row(learner: Learner, traces: list[dict[str, np.ndarray]], epochs: int) -> dict[str, Any]:
    loss = np.array([trace["train_loss"][epochs - 1] for trace in traces])
    good = np.array([trace["train_acc"][epochs - 1] for trace in traces]) >= ACCURATE
    low, middle, high = np.quantile(loss, (0.1, 0.5, 0.9))
    running = np.stack([trace["running_loss"] for trace in traces])
    below = running < ENOUGH
    after = np.where(below.any(axis=1), 1.0 + below.argmax(axis=1), np.inf)
    row = {
        **{"task": learner.task, "net": learner.net, "params": learner.run.n_params, "seeds": len(traces)},
        **{"epochs": epochs, "loss": middle, "loss_low": low, "loss_high": high},
        "learned": float(np.mean(good if learner.run.task.signature.labelled else loss < LEARNED)),
        **{"up_to": learner.run.max_epochs, "enough": float(below.any(axis=1).mean())},
        "enough_after": float(np.median(after)) if np.isfinite(np.median(after)) else np.nan,
    }
    theirs = read_published_losses()
    mine = (theirs["task"] == learner.task) & (theirs["net"] == learner.net)
    known = theirs[mine & (theirs["epoch"] <= running.shape[1])]
    for published in known.itertuples():
        then = float(running[:, int(published.epoch) - 1].mean())
        row |= {"their_epoch": published.epoch, "their_loss": published.loss, "loss_then": then}
    return row


def _curve(learner: Learner, traces: list[dict[str, np.ndarray]]) -> pd.DataFrame:
    running = np.stack([trace["running_loss"] for trace in traces])
    epochs = np.unique(np.geomspace(1, running.shape[1], DRAWN).astype(int))
    low, middle, high = np.quantile(running[:, epochs - 1], (0.1, 0.5, 0.9), axis=0)
    steps = epochs * learner.run.steps_per_epoch
    columns = {"epoch": epochs, "steps": steps, "loss": middle, "low": low, "high": high}
    return pd.DataFrame({"task": learner.task, "net": learner.net, **columns})
