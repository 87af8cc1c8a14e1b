"""When networks memorise and generalise against how ordered they end, a point a run."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.report.style import GREY, STYLE, add_heading, legend_below, new_figure
from grokscope.studies.order.figures.curves import colours_of, log_in_short

ROOM = 1.3
"""Above and below all times."""
LABELS = {"t_mem": "T_mem, epochs", "t_gen": "T_gen, epochs"}


def times_figure(schemes: Mapping[str, pd.DataFrame], epochs: int, title: str) -> Figure:
    """T_mem, and T_gen where there is any, against the excess: small points are runs, large ones the medians of a
    scheme of which over half arrive; runs that did not arrive stand as triangles at the end of training.

    Args:
        schemes: by scheme, a row a run: excess, t_mem, t_gen (see `studies.order.times`).
        epochs: of the whole training.
    """
    every = pd.concat(schemes.values())
    drawn = [name for name in LABELS if every[name].notna().any()]
    figure, rows = new_figure(2.1 * len(drawn) + 0.4, rows=len(drawn))
    shades = colours_of(list(schemes))
    with mpl.rc_context(STYLE):
        for axes, name in zip(rows, drawn, strict=True):
            for runs, colour in zip(schemes.values(), shades, strict=True):
                arrived = np.isfinite(runs[name])
                axes.plot(runs["excess"][arrived], runs[name][arrived], "o", color=colour, ms=2, alpha=0.5, mew=0)
                late = runs["excess"][~arrived]
                axes.plot(late, np.full(len(late), epochs), "^", color=colour, ms=3, mfc="none", mew=0.5)
                if np.isfinite(middle := float(runs[name].median())):
                    axes.plot(runs["excess"].median(), middle, "o", color=colour, ms=6, mec="white", mew=0.8)
            axes.axvline(0, color=GREY, lw=0.6)
            seen = every[name][np.isfinite(every[name])]
            axes.set_ylim(min(seen.min() if len(seen) else epochs, epochs / 2) / ROOM, epochs * ROOM)
            log_in_short(axes, "y")
            axes.set_ylabel(LABELS[name])
        rows[-1].set_xlabel("excess over the null")
    add_heading(figure, title)
    points = [Line2D([], [], color=c, marker="o", ls="", label=name) for name, c in zip(schemes, shades, strict=True)]
    legend_below(figure, [*points, Line2D([], [], color=GREY, marker="^", mfc="none", ls="", label="did not arrive")])
    return figure
