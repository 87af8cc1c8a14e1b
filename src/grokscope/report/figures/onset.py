"""How far the onset depends on the thresholds: P of the onset under each pair and either train accuracy."""

from __future__ import annotations

import math
from functools import partial

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.laws.results import Onset, OnsetCode
from grokscope.report import words
from grokscope.report.contents import Part
from grokscope.report.figures.style import BLUE, GREY, STYLE, VERMILION, below, log_axis, new_figure
from grokscope.report.slices import ACCURACIES


def onset_figure(part: Part) -> Figure | None:
    """A row a prime and pair of thresholds (train, validation, in percent); the reason is written where none is found.

    None without onsets under more than one pair.
    """
    main = part.families[0].onsets if part.families else ()
    every = {(o.p, o.train_threshold, o.val_threshold, o.accuracy): o for o in (*part.onset_grid, *main)}
    pairs = sorted({(key[1], key[2]) for key in every}, reverse=True)
    primes = sorted({key[0] for key in every})
    if len(pairs) < 2:
        return None
    rows = [(p, *pair) for p in primes for pair in pairs]
    name = partial(words.group, composed=part.composed)
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
        cells = part.frame.loc[part.frame["measurement"] == "groks", "n_params"] if len(part.frame) else []
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
    below(figure, handles)
    return figure


def _draw(axes: mpl.axes.Axes, found: Onset, y: float, colour: str, marker: str) -> None:
    place = found.n_params
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
