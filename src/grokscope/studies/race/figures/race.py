"""The main figure: delay per width, T_mem and T_gen against P, where they cross and where grokking begins.

Along another axis the same: of one width against the bits of the data, where grokking ends.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from grokscope.laws.results import CROSSED, Accuracy, Delay, Estimate
from grokscope.report import words
from grokscope.report.style import (
    BLACK,
    COLOURS,
    GREEN,
    GREY,
    LINES,
    MARKERS,
    MOST_LETTERS,
    SHADES,
    STYLE,
    add_scale,
    legend_below,
    log_axis,
    new_figure,
    norm,
)
from grokscope.report.words import Curve
from grokscope.studies.race.facts.slices import ACCURACIES, CURVES, Slice, epochs_in_view

_MANY = 30
"""Cells of a curve from which on their markers are smaller."""
_CLOUD = 200
"""Delays from which on they are a cloud, behind what is drawn over it."""


def race_figure(shown: Slice) -> Figure:
    """Left axis: delay in epochs, least over seeds and every seed; right axis: T in epochs; both against P.

    Delays and onset are by running accuracy, as published, if they were measured so, and by eval accuracy otherwise.
    """
    accuracy: Accuracy = "running" if shown.delays.get("running") or not shown.delays.get("eval") else "eval"
    head, options = heading(shown), shown.figure
    coloured = colours(shown, accuracy)
    figure, (left,) = new_figure(3.5 + 0.13 * len(head.splitlines()) + 0.5 * bool(coloured))
    with mpl.rc_context(STYLE):
        right = left.twinx()
        right.spines["right"].set_visible(True)
        left.set_xscale("log")
        right.set_yscale("log")
        handles = [draw_curve(right, name, shown) for name in CURVES if shown.curves[name]]
        handles += draw_delays(left, shown.delays.get(accuracy, ()), coloured)
        handles += _marks(left, shown, accuracy)
        cells = [t for curve in shown.curves.values() for t in curve]
        if any(t.n_censored for t in cells):
            handles.append(Line2D([], [], color=GREY, marker="^", mfc="white", ls="none", label="censored: at least"))
        if any(t.biased for t in cells):
            handles.append(Line2D([], [], color=GREY, marker="x", ls="none", label="plain mean, censored dropped"))
        left.set_xlabel(options.labels.get(options.x_field, words.axis(options.x_field, composed=shown.composed)))
        left.set_ylabel(options.labels.get("delay", f"delay, {accuracy} train accuracy (epochs)"))
        # A little below zero, so that the widths without a delay are not cut in half; an epoch at least.
        top = max(left.get_ylim()[1], 1.0)
        left.set_ylim(bottom=-0.03 * top, top=top)
        left.yaxis.set_major_locator(MaxNLocator("auto", integer=True))
        left.yaxis.set_visible(bool(shown.delays.get(accuracy)))
        mem, gen = (words.percent(t) for t in (options.mem_curve_threshold, options.gen_curve_threshold))
        right.set_ylabel(options.labels.get("time", f"T_mem to {mem}, T_gen to {gen} (epochs)"))
        left.set_title(head, loc="left", fontsize=7, linespacing=1.3)
        log_axis(left, "x")
        if view := epochs_in_view(shown):
            right.set_ylim(view)
        log_axis(right, "y")
        # The curves are what the figure is about: they lie above the delays.
        right.set_zorder(left.get_zorder() + 1)
        right.patch.set_visible(False)
        if coloured:
            add_scale(
                figure, left, list(coloured.values()), words.axis(str(options.colour_field), composed=shown.composed)
            )
    legend_below(figure, handles)
    return figure


def heading(shown: Slice) -> str:
    """The setting, the crossing by both accuracies and the onset, or why there is none."""
    fading = shown.figure.fading
    lines = [shown.title]
    lines += [f"crossing, {a} accuracy: {words.crossing(shown.crossings.get(a), fading=fading)}" for a in ACCURACIES]
    lines += [
        f"{'end' if fading else 'onset'}, {a} accuracy: {words.onset(shown.onsets.get(a), fading=fading)}"
        for a in ACCURACIES
        if a in shown.onsets
    ]
    return "\n".join(part for line in lines for part in textwrap.wrap(line, MOST_LETTERS, subsequent_indent="    "))


def colours(shown: Slice, accuracy: Accuracy) -> dict[float, float]:
    """Place along the axis -> value of the field that colours the delays there; empty where none does."""
    options = shown.figure
    if options.colour_field is None or not shown.delays.get(accuracy):
        return {}
    every = shown.frame[["x", options.colour_field]].drop_duplicates()
    found = dict(zip(every["x"].astype(float), every[options.colour_field].astype(float), strict=True))
    return found if len(set(found.values())) > 1 else {}


def draw_curve(axes: Axes, name: Curve, shown: Slice) -> Any:
    """A timescale with seed intervals: filled where every run arrived, open where some are censored (with the plain
    mean of the others as a cross), an open triangle where none arrived and the time is at least that. Returns the
    handle for a legend."""
    cells = shown.curves[name]
    colour, marker, label = COLOURS[name], MARKERS[name], words.LABELS[name]
    known = [t for t in cells if not math.isnan(t.lognormal.value)]
    axes.plot([t.x for t in known], [t.lognormal.value for t in known], color=colour, ls=LINES[name], label=label)
    bounds = [t for t in cells if math.isnan(t.lognormal.value)]
    at: dict[str, Any] = {"color": colour, "ls": "none"}
    size = 3.6 if len(cells) <= _MANY else 2.2
    # Both T_mem are censored at the same epoch: the first is drawn larger, around the second.
    bound = 6.5 if name == "T_mem running" else 4
    axes.plot([t.x for t in bounds], [t.longest for t in bounds], "^", mfc="white", ms=bound, gid="censored", **at)
    for some, face in ((False, colour), (True, "white")):
        of = [t for t in known if (t.n_censored > 0) is some]
        x, y = [t.x for t in of], [t.lognormal.value for t in of]
        ends = np.array([_whiskers(t.lognormal) for t in of]).reshape(-1, 2).T
        axes.errorbar(x, y, yerr=ends, marker=marker, ms=size, mfc=face, elinewidth=0.8, capsize=1.5, **at)
    biased = [t for t in known if t.biased]
    means = [t.published_mean for t in biased]
    axes.plot([t.x for t in biased], means, marker="x", ms=4, gid="plain mean", **at)
    return Line2D([], [], color=colour, ls=LINES[name], marker=marker, label=label)


def _whiskers(found: Estimate) -> tuple[float, float]:
    """Distances to the interval's ends; none on a side that is not bounded."""
    return (
        found.value - found.low if math.isfinite(found.low) else 0.0,
        found.high - found.value if math.isfinite(found.high) else 0.0,
    )


def draw_delays(axes: Axes, delays: Sequence[Delay], coloured: Mapping[float, float]) -> list[Any]:
    """Every seed as a small point, open triangle where validation never arrived; the least of each P as a line, and as
    a point of its own colour where there are any."""
    if not delays:
        return []
    arrived, censored = [d for d in delays if not d.censored], [d for d in delays if d.censored]
    seeds: dict[str, Any] = {"ms": 4.5, "alpha": 0.7} if len(arrived) <= _CLOUD else {"ms": 2.8, "alpha": 0.5}
    axes.plot([d.x for d in arrived], [d.delay for d in arrived], ".", color=GREY, mew=0, gid="seeds", **seeds)
    axes.plot([d.x for d in censored], [d.delay for d in censored], "^", mfc="white", mec=GREY, ms=4, gid="censored")
    smallest: dict[float, float] = {}
    for d in delays:
        smallest[d.x] = min(d.delay, smallest.get(d.x, math.inf))
    params = sorted(smallest)
    least = [smallest[x] for x in params]
    axes.plot(params, least, color=GREY, marker="_", ms=8, mew=1.5, lw=0.6, gid="least")
    if coloured:
        shades = [coloured[x] for x in params]
        axes.scatter(params, least, c=shades, cmap=SHADES, norm=norm(coloured.values()), s=14, zorder=3)
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
        if crossing is None or math.isnan(crossing.x.value):
            continue
        colour = BLACK if crossing.code in CROSSED else GREY
        name = "crossing" if crossing.code in CROSSED else "closest approach"
        label = f"{name}, {how} accuracy"
        handles.append(_upright(axes, crossing.x, colour, ":" if how == "running" else "-.", label))
    onset = shown.onsets.get(accuracy)
    if onset is not None and not math.isnan(onset.x.value):
        name = f"grokking ends, {accuracy}" if shown.figure.fading else f"onset, {accuracy} accuracy"
        handles.append(_upright(axes, onset.x, GREEN, (0, (5, 1.5)), name))
    return handles


def _upright(axes: Axes, place: Estimate, colour: str, line: Any, label: str) -> Any:
    if math.isfinite(place.low) and math.isfinite(place.high):
        axes.axvspan(place.low, place.high, color=colour, alpha=0.1, lw=0)
    return axes.axvline(place.value, color=colour, ls=line, lw=1, label=label)
