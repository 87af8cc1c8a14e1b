"""Signals of a width against epochs: a figure for each signal that its runs recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.report.drawing import Sketch
from grokscope.report.style import BLUE, SHADES, STYLE, add_heading, legend_below, log_axis, new_figure
from grokscope.studies.race.facts.slices import Slice
from grokscope.studies.race.figures.learning import count_seeds, informative_width, panels_of, signal_columns

LOG_FROM = 10.0
"""How many times the least value the largest is from which a positive signal has a log axis."""
TWO_COLUMNS = 4
"""Lines of a legend that stand one below the other; more stand in two columns."""
Curves = Mapping[str, Mapping[str, np.ndarray]]


def signal_sketches(shown: Slice, traces: Curves) -> Iterator[tuple[str, Sketch]]:
    """(file stem, sketch) of every signal that a run of the width shown by `learning_figure` has."""
    names = dict.fromkeys(name for trace in traces.values() for name in signal_columns(trace))
    for signal in dict.fromkeys(name.partition("/")[0] for name in names):
        columns = [name for name in names if name.partition("/")[0] == signal]
        yield f"signal-{signal.replace('_', '-')}_{shown.name}", partial(signal_figure, shown, traces, signal, columns)


def signal_figure(shown: Slice, traces: Curves, signal: str, columns: list[str]) -> Figure | None:
    """Every column of a signal, a line a seed and a colour a column; None where no value is finite."""
    dim = informative_width(shown)
    rows = shown.frame[shown.frame["dim"] == dim]
    panels = []
    for measurement, probe, title in panels_of(shown):
        chosen = rows[(rows["measurement"] == measurement) & (rows["probe"] == probe)].sort_values("seed")
        curves = [traces[i] for i in chosen["id"] if i in traces and set(columns) & set(traces[i])]
        if any(np.isfinite(curve[name]).any() for curve in curves for name in columns if name in curve):
            panels.append((title, curves))
    if not panels:
        return None
    shades = mpl.colormaps[SHADES](np.linspace(0, 0.88, len(columns)))
    colours = {name: BLUE if len(columns) == 1 else shade for name, shade in zip(columns, shades, strict=True)}
    lines = -(-len(columns) // 2) if len(columns) > TWO_COLUMNS else len(columns) * (len(columns) > 1)
    figure, every = new_figure(1.75 * len(panels) + 0.25 + 0.16 * lines, rows=len(panels))
    with mpl.rc_context(STYLE):
        for axes, (title, curves) in zip(every, panels, strict=True):
            _panel(axes, curves, colours)
            axes.set_title(f"{title}, width {dim}, {count_seeds(len(curves))}", loc="left")
            axes.set_ylabel(signal.replace("_", " "))
        every[-1].set_xlabel("epochs")
    add_heading(figure, shown.title)
    if len(columns) > 1:
        handles = [Line2D([], [], color=colours[name], label=name.partition("/")[2]) for name in columns]
        legend_below(figure, handles, columns=2 if len(columns) > TWO_COLUMNS else 1)
    return figure


def _panel(axes: Axes, curves: list[Mapping[str, np.ndarray]], colours: Mapping[str, object]) -> None:
    alpha = max(0.25, 0.9 / len(curves) ** 0.3)
    values = []
    for trace in curves:
        for name in colours.keys() & trace.keys():
            column = np.asarray(trace[name], float)
            known = np.flatnonzero(np.isfinite(column))
            axes.plot(known + 1, column[known], color=colours[name], lw=0.8, alpha=alpha)
            values.append(column[known])
    log_axis(axes, "x")
    seen = np.concatenate(values)
    if seen.min() > 0 and seen.max() > LOG_FROM * seen.min():
        log_axis(axes, "y")
        axes.yaxis.set_major_formatter("{x:g}")  # 0.1, not 100m: a signal has no unit
