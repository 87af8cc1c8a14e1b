"""Speed figures: T_mem against 1 / (C P), a line a prime (A), and against the load f with the fitted law (B)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.laws.results import Accuracy, Form, Timescale
from grokscope.laws.times.cells import axes_of
from grokscope.laws.times.memorisation import predict_memorisation
from grokscope.report import words
from grokscope.report.style import (
    BLACK,
    GREY,
    SHADES,
    STYLE,
    add_heading,
    add_scale,
    legend_below,
    log_axis,
    new_figure,
    norm,
)
from grokscope.studies.race.facts.contents import Part

_MOST_NAMED = 6
"""Primes that a legend names; more are read from a scale of their colours."""
_BEYOND = 1.6
"""How far the axis goes past the last run that arrived: beyond it all are censored alike."""


def speed_figure_a(part: Part, accuracy: Accuracy = "running") -> Figure | None:
    """T_mem against 1 / (C P), a line a prime. None without a finished speed run on random inputs or without C."""
    rows = _rows(part, accuracy)
    if rows is None:
        return None
    rows = rows.assign(abscissa=1e6 * rows["inverse"])
    abscissae = dict(zip(rows["n_params"].astype(int), rows["abscissa"], strict=True))
    cells = sorted((t for t in part.timescales if t.probe == part.probe and t.accuracy == accuracy), key=_params)
    figure, (axes,) = new_figure(3.2)
    handles = []
    with mpl.rc_context(STYLE):
        for group, line, colour in _groups(rows):
            known = [t for t in cells if t.group == group and not math.isnan(t.lognormal.value)]
            axes.plot([abscissae[t.n_params] for t in known], [t.lognormal.value for t in known], color=colour, lw=0.9)
            _points(axes, line, colour)
            bits = words.number(float(line["dataset_bits"].iloc[0]))
            label = f"{words.group(group, part.group_axis, composed=part.composed)}, K = {bits}"
            handles.append(Line2D([], [], color=colour, marker=".", label=label))
        axes.set_xlabel("1 / (C P)  (10⁻⁶ per bit)")
    _finish(figure, axes, rows, accuracy, part, handles)
    return figure


def _params(cell: Timescale) -> int:
    return cell.n_params


def speed_figure_b(part: Part, accuracy: Accuracy = "running") -> Figure | None:
    """T_mem against the load f with the fitted law, a point a run; None as for figure A."""
    rows = _rows(part, accuracy)
    if rows is None:
        return None
    rows = rows.assign(abscissa=rows["load"])
    figure, (axes,) = new_figure(3.2)
    handles, lines = [], []
    with mpl.rc_context(STYLE):
        for group, line, colour in _groups(rows):
            _points(axes, line, colour)
            label = words.group(group, part.group_axis, composed=part.composed)
            handles.append(Line2D([], [], color=colour, marker=".", ls="none", label=label))
        # The law is drawn as far as there are points: it is fitted to censored runs too, above the longest time seen.
        axes.set_yscale("log")
        axes.set_ylim(axes.get_ylim())
        laws = [
            law
            for law in part.memorisation
            if law.accuracy == accuracy and law.probe == part.probe and law.group is None
        ]
        for law in laws:
            load = np.linspace(law.low_load, law.high_load, 100)
            for form in law.forms:
                if form is not law.forms[0] and form.name != "exponential":
                    continue
                best = form is law.forms[0]
                label = f"{_formula(form)}{', least AIC' if best else ''}, R² {form.r_squared:.3f}"
                lines += axes.plot(
                    load, predict_memorisation(form, load), color=BLACK, ls="-" if best else "--", label=label
                )
        axes.set_xlabel("load f = K / (C P)")
    _finish(figure, axes, rows, accuracy, part, handles, lines)
    return figure


def _formula(form: Form) -> str:
    """The fitted law with its numbers, as far as it can be written in a line."""
    b, a, c = form.b.value, form.a.value, form.exponent
    return {
        "exponential": f"{b:.3g} exp({a:.3g} f)",
        "power": f"{b:.3g} f^{a:.3g}",
        "stretched exponential": f"{b:.3g} exp({a:.3g} f^{c:.3g})",
        "logarithmic": f"{b:.3g} (−ln(1 − √f))^{a:.3g}",
    }[form.name]


def _rows(part: Part, accuracy: Accuracy) -> pd.DataFrame | None:
    """The finished speed runs on random inputs with their time in epochs, 1 / (C P) per bit and load f."""
    if not part.constant > 0 or not len(part.frame):
        return None
    rows = part.frame[(part.frame["measurement"] == "speed") & (part.frame["probe"] == part.probe)]
    if not len(rows):
        return None
    arrived = rows[f"t_mem_{accuracy}"]
    rows = rows.assign(
        time=arrived.fillna(rows["epochs"]).astype(float),
        censored=arrived.isna(),
        inverse=1 / (part.constant * rows["n_params"]),
    )
    return rows.assign(load=rows["dataset_bits"] * rows["inverse"])


def _groups(rows: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame, Any]]:
    """Every group, its rows and its colour on the scale of groups."""
    shades = norm(rows["group"])
    for group, line in rows.groupby("group"):
        yield int(group), line, mpl.colormaps[SHADES](shades(float(group)))


def _points(axes: Axes, line: pd.DataFrame, colour: object) -> None:
    there, bound = line[~line["censored"]], line[line["censored"]]
    axes.plot(there["abscissa"], there["time"], ".", color=colour, ms=3.5, alpha=0.8, gid="seeds")
    axes.plot(bound["abscissa"], bound["time"], "^", mfc="white", mec=colour, ms=4.5, gid="censored")


def _finish(
    figure: Figure,
    axes: Axes,
    rows: pd.DataFrame,
    accuracy: Accuracy,
    part: Part,
    primes: list[Line2D],
    lines: list[Line2D] | None = None,
) -> None:
    """Axes, and what colours and marks stand for; the figure grows with its legend, never the axes shrink."""
    named = len(primes) <= _MOST_NAMED
    handles = [*(primes if named else ()), *(lines or ())]
    furthest = rows.loc[~rows["censored"], "abscissa"].max()
    further = int((rows["abscissa"] > _BEYOND * furthest).sum())
    if rows["censored"].any():
        label = "censored: at least" + (f" ({further} more to the right)" if further else "")
        handles.append(Line2D([], [], color=GREY, marker="^", mfc="white", ls="none", label=label))
    wide = max((len(str(handle.get_label())) for handle in handles), default=0) > 26
    columns = 1 if wide else 2
    figure.set_figheight(2.6 + 0.16 * math.ceil(len(handles) / columns) + 0.45 * (not named))
    with mpl.rc_context(STYLE):
        axes.set_yscale("log")
        log_axis(axes, "y")
        axes.set_ylabel(f"T_mem, {accuracy} accuracy (epochs)")
        axes.set_xlim(0, _BEYOND * furthest if further else None)
        if not named:
            name = words.axis(axes_of(rows).group, composed=part.composed)
            add_scale(figure, axes, rows["group"].astype(float), name)
    add_heading(figure, "", part.setting)
    if handles:
        legend_below(figure, handles, columns=columns)
