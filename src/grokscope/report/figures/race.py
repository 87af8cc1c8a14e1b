"""The main figure: delay per width, T_mem and T_gen against P, where they cross and where grokking begins."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.laws.results import Accuracy, Delay, Estimate, Timescale
from grokscope.report import words
from grokscope.report.figures.style import (
    BLACK,
    COLOURS,
    GREEN,
    GREY,
    LINES,
    MARKERS,
    STYLE,
    below,
    log_axis,
    new_figure,
)
from grokscope.report.slices import ACCURACIES, CURVES, Curve, Slice, epochs_in_view


def race_figure(shown: Slice) -> Figure:
    """Left axis: delay in epochs, least over seeds and every seed; right axis: T in epochs; both against P.

    Delays and onset are by running accuracy, as published, if they were measured so, and by eval accuracy otherwise.
    """
    accuracy: Accuracy = "running" if shown.delays.get("running") or not shown.delays.get("eval") else "eval"
    head = heading(shown)
    figure, (left,) = new_figure(3.5 + 0.13 * len(head.splitlines()))
    with mpl.rc_context(STYLE):
        right = left.twinx()
        right.spines["right"].set_visible(True)
        left.set_xscale("log")
        right.set_yscale("log")
        handles = [draw_curve(right, name, shown.curves[name]) for name in CURVES if shown.curves[name]]
        handles += draw_delays(left, shown.delays.get(accuracy, ()))
        handles += _marks(left, shown, accuracy)
        if any(t.n_censored for curve in shown.curves.values() for t in curve):
            handles.append(Line2D([], [], color=GREY, marker="^", mfc="white", ls="none", label="censored: at least"))
        left.set_xlabel("parameters P")
        left.set_ylabel(f"delay, {accuracy} train accuracy (epochs)")
        # A little below zero, so that the widths without a delay are not cut in half.
        left.set_ylim(bottom=-0.03 * left.get_ylim()[1], top=left.get_ylim()[1])
        right.set_ylabel("T_mem, T_gen (epochs)")
        left.set_title(head, loc="left", fontsize=7, linespacing=1.3)
        log_axis(left, "x")
        if view := epochs_in_view(shown):
            right.set_ylim(view)
        log_axis(right, "y")
        # The curves are what the figure is about: they lie above the delays.
        right.set_zorder(left.get_zorder() + 1)
        right.patch.set_visible(False)
    below(figure, handles)
    return figure


def heading(shown: Slice) -> str:
    """The setting, the crossing by both accuracies and the onset, or why there is none."""
    lines = [shown.title]
    lines += [f"crossing, {a} accuracy: {words.crossing(shown.crossings.get(a))}" for a in ACCURACIES]
    lines += [f"onset, {a} accuracy: {words.onset(shown.onsets.get(a))}" for a in ACCURACIES if a in shown.onsets]
    return "\n".join(part for line in lines for part in textwrap.wrap(line, 58, subsequent_indent="    "))


def draw_curve(axes: Axes, name: Curve, cells: Sequence[Timescale]) -> Any:
    """A timescale against P with seed intervals: filled where every run arrived, open where some are censored, an
    open triangle where none arrived and the time is at least that. Returns the handle for a legend."""
    colour, marker, label = COLOURS[name], MARKERS[name], words.LABELS[name]
    known = [t for t in cells if not math.isnan(t.lognormal.value)]
    axes.plot(
        [t.n_params for t in known], [t.lognormal.value for t in known], color=colour, ls=LINES[name], label=label
    )
    for t in cells:
        if math.isnan(t.lognormal.value):
            axes.plot(t.n_params, t.longest, marker="^", mfc="white", mec=colour, ls="none", ms=5, gid="censored")
            continue
        axes.errorbar(
            t.n_params,
            t.lognormal.value,
            yerr=_whiskers(t.lognormal),
            color=colour,
            marker=marker,
            mfc="white" if t.n_censored else colour,
            elinewidth=0.8,
            capsize=1.5,
        )
    return Line2D([], [], color=colour, ls=LINES[name], marker=marker, label=label)


def _whiskers(found: Estimate) -> list[list[float]]:
    """Distances to the interval's ends; none on a side that is not bounded."""
    return [
        [found.value - found.low if math.isfinite(found.low) else 0.0],
        [found.high - found.value if math.isfinite(found.high) else 0.0],
    ]


def draw_delays(axes: Axes, delays: Sequence[Delay]) -> list[Any]:
    """Every seed as a small point, open triangle where validation never arrived; the least of each P as a line."""
    if not delays:
        return []
    arrived, censored = [d for d in delays if not d.censored], [d for d in delays if d.censored]
    axes.plot([d.n_params for d in arrived], [d.delay for d in arrived], ".", color=GREY, ms=3, alpha=0.7, gid="seeds")
    axes.plot(
        [d.n_params for d in censored], [d.delay for d in censored], "^", mfc="white", mec=GREY, ms=4, gid="censored"
    )
    params = sorted({d.n_params for d in delays})
    least = [min(d.delay for d in delays if d.n_params == x) for x in params]
    axes.plot(params, least, color=GREY, marker="_", ms=8, mew=1.5, lw=0.6, gid="least")
    handles = [
        Line2D([], [], color=GREY, marker="_", ms=8, mew=1.5, lw=0.6, label="delay, least over seeds"),
        Line2D([], [], color=GREY, marker=".", ls="none", label="delay, each seed"),
    ]
    if censored:
        handles.append(Line2D([], [], color=GREY, marker="^", mfc="white", ls="none", label="delay at least"))
    return handles


def _marks(axes: Axes, shown: Slice, accuracy: Accuracy) -> list[Any]:
    """Crossings and onset as upright lines, their intervals as bands."""
    handles = []
    for how in ACCURACIES:
        crossing = shown.crossings.get(how)
        if crossing is None or math.isnan(crossing.n_params.value):
            continue
        colour = BLACK if crossing.code in words.CROSSED else GREY
        name = "crossing" if crossing.code in words.CROSSED else "closest approach"
        label = f"{name}, {how} accuracy"
        handles.append(_upright(axes, crossing.n_params, colour, ":" if how == "running" else "-.", label))
    onset = shown.onsets.get(accuracy)
    if onset is not None and not math.isnan(onset.n_params.value):
        handles.append(_upright(axes, onset.n_params, GREEN, (0, (5, 1.5)), f"onset, {accuracy} accuracy"))
    return handles


def _upright(axes: Axes, place: Estimate, colour: str, line: Any, label: str) -> Any:
    if math.isfinite(place.low) and math.isfinite(place.high):
        axes.axvspan(place.low, place.high, color=colour, alpha=0.1, lw=0)
    return axes.axvline(place.value, color=colour, ls=line, lw=1, label=label)
