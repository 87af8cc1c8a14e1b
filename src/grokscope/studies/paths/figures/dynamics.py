"""Features, compressibility and accuracy through training, steady learning beside grokking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.report.style import BLUE, GREEN, GREY, ORANGE, SKY, STYLE, VERMILION, legend_below
from grokscope.studies.paths.figures.panels import draw_seeds, marker_handles, markers, panels


class Way(NamedTuple):
    """One way through training, of one or more seeds, each with an `id`: features and c by epoch, traces, times."""

    features: pd.DataFrame
    through: pd.DataFrame
    traces: pd.DataFrame
    times: dict[str, float]


LINES = ((BLUE, "-"), (SKY, "--"), (VERMILION, "-"), (ORANGE, "--"), (GREEN, "-"))

COMPRESSIBILITIES = {
    "c": (BLUE, "-", "c"),
    "c_norm": (BLUE, ":", "c_norm"),
    "c_without_dead": (VERMILION, "-", "c, live units"),
}


def dynamics_figure(ways: Mapping[str, Way], measures: Mapping[str, str], last: float) -> Figure:
    """Rows: the features' measures (column -> label), compressibility, accuracy. Up to epoch `last`."""
    figure, axes = panels(5.2, 3, len(ways))
    with mpl.rc_context(STYLE):
        for column, (title, way) in enumerate(ways.items()):
            for (colour, ls), name in zip(LINES, measures, strict=False):
                draw_seeds(axes[0, column], way.features, "epoch", name, color=colour, ls=ls)
            for name, (colour, ls, _) in COMPRESSIBILITIES.items():
                draw_seeds(axes[1, column], way.through, "epoch", name, color=colour, ls=ls)
            for name, colour, ls in (("running_acc", ORANGE, "--"), ("val_acc", BLUE, "-")):
                draw_seeds(axes[2, column], way.traces, "epoch", name, color=colour, ls=ls)
            axes[0, column].set_title(title, loc="left")
            axes[2, column].set_xlabel("epochs")
            for each in axes[:, column]:
                each.set_xlim(0, last)
                markers(each, way.times)
        highest = 1.3 * max(way.through["c"].max() for way in ways.values())
        for each in axes[1]:
            each.set_ylim(0, highest)
        for each, label in zip(axes[:, 0], ("feature", "compressibility", "accuracy"), strict=True):
            each.set_ylabel(label)
    handles = [
        Line2D([], [], color=c, ls=ls, label=text) for (c, ls), text in zip(LINES, measures.values(), strict=False)
    ]
    handles += [Line2D([], [], color=c, ls=ls, label=text) for c, ls, text in COMPRESSIBILITIES.values()]
    handles += [
        Line2D([], [], color=c, ls=ls, label=text) for c, ls, text in ((ORANGE, "--", "train"), (BLUE, "-", "test"))
    ]
    legend_below(figure, [*handles, *marker_handles(next(iter(ways.values())).times)], columns=3)
    return figure


def live_figure(ways: Mapping[str, pd.DataFrame]) -> Figure:
    """Live hidden units by epoch, and the IPR over live units beside that over all."""
    figure, axes = panels(2.9, 2, len(ways))
    with mpl.rc_context(STYLE):
        for column, (title, frame) in enumerate(ways.items()):
            draw_seeds(axes[0, column], frame, "epoch", "live", color=GREEN)
            for name, ls in (("unembedding_live", "-"), ("unembedding_all", ":")):
                draw_seeds(axes[1, column], frame, "epoch", name, color=BLUE, ls=ls)
            axes[0, column].set_title(title, loc="left")
            axes[0, column].set_ylim(bottom=0)
            axes[1, column].set(ylim=(0, 0.55), xlabel="epochs")
        axes[0, 0].set_ylabel("live units")
        axes[1, 0].set_ylabel("unembedding IPR")
    kinds = (("-", "live units"), (":", "all units, dead ones as 0"))
    legend_below(figure, [Line2D([], [], color=GREY, ls=ls, label=text) for ls, text in kinds])
    return figure
