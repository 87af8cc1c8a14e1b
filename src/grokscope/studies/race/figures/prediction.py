"""Crossing against onset over all cells: how near to y = x, and whether what is left depends on anything swept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.report import words
from grokscope.report.style import BLACK, GREY, SHADES, STYLE, add_scale, legend_below, log_axis, new_figure, norm
from grokscope.studies.race.facts.contents import Prediction

_MARKERS = "osD^vP*X<>"
_X, _Y = "predicted_onset_x", "empirical_onset_x"
_ENDS = ("_low", "_high")


def prediction_sketches(predictions: Sequence[Prediction]) -> Iterator[tuple[str, Callable[[], Figure | None]]]:
    """(stem, sketch) of every figure family: onset against crossing, then what is left against each axis.

    A panel for each accuracy, coloured by slice. None where no cell has both.
    """
    for name in dict.fromkeys(each.figure.name for each in predictions):
        panels = [each for each in predictions if each.figure.name == name]
        drawn = [each for each in panels if each.fit.n]
        yield f"prediction_{name}", partial(_prediction, drawn)
        for axis in (panels[0].figure.slice_field, *panels[0].axes):
            yield f"residual_{name}_{axis}", partial(_residual, drawn, axis)


def valid(each: Prediction) -> pd.DataFrame:
    """The cells that have both a crossing and an onset."""
    table = each.table
    return table[(table[_X] > 0) & (table[_Y] > 0)]


def _prediction(panels: Sequence[Prediction]) -> Figure | None:
    if not panels:
        return None
    figure, every = new_figure(2.9 * len(panels) + 0.9, rows=len(panels))
    with mpl.rc_context(STYLE):
        ends = [x for each in panels for column in (_X, _Y) for x in valid(each)[column]]
        low, high = min(ends) / 1.25, max(ends) * 1.25
        for axes, each in zip(every, panels, strict=True):
            axes.plot([low, high], [low, high], color=GREY, lw=0.8, gid="identity")
            _whiskers(axes, valid(each))
            _cells(axes, each, valid(each)[_X], valid(each)[_Y], panels)
            axes.set_xlim(low, high)
            axes.set_ylim(low, high)
            log_axis(axes, "x")
            log_axis(axes, "y")
            axes.set_aspect("equal")
            axes.set_title(f"{each.accuracy} train accuracy", loc="left")
            axes.set_ylabel(f"{'end of grokking' if each.figure.fading else 'onset'}, {_unit(each)}")
            axes.text(0.04, 0.96, _fit(each), transform=axes.transAxes, va="top", fontsize=7)
        every[-1].set_xlabel(f"crossing, {_unit(panels[0])}")
        _finish(figure, every, panels, [Line2D([], [], color=GREY, lw=0.8, label="y = x")])
    return figure


def _residual(panels: Sequence[Prediction], axis: str) -> Figure | None:
    if not panels:
        return None
    shaded = axis != panels[0].figure.slice_field
    figure, every = new_figure(1.9 * len(panels) + 0.7 * shaded + 0.3, rows=len(panels))
    with mpl.rc_context(STYLE):
        for axes, each in zip(every, panels, strict=True):
            cells = valid(each)
            numeric = pd.api.types.is_numeric_dtype(each.table[axis])
            levels = sorted(each.table[axis].dropna().unique())
            x = cells[axis] if numeric else cells[axis].map(levels.index)
            axes.axhline(0, color=GREY, lw=0.8)
            _cells(axes, each, x, np.log10(cells[_Y] / cells[_X]), panels)
            axes.set_title(f"{each.accuracy} train accuracy", loc="left")
            axes.set_ylabel(f"log10({'end' if each.figure.fading else 'onset'} / crossing)")
            if not numeric or len(levels) <= 8:
                places = levels if numeric else range(len(levels))
                axes.set_xticks(list(places), [f"{level:g}" if numeric else str(level) for level in levels])
                axes.margins(x=0.1)
        every[-1].set_xlabel(words.axis(axis, composed=panels[0].composed))
        _finish(figure, every, panels, [], shaded=shaded)
    return figure


def _cells(axes: Axes, each: Prediction, x: pd.Series, y: pd.Series, panels: Sequence[Prediction]) -> None:
    """A point a cell: its colour the slice, its shape the setting."""
    slice_field = each.figure.slice_field
    shades = norm(value for panel in panels for value in valid(panel)[slice_field])
    cells = valid(each)
    for marker, (_, rows) in zip(_shapes(panels), _by_setting(each, cells), strict=False):
        at = rows.index
        axes.scatter(
            x.loc[at], y.loc[at], c=rows[slice_field], cmap=SHADES, norm=shades, marker=marker, s=16, gid="cells"
        )


def _whiskers(axes: Axes, cells: pd.DataFrame) -> None:
    """95 % intervals of both, as far as they are bounded."""
    ends = {
        column: [cells[column + end].where(np.isfinite(cells[column + end]), cells[column]) for end in _ENDS]
        for column in (_X, _Y)
    }
    style: dict[str, Any] = {"color": GREY, "lw": 0.6, "alpha": 0.7, "zorder": 1}
    axes.hlines(cells[_Y], *ends[_X], **style)
    axes.vlines(cells[_X], *ends[_Y], **style)


def _by_setting(each: Prediction, cells: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    if not each.axes:
        return [("", cells)]
    every = each.table.groupby(list(each.axes), sort=True).groups
    keys = [key if isinstance(key, tuple) else (key,) for key in every]
    names = [", ".join(f"{axis} {value}" for axis, value in zip(each.axes, key, strict=True)) for key in keys]
    return [(name, cells.loc[cells.index.intersection(at)]) for name, at in zip(names, every.values(), strict=True)]


def _shapes(panels: Sequence[Prediction]) -> str:
    n = max(len(_by_setting(each, each.table)) for each in panels)
    return (_MARKERS * (1 + n // len(_MARKERS)))[:n]


def _finish(
    figure: Figure, every: list[Axes], panels: Sequence[Prediction], handles: list[Line2D], *, shaded: bool = True
) -> None:
    slice_field = panels[0].figure.slice_field
    slices = {float(value) for panel in panels for value in valid(panel)[slice_field]}
    if shaded and len(slices) > 1:
        add_scale(figure, every, slices, words.axis(slice_field, composed=panels[0].composed))
    settings = [name for name, _ in _by_setting(panels[0], panels[0].table)]
    if len(settings) > 1:
        handles += [
            Line2D([], [], color=BLACK, marker=marker, mfc="white", ls="none", label=name)
            for marker, name in zip(_shapes(panels), settings, strict=True)
        ]
    if handles:
        legend_below(figure, handles)


def _unit(each: Prediction) -> str:
    return words.axis(each.figure.x_field, composed=each.composed)


def _fit(each: Prediction) -> str:
    fit = each.fit
    r_squared = "R² not defined" if math.isnan(fit.r_squared) else f"R² about y = x: {fit.r_squared:.3f}"
    return f"N = {fit.n}\n{r_squared}\nmean |error| {fit.mean_abs_dex:.3f} dex".replace("-", "−")
