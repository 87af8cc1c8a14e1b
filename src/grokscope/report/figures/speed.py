"""Speed figures: T_mem against 1 / (C P), a line a prime (A), and against the load f with the fitted law (B)."""

from __future__ import annotations

import math

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.laws.memorisation import predicted
from grokscope.laws.results import Accuracy, Timescale
from grokscope.report import words
from grokscope.report.contents import Part
from grokscope.report.figures.style import BLACK, GREY, STYLE, below, log_axis, new_figure


def speed_figure_a(part: Part, accuracy: Accuracy = "running") -> Figure | None:
    """T_mem against 1 / (C P), a line a prime. None without a finished speed run on random inputs or without C."""
    rows = _rows(part, accuracy)
    if rows is None:
        return None
    figure, (axes,) = new_figure(3.2)
    handles = []
    inverse = {int(params): 1e6 * each for params, each in zip(rows["n_params"], rows["inverse"], strict=True)}
    cells = sorted((t for t in part.timescales if t.probe == "random" and t.accuracy == accuracy), key=_params)
    with mpl.rc_context(STYLE):
        for colour, (p, line) in zip(_shades(rows), rows.groupby("p"), strict=True):
            known = [t for t in cells if t.p == p and not math.isnan(t.lognormal.value)]
            axes.plot([inverse[t.n_params] for t in known], [t.lognormal.value for t in known], color=colour, lw=0.9)
            _points(axes, line.assign(x=line["inverse"] * 1e6), colour)
            bits = words.number(float(line["dataset_bits"].iloc[0]))
            label = f"{words.group(p, composed=part.composed)}, K = {bits} bits"
            handles.append(Line2D([], [], color=colour, marker=".", label=label))
        axes.set_xlabel("1 / (C P)  (10⁻⁶ per bit)")
    _finish(figure, axes, rows, accuracy, handles)
    return figure


def _params(cell: Timescale) -> int:
    return cell.n_params


def speed_figure_b(part: Part, accuracy: Accuracy = "running") -> Figure | None:
    """T_mem against the load f with the fitted law, a point a run; None as for figure A."""
    rows = _rows(part, accuracy)
    if rows is None:
        return None
    figure, (axes,) = new_figure(3.2)
    handles = []
    with mpl.rc_context(STYLE):
        for colour, (p, line) in zip(_shades(rows), rows.groupby("p"), strict=True):
            _points(axes, line.assign(x=line["load"]), colour)
            handles.append(
                Line2D([], [], color=colour, marker=".", ls="none", label=words.group(p, composed=part.composed))
            )
        # The law is drawn as far as there are points: it is fitted to censored runs too, above the longest time seen.
        axes.set_yscale("log")
        axes.set_ylim(axes.get_ylim())
        laws = [
            law for law in part.memorisation if law.accuracy == accuracy and law.probe == "random" and law.p is None
        ]
        for law in laws:
            load = np.linspace(law.low_load, law.high_load, 100)
            for form in law.forms:
                if form is not law.forms[0] and form.name != "exponential":
                    continue
                best = form is law.forms[0]
                name = f"{form.b.value:.3g} exp({form.a.value:.3g} f)" if form.name == "exponential" else form.name
                label = f"{name}{', least AIC' if best else ''}, R² {form.r_squared:.3f}"
                handles += axes.plot(load, predicted(form, load), color=BLACK, ls="-" if best else "--", label=label)
        axes.set_xlabel("load f = K / (C P)")
    _finish(figure, axes, rows, accuracy, handles)
    return figure


def _rows(part: Part, accuracy: Accuracy) -> pd.DataFrame | None:
    """The finished speed runs on random inputs with their time in epochs, 1 / (C P) per bit and load f."""
    if not part.constant > 0 or not len(part.frame):
        return None
    rows = part.frame[(part.frame["measurement"] == "speed") & (part.frame["probe"] == "random")]
    if not len(rows):
        return None
    arrived = rows[f"t_mem_{accuracy}"]
    rows = rows.assign(
        time=arrived.fillna(rows["epochs"]).astype(float),
        censored=arrived.isna(),
        inverse=1 / (part.constant * rows["n_params"]),
    )
    return rows.assign(load=rows["dataset_bits"] * rows["inverse"])


def _points(axes: mpl.axes.Axes, line: pd.DataFrame, colour: object) -> None:
    there, bound = line[~line["censored"]], line[line["censored"]]
    axes.plot(there["x"], there["time"], ".", color=colour, ms=3.5, alpha=0.8, gid="seeds")
    axes.plot(bound["x"], bound["time"], "^", mfc="white", mec=colour, ms=4.5, gid="censored")


def _finish(figure: Figure, axes: mpl.axes.Axes, rows: pd.DataFrame, accuracy: Accuracy, handles: list[Line2D]) -> None:
    with mpl.rc_context(STYLE):
        axes.set_yscale("log")
        log_axis(axes, "y")
        axes.set_ylabel(f"T_mem, {accuracy} accuracy (epochs)")
    if rows["censored"].any():
        handles.append(Line2D([], [], color=GREY, marker="^", mfc="white", ls="none", label="censored: at least"))
    wide = max((len(str(handle.get_label())) for handle in handles), default=0) > 26
    below(figure, handles, columns=1 if wide and len(handles) < 4 else 2)


def _shades(rows: pd.DataFrame) -> np.ndarray:
    """A colour a prime; viridis, since ten primes are more than a list of distinct colours has."""
    shades: np.ndarray = mpl.colormaps["viridis"](np.linspace(0, 0.88, rows["p"].nunique()))
    return shades
