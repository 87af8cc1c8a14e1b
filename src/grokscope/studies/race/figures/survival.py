"""Survival curves of a prime: the share of runs that have not arrived yet, by epoch, a line a width."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.stats import CensoredData, ecdf

from grokscope.report import words
from grokscope.report.style import GREY, SHADES, STYLE, add_heading, add_scale, legend_below, log_axis, new_figure, norm
from grokscope.report.words import Curve
from grokscope.studies.race.facts.slices import CURVES, Slice

_COLUMNS: dict[Curve, tuple[str, str]] = {
    "T_mem running": ("speed", "t_mem_running"),
    "T_mem eval": ("speed", "t_mem_eval"),
    "T_gen": ("groks", "t_gen"),
}


_MOST_NAMED = 12
"""Widths that are named in a legend; more are read from a scale of their colours."""


def survival_figure(shown: Slice) -> Figure | None:
    """Kaplan-Meier curves of both T_mem and of T_gen, a panel each, ticks where one was censored; None without runs."""
    panels = []
    for name in CURVES:
        measurement, column = _COLUMNS[name]
        probe = "task" if name == "T_gen" else shown.probe
        rows = shown.frame[(shown.frame["measurement"] == measurement) & (shown.frame["probe"] == probe)]
        if len(rows):
            panels.append((name, rows.assign(time=rows[column].fillna(rows["epochs"]), censored=rows[column].isna())))
    if not panels:
        return None
    figure, every = new_figure(1.45 * len(panels) + 0.7, rows=len(panels))
    widths = sorted({int(dim) for _, rows in panels for dim in rows["dim"]})
    shades = norm(widths)
    colours = {dim: mpl.colormaps[SHADES](shades(dim)) for dim in widths}
    with mpl.rc_context(STYLE):
        longest = max(float(rows["time"].max()) for _, rows in panels)
        for axes, (name, rows) in zip(every, panels, strict=True):
            for dim, cell in rows.groupby("dim"):
                _step(axes, cell, colours[int(dim)])
            axes.set_title(words.LABELS[name], loc="left")
            axes.set_ylabel("share to arrive")
            log_axis(axes, "x")
            axes.set_ylim(-0.03, 1.05)
            axes.set_xlim(right=1.1 * longest)
        every[-1].set_xlabel("epochs")
        few = len(widths) <= _MOST_NAMED
        if not few:
            add_scale(figure, every, widths, words.axis("dim"))
    add_heading(figure, shown.title)
    handles = [Line2D([], [], color=colours[dim], label=f"d = {dim}") for dim in widths] if few else []
    if any(rows["censored"].any() for _, rows in panels):
        handles.append(Line2D([], [], color=GREY, marker="|", ls="none", label="censored"))
    if handles:
        legend_below(figure, handles, columns=4)
    return figure


def _step(axes: Axes, cell: pd.DataFrame, colour: object) -> None:
    times, censored = cell["time"].to_numpy(float), cell["censored"].to_numpy(bool)
    left = ecdf(CensoredData(uncensored=times[~censored], right=times[censored])).sf
    quantiles, shares = np.r_[1.0, left.quantiles], np.r_[1.0, left.probabilities]
    axes.step(quantiles, shares, where="post", color=colour, lw=0.9)
    ends = np.sort(times[censored])
    axes.plot(ends, np.asarray(left.evaluate(ends)), "|", color=colour, ms=5, gid="censored")
