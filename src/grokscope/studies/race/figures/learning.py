"""Learning curves of a cell: accuracy against epochs, on the task and on random labels."""

from __future__ import annotations

import math
from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.measurements.trace import CORE
from grokscope.report.style import BLUE, ORANGE, STYLE, VERMILION, add_heading, legend_below, log_axis, new_figure
from grokscope.studies.race.facts.slices import Slice
from grokscope.studies.race.page.script import sampled_epochs

SHOWN = (
    ("running_acc", VERMILION, "-", "training, running accuracy"),
    ("train_acc", ORANGE, "--", "training, eval accuracy"),
    ("val_acc", BLUE, "-", "validation, eval accuracy"),
)
_POINTS = 400
"""Epochs of a curve that are drawn, evenly in log: more than a column's width can show."""


def informative_traces(
    shown: Slice, traces: Mapping[str, Mapping[str, np.ndarray]]
) -> dict[str, Mapping[str, np.ndarray]]:
    """The columns of traces that `learning_figure` and the figures of signals draw, and no others."""
    dim = informative_width(shown)
    identities = shown.frame.loc[shown.frame["dim"] == dim, "id"] if dim is not None else ()
    return {
        identity: {
            column: np.asarray(trace[column]) for column in (*(name for name, *_ in SHOWN), *signal_columns(trace))
        }
        for identity in identities
        if (trace := traces.get(identity)) is not None
    }


def signal_columns(trace: Mapping[str, np.ndarray]) -> list[str]:
    """Names of a trace's columns that are signals."""
    return [name for name in trace if name not in (*CORE, "steps")]


def learning_figure(shown: Slice, traces: Mapping[str, Mapping[str, np.ndarray]]) -> Figure | None:
    """Every seed of the width nearest to the crossing, or of the middle width; None without a trace."""
    dim = informative_width(shown)
    rows = shown.frame[shown.frame["dim"] == dim] if dim is not None else shown.frame[:0]
    panels = []
    for measurement, probe, title in panels_of(shown):
        chosen = rows[(rows["measurement"] == measurement) & (rows["probe"] == probe)].sort_values("seed")
        curves = [traces[identity] for identity in chosen["id"] if identity in traces]
        if curves:
            panels.append((title, curves))
    if not panels:
        return None
    figure, every = new_figure(1.75 * len(panels) + 0.6, rows=len(panels))
    with mpl.rc_context(STYLE):
        for axes, (title, curves) in zip(every, panels, strict=True):
            _panel(axes, curves)
            axes.set_title(f"{title}, width {dim}, {count_seeds(len(curves))}", loc="left")
        every[-1].set_xlabel("epochs")
    add_heading(figure, shown.title)
    legend_below(
        figure, [Line2D([], [], color=colour, ls=line, label=label) for _, colour, line, label in SHOWN], columns=1
    )
    return figure


def panels_of(shown: Slice) -> tuple[tuple[str, str, str], ...]:
    """(measurement, probe, title) of the panels of a figure of traces: the task and what is memorised."""
    is_modular = shown.figure.slice_field == "p" and not shown.composed
    return (
        ("groks", "task", "modular task" if is_modular else "task"),
        ("speed", shown.probe, f"{shown.probe} labels"),
    )


def informative_width(shown: Slice) -> int | None:
    """The width nearest to the crossing by running accuracy, else to the onset, else the middle one."""
    widths = shown.widths
    if not widths:
        return None
    places = [c.x.value for c in shown.crossings.values()] + [o.x.value for o in shown.onsets.values()]
    known = [place for place in places if place > 0]
    if not known:
        return widths[len(widths) // 2][0]
    return min(widths, key=lambda width: abs(math.log(width[1] / known[0])))[0]


def _panel(axes: Axes, curves: list[Mapping[str, np.ndarray]]) -> None:
    alpha = max(0.25, 0.9 / len(curves) ** 0.3)
    for trace in curves:
        epochs = np.unique(sampled_epochs(len(trace["val_acc"]), _POINTS))
        for column, colour, line, _ in SHOWN:
            seen = np.asarray(trace[column], float)[epochs - 1]
            known = ~np.isnan(seen)
            axes.plot(epochs[known], seen[known], color=colour, ls=line, lw=0.8, alpha=alpha)
    log_axis(axes, "x")
    axes.set_ylim(-0.02, 1.03)
    axes.set_ylabel("accuracy")


def count_seeds(n: int) -> str:
    return "one seed" if n == 1 else f"{n} seeds"
