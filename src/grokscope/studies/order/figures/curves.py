"""Orderedness, the null beside it, and the excess: against the share pruned, iterations, or epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogFormatterSciNotation, LogLocator, NullLocator

from grokscope.report.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    STYLE,
    VERMILION,
    legend_below,
    new_figure,
)

COLOURS = {"unpruned": BLACK, "random": ORANGE, "top k": SKY, "rising top k": BLUE, "rewinding": GREEN}
NARROW = 50
"""A log axis that spans less has numbers between its decades."""
SMALLEST_PLAIN = 1e-4
"""An axis that goes on below has powers of ten for numbers, all of them."""
OTHERS = (VERMILION, PURPLE, GREEN, GREY, ORANGE, SKY, BLUE)


class PlotCurve(NamedTuple):
    """A line: a name for the legend, and a frame with x, orderedness and its interval, null, excess, low, high and
    perhaps learned."""

    name: str
    points: pd.DataFrame


def sparsity_figure(curves: Sequence[PlotCurve], controls: Mapping[str, pd.DataFrame], title: str) -> Figure:
    """Against the share of the connections that is removed: raw, null and untrained control; excess, alone
    and beyond the unpruned at equal seeds; loss; learned.

    Args:
        controls: by scheme, x and orderedness of networks that were pruned and not trained.
    """
    figure, (raw, excess, beyond, loss, learned) = new_figure(7.6, rows=5)
    with mpl.rc_context(STYLE):
        for curve, colour in zip(curves, colours(curves), strict=True):
            points = curve.points.sort_values("x")
            alone = "o" if len(points) == 1 else ""
            band(raw, points, colour, of="orderedness")
            raw.plot(points["x"], points["null"], color=colour, ls="--", lw=0.8, marker=alone, mfc="white")
            if (control := controls.get(curve.name)) is not None and len(control) > 1:
                control = control.sort_values("x")
                raw.plot(control["x"], control["orderedness"], color=colour, ls=":", lw=0.9)
            band(excess, points, colour)
            if points["beyond"].notna().any():
                band(beyond, points, colour, of="beyond")
            band(loss, points, colour, of="loss")
            learned.plot(points["x"], points["learned"], color=colour, marker="o")
        log_in_short(loss, "y")
        for axes in (excess, beyond):
            axes.axhline(0, color=GREY, lw=0.6)
        for axes in (raw, excess, beyond, loss, learned):
            axes.set_xlim(-0.04, 1.0)
        raw.set_ylabel("orderedness")
        excess.set_ylabel("excess over the null")
        beyond.set_ylabel("beyond the unpruned")
        loss.set_ylabel("loss")
        learned.set_ylabel("seeds that learned")
        learned.set_ylim(-0.03, 1.03)
        learned.set_xlabel("share of the connections removed")
        raw.set_title(title, loc="left")
        if not beyond.lines[:-1]:
            beyond.text(0.5, 0.5, "no unpruned networks to compare with", ha="center", transform=beyond.transAxes)
            beyond.set_yticks([])
    kinds = [("-", "trained"), ("--", "its entries relocated")]
    if any(len(controls.get(curve.name, ())) > 1 for curve in curves):
        kinds.append((":", "pruned, not trained"))
    handles = [
        Line2D([], [], color=c, marker="o", label=curve.name) for curve, c in zip(curves, colours(curves), strict=True)
    ]
    legend_below(figure, [*handles, *(Line2D([], [], color=GREY, ls=line, label=label) for line, label in kinds)])
    return figure


def course_figure(curves: Sequence[PlotCurve], title: str) -> Figure:
    """Through training: raw and null; excess, alone and beyond the unpruned at equal seeds, with 95 % bands."""
    figure, (raw, excess, beyond) = new_figure(5.0, rows=3)
    with mpl.rc_context(STYLE):
        for curve, colour in zip(curves, colours(curves), strict=True):
            points = curve.points.sort_values("x")
            band(raw, points, colour, marker="", of="orderedness")
            raw.plot(points["x"], points["null"], color=colour, ls="--", lw=0.8)
            band(excess, points, colour, marker="")
            if points["beyond"].notna().any():
                band(beyond, points, colour, marker="", of="beyond")
        for axes in (excess, beyond):
            axes.axhline(0, color=GREY, lw=0.6)
        raw.set_ylabel("orderedness")
        excess.set_ylabel("excess over the null")
        beyond.set_ylabel("beyond the unpruned")
        beyond.set_xlabel("epochs")
        raw.set_title(title, loc="left")
    handles = [Line2D([], [], color=c, label=curve.name) for curve, c in zip(curves, colours(curves), strict=True)]
    legend_below(figure, [*handles, Line2D([], [], color=GREY, ls="--", label="its entries relocated")])
    return figure


def sizes_figure(panels: Mapping[str, Sequence[PlotCurve]], title: str) -> Figure:
    """Excess and loss against iterations, a line for each size, two panels for each scheme."""
    figure, every = new_figure(3.2 * len(panels) + 0.7, rows=2 * len(panels))
    shades = [mpl.colormaps["viridis"](i / max(1, max(map(len, panels.values())) - 0.7)) for i in range(12)]
    with mpl.rc_context(STYLE):
        for axes, loss, (scheme, curves) in zip(every[::2], every[1::2], panels.items(), strict=True):
            for curve, colour in zip(curves, shades, strict=False):
                band(axes, curve.points.sort_values("x"), colour)
                band(loss, curve.points.sort_values("x"), colour, of="loss")
            axes.axhline(0, color=GREY, lw=0.6)
            log_in_short(loss, "y")
            loss.set_ylabel("loss")
            axes.set_ylabel("excess over the null")
            axes.set_title(f"{title}, {scheme}", loc="left")
        every[-1].set_xlabel("iterations")
    names = max(panels.values(), key=len)
    legend_below(
        figure,
        [Line2D([], [], color=c, marker="o", label=curve.name) for curve, c in zip(names, shades, strict=False)],
        columns=3,
    )
    return figure


def losses_figure(nets: Mapping[str, pd.DataFrame], title: str) -> Figure:
    """Training loss against optimiser steps, a line for each net: steps, loss, low and high."""
    figure, (axes,) = new_figure(2.3)
    shades = (BLACK, BLUE, VERMILION, ORANGE, PURPLE, GREEN, SKY)
    with mpl.rc_context(STYLE):
        for points, colour in zip(nets.values(), shades, strict=False):
            axes.plot(points["steps"], points["loss"], color=colour)
            axes.fill_between(points["steps"], points["low"], points["high"], color=colour, alpha=0.18, lw=0)
        for name in ("x", "y"):
            log_in_short(axes, name)
        axes.set_ylabel("training loss")
        axes.set_xlabel("optimiser steps")
        axes.set_title(title, loc="left")
    legend_below(figure, [Line2D([], [], color=c, label=n) for n, c in zip(nets, shades, strict=False)], columns=1)
    return figure


def log_in_short(axes: Axes, which: str) -> None:
    """A log axis in plain numbers or in powers of ten, by decades where it spans several."""
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = sorted(axis.get_view_interval())
    narrow = high / low < NARROW
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,)))
    plain = FuncFormatter(lambda value, _: np.format_float_positional(value, precision=4, unique=False, trim="-"))
    axis.set_major_formatter(plain if low >= SMALLEST_PLAIN else LogFormatterSciNotation(labelOnlyBase=False))
    axis.set_minor_locator(NullLocator())


def band(axes: Axes, points: pd.DataFrame, colour: object, marker: str = "o", of: str = "excess") -> None:
    """The excess, or another quantity, and its interval; a single point as one with bars."""
    low, high = (points[side if of == "excess" else f"{of}_{side}"] for side in ("low", "high"))
    axes.plot(points["x"], points[of], color=colour, marker=marker)
    if len(points) > 1:
        axes.fill_between(points["x"], low, high, color=colour, alpha=0.18, lw=0)
    else:
        axes.vlines(points["x"], low, high, color=colour, lw=0.9)


def colours(curves: Sequence[PlotCurve]) -> list[str]:
    """The colours of curves, by their names."""
    return colours_of([curve.name for curve in curves])


def colours_of(names: Sequence[str]) -> list[str]:
    """A scheme has one colour in every figure; further strengths of it, and what has none of its own, take the next
    that is free."""
    own: dict[str, str] = {}
    for name in names:
        scheme = name if name in COLOURS else name.rpartition(" ")[0]
        if scheme in COLOURS and COLOURS[scheme] not in own.values():
            own[name] = COLOURS[scheme]
    free = iter([colour for colour in OTHERS * 3 if colour not in own.values()])
    return [own.get(name) or next(free) for name in names]
