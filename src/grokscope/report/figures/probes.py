"""Probe validation: T_mem on modular inputs with shuffled labels over T_mem on random inputs, against P."""

from __future__ import annotations

import math

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.report.contents import Part
from grokscope.report.figures.style import BLUE, GREEN, GREY, STYLE, VERMILION, below, log_axis, new_figure

_PROBES = (("vocab", BLUE, "o"), ("digits", VERMILION, "s"), ("permuted", GREEN, "D"))


def probe_figure(part: Part) -> Figure | None:
    """A point a prime, width and probe with its interval, a panel an accuracy; None without ratios.

    A bound is an open triangle that points the way in which the ratio lies.
    """
    accuracies = sorted({r.accuracy for r in part.probe_ratios}, reverse=True)
    if not accuracies:
        return None
    figure, every = new_figure(1.9 * len(accuracies) + 0.6, rows=len(accuracies))
    with mpl.rc_context(STYLE):
        for axes, accuracy in zip(every, accuracies, strict=True):
            axes.axhline(1, color=GREY, lw=0.6)
            for probe, colour, marker in _PROBES:
                for r in part.probe_ratios:
                    if (r.accuracy, r.probe) == (accuracy, probe):
                        _draw(axes, r.n_params, r.ratio.value, r.ratio.low, r.ratio.high, colour, marker)
            axes.set_title(f"T_mem, {accuracy} accuracy", loc="left")
            axes.set_ylabel("ratio to random inputs")
            log_axis(axes, "x")
            log_axis(axes, "y")
        every[-1].set_xlabel("parameters P")
        drawn = {r.probe for r in part.probe_ratios}
        handles = [
            Line2D([], [], color=colour, marker=marker, ls="none", label=f"labels: {probe}")
            for probe, colour, marker in _PROBES
            if probe in drawn
        ]
    below(figure, handles, columns=3)
    return figure


def _draw(axes: mpl.axes.Axes, x: int, value: float, low: float, high: float, colour: str, marker: str) -> None:
    if math.isnan(value):
        for bound, shape in ((low, "^"), (high, "v")):
            if math.isfinite(bound):
                axes.plot(x, bound, shape, mfc="white", mec=colour, ms=5, gid="censored")
        return
    axes.plot(x, value, marker, color=colour)
    if math.isfinite(low) and math.isfinite(high):
        axes.plot([x, x], [low, high], color=colour, lw=0.8)
