"""What these figures share: panels side by side, a colour for every w0, a mean over seeds with the seeds behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.report.style import BLUE, GREY, STYLE, VERMILION, WIDTH

SCALE = LinearSegmentedColormap.from_list("w0", [BLUE, "#9a8fb0", VERMILION])
"""From steady learning to grokking."""


def panels(height: float, rows: int, columns: int) -> tuple[Figure, np.ndarray]:
    """A figure of one column's width for one column of panels, of twice that for more; axes as (rows, columns)."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH * min(columns, 2), height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False)
        for each in axes.ravel():
            each.spines["right"].set_visible(False)
    return figure, axes


def colours(scales: Sequence[float]) -> dict[float, str]:
    """A colour for every w0, evenly by rank: blue for the smallest, vermilion for the largest."""
    ordered = sorted(set(scales))
    last = max(len(ordered) - 1, 1)
    return {w0: to_hex(SCALE(i / last)) for i, w0 in enumerate(ordered)}


def scale_handles(scales: Sequence[float]) -> list[Line2D]:
    """For a legend; of many values every other one or so."""
    chosen = colours(scales)
    step = max(1, math.ceil(len(chosen) / 8))
    names = [*list(chosen)[:-1:step], list(chosen)[-1]]
    return [Line2D([], [], color=chosen[w0], label=f"w0 = {w0:g}") for w0 in names]


def draw_seeds(axes: Axes, frame: pd.DataFrame, x: str, y: str, **style: Any) -> None:
    """The mean over runs, drawn over the runs themselves; a run is an `id`."""
    style = {"lw": 1.1} | style
    wide = frame.pivot_table(index=x, columns="id", values=y, dropna=False)
    if wide.shape[1] > 1:
        for name in wide:
            seen = wide[name].dropna()
            axes.plot(seen.index, seen, **(style | {"lw": 0.5, "alpha": 0.4}))
    mean = wide.mean(axis=1).dropna()
    axes.plot(mean.index, mean, **style)


MARKS = ("--", ":", "-.")
"""Of verticals."""


def markers(axes: Axes, times: Mapping[str, float], colour: str = GREY) -> None:
    """Verticals: when training was learned, when the plateau ended, when it generalised."""
    for style, value in zip(MARKS, times.values(), strict=True):
        if value == value:
            axes.axvline(value, color=colour, ls=style, lw=0.7, zorder=0)


def marker_handles(times: Iterable[str]) -> list[Line2D]:
    """The same for a legend, in grey."""
    return [Line2D([], [], color=GREY, ls=style, lw=0.7, label=name) for style, name in zip(MARKS, times, strict=True)]


def nothing(axes: Axes, text: str) -> None:
    """A panel without data says so."""
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes, color=GREY)
    axes.set_xticks([])
    axes.set_yticks([])
