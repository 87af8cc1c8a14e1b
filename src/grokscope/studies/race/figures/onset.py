"""How far the onset depends on the thresholds: P of the onset under each pair and either train accuracy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import cycle, islice

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.laws.results import Accuracy, Onset, OnsetCode
from grokscope.report import words
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
    add_heading,
    legend_below,
    log_axis,
    new_figure,
)
from grokscope.studies.race.facts.contents import Part
from grokscope.studies.race.facts.slices import ACCURACIES

_MOST_ROWS = 3
"""Primes of which every pair has a row of its own."""
_MARKS = ((BLUE, "o"), (VERMILION, "s"), (GREEN, "D"), (ORANGE, "^"), (PURPLE, "v"), (SKY, "P"), (BLACK, "X"))

_Pair = tuple[float, float]
_Key = tuple[int, float, float, Accuracy]


def onset_figure(part: Part) -> Figure | None:
    """Of few primes a row a prime and pair of thresholds (train, validation, in percent), with the reason where none is
    found; of many a panel an accuracy, a mark a pair. None without onsets under more than one pair.
    """
    main = part.families[0].onsets if part.families else ()
    every = {(o.group, o.train_threshold, o.val_threshold, o.accuracy): o for o in (*part.onset_grid, *main)}
    pairs = sorted({(key[1], key[2]) for key in every}, reverse=True)
    primes = sorted({key[0] for key in every})
    if len(pairs) < 2:
        return None
    return _rows(part, every, primes, pairs) if len(primes) <= _MOST_ROWS else _columns(part, every, primes, pairs)


def _rows(part: Part, every: Mapping[_Key, Onset], primes: Sequence[int], pairs: Sequence[_Pair]) -> Figure:
    rows = [(p, *pair) for p in primes for pair in pairs]
    name = partial(words.group, axis=part.group_axis, composed=part.composed)
    figure, (axes,) = new_figure(1.1 + 0.19 * len(rows))
    with mpl.rc_context(STYLE):
        axes.set_xscale("log")
        for y, row in enumerate(rows):
            for accuracy, colour, marker, shift in zip(ACCURACIES, (VERMILION, BLUE), "sD", (-0.16, 0.16), strict=True):
                found = every.get((*row, accuracy))
                if found is not None:
                    _draw(axes, found, y + shift, colour, marker)
        axes.set_yticks(
            range(len(rows)),
            [f"{name(p)}: {100 * a:g}, {100 * b:g}" for p, a, b in rows],
        )
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel("onset, parameters P")
        axes.set_title("thresholds in %: train, validation", loc="left")
        cells = part.frame.loc[part.frame["measurement"] == "groks", "x"] if len(part.frame) else []
        if len(cells):
            axes.set_xlim(0.9 * min(cells), 1.1 * max(cells))
        log_axis(axes, "x")
        axes.grid(axis="y", lw=0.3, alpha=0.5)
    handles = [
        Line2D([], [], color=colour, marker=marker, ls="none", label=f"{accuracy} train accuracy")
        for accuracy, colour, marker in zip(ACCURACIES, (VERMILION, BLUE), "sD", strict=True)
    ]
    if any(o.code is OnsetCode.FROM_SMALLEST for o in every.values()):
        handles.append(Line2D([], [], color=GREY, marker="<", mfc="white", ls="none", label="there or below"))
    add_heading(figure, "", part.setting)
    legend_below(figure, handles)
    return figure


def _columns(part: Part, every: Mapping[_Key, Onset], primes: Sequence[int], pairs: Sequence[_Pair]) -> Figure:
    found = [accuracy for accuracy in ACCURACIES if any(key[3] == accuracy for key in every)]
    figure, panels = new_figure(1.9 * len(found) + 0.9, rows=len(found))
    marks = list(islice(cycle(_MARKS), len(pairs)))
    with mpl.rc_context(STYLE):
        for axes, accuracy in zip(panels, found, strict=True):
            axes.set_yscale("log")
            for at, p in enumerate(primes):
                for number, (pair, (colour, marker)) in enumerate(zip(pairs, marks, strict=True)):
                    if (onset := every.get((p, *pair, accuracy))) is not None:
                        _mark(axes, onset, at + 0.8 * ((number + 0.5) / len(pairs) - 0.5), colour, marker)
            axes.set_xticks(range(len(primes)), [str(p) for p in primes])
            axes.set_xlim(-0.6, len(primes) - 0.4)
            axes.tick_params(axis="x", length=0)
            axes.set_title(f"{accuracy} train accuracy", loc="left")
            axes.set_ylabel("onset, parameters P")
            log_axis(axes, "y")
            for at in range(1, len(primes)):
                axes.axvline(at - 0.5, color=GREY, lw=0.3, alpha=0.5)
        panels[-1].set_xlabel(words.axis(next(iter(every.values())).group_axis, composed=part.composed))
    handles = [
        Line2D([], [], color=colour, marker=marker, ls="none", label=f"train {100 * a:g} %, validation {100 * b:g} %")
        for (a, b), (colour, marker) in zip(pairs, marks, strict=True)
    ]
    codes = {o.code for o in every.values()}
    if OnsetCode.FROM_SMALLEST in codes:
        handles.append(Line2D([], [], color=GREY, marker="o", mfc="white", ls="none", label="there or below"))
    if codes - {OnsetCode.FROM_SMALLEST, OnsetCode.FOUND}:
        handles.append(Line2D([], [], color=GREY, marker="x", ls="none", label="none: see onsets.csv"))
    add_heading(figure, "", part.setting)
    legend_below(figure, handles)
    return figure


def _mark(axes: Axes, found: Onset, x: float, colour: str, marker: str) -> None:
    place = found.x
    if math.isnan(place.value):
        axes.plot(x, 0.03, "x", color=colour, ms=3, transform=axes.get_xaxis_transform(), gid="none")
        return
    bound = found.code is OnsetCode.FROM_SMALLEST
    axes.plot(x, place.value, marker, color=colour, mfc="white" if bound else colour, ms=2.8, gid="onset")
    if not bound:
        ends = [end if math.isfinite(end) else place.value for end in (place.low, place.high)]
        axes.plot([x, x], ends, color=colour, lw=0.8)


def _draw(axes: Axes, found: Onset, y: float, colour: str, marker: str) -> None:
    place = found.x
    if math.isnan(place.value):
        # In axes units across: there is no P to write the reason at.
        axes.text(0.01, y, found.code, color=colour, fontsize=7, va="center", transform=axes.get_yaxis_transform())
        return
    if found.code is OnsetCode.FROM_SMALLEST:
        axes.plot(place.value, y, "<", mfc="white", mec=colour, ms=4.5, gid="bound")
        return
    axes.plot(place.value, y, marker, color=colour, ms=3.6)
    low = place.low if math.isfinite(place.low) else place.value
    high = place.high if math.isfinite(place.high) else place.value
    axes.plot([low, high], [y, y], color=colour, lw=0.9)
