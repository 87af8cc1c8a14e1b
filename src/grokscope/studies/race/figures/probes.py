"""Probe validation: T_mem with shuffled labels over T_mem on random inputs, against P, and the crossing by each."""

from __future__ import annotations

import math

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.laws.results import Crossing
from grokscope.report import words
from grokscope.report.style import BLUE, GREEN, GREY, STYLE, VERMILION, add_heading, legend_below, log_axis, new_figure
from grokscope.studies.race.facts.contents import Part
from grokscope.studies.race.facts.slices import ACCURACIES

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
                        _draw(axes, r.x, r.ratio.value, r.ratio.low, r.ratio.high, colour, marker)
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
    add_heading(figure, "", part.setting)
    legend_below(figure, handles, columns=3)
    return figure


def probe_crossing_figure(part: Part) -> Figure | None:
    """The crossing refitted with each probe: a row a prime and probe, its reason where there is none."""
    found = {(c.group, c.probe, c.accuracy): c for c in part.crossings if c.rule == "sign change"}
    probes = [probe for probe in ("random", "vocab", "digits", "permuted") if any(key[1] == probe for key in found)]
    rows = sorted({key[:2] for key in found}, key=lambda row: (row[0], probes.index(row[1])))
    if len(probes) < 2:
        return None
    figure, (axes,) = new_figure(1.1 + 0.19 * len(rows))
    with mpl.rc_context(STYLE):
        axes.set_xscale("log")
        speed = part.frame.loc[part.frame["measurement"] == "speed", "x"]
        axes.set_xlim(0.9 * speed.min(), 1.1 * speed.max())
        for y, row in enumerate(rows):
            for accuracy, colour, marker, shift in zip(ACCURACIES, (VERMILION, BLUE), "sD", (-0.16, 0.16), strict=True):
                if (*row, accuracy) in found:
                    _crossing(axes, found[*row, accuracy], y + shift, colour, marker)
        axes.set_yticks(
            range(len(rows)),
            [f"{words.group(p, part.group_axis, composed=part.composed)}: {probe}" for p, probe in rows],
        )
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel("crossing, parameters P")
        axes.set_title("T_mem on which data", loc="left")
        log_axis(axes, "x")
        axes.grid(axis="y", lw=0.3, alpha=0.5)
    handles = [
        Line2D([], [], color=colour, marker=marker, ls="none", label=f"{accuracy} accuracy")
        for accuracy, colour, marker in zip(ACCURACIES, (VERMILION, BLUE), "sD", strict=True)
    ]
    add_heading(figure, "", part.setting)
    legend_below(figure, handles)
    return figure


def _crossing(axes: mpl.axes.Axes, found: Crossing, y: float, colour: str, marker: str) -> None:
    place = found.x
    if math.isnan(place.value):
        axes.text(0.01, y, found.code, color=colour, fontsize=7, va="center", transform=axes.get_yaxis_transform())
        return
    axes.plot(place.value, y, marker, color=colour, ms=3.6, gid="crossing")
    ends = [end if math.isfinite(end) else place.value for end in (place.low, place.high)]
    axes.plot(ends, [y, y], color=colour, lw=0.9)


def _draw(axes: mpl.axes.Axes, x: float, value: float, low: float, high: float, colour: str, marker: str) -> None:
    if math.isnan(value):
        for bound, shape in ((low, "^"), (high, "v")):
            if math.isfinite(bound):
                axes.plot(x, bound, shape, mfc="white", mec=colour, ms=5, gid="censored")
        return
    axes.plot(x, value, marker, color=colour)
    if math.isfinite(low) and math.isfinite(high):
        axes.plot([x, x], [low, high], color=colour, lw=0.8)
