"""What is left after pruning, by w0 and by scheme, and what compressibility goes with."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.report.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, STYLE, VERMILION, legend_below
from grokscope.studies.paths.figures.panels import colours, draw_seeds, panels, scale_handles

STYLES = {
    "layerwise": (BLUE, "-"),
    "live units": (BLUE, ":"),
    "global": (GREEN, "-"),
    "normalised": (GREEN, "--"),
    "fisher": (VERMILION, "-"),
    "categorical fisher": (VERMILION, "--"),
}
TENSORS = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, BLACK)


def pruning_figure(curves: pd.DataFrame) -> Figure:
    """Accuracy and loss against the share of weights removed from each layer, by w0; dotted without dead units."""
    figure, axes = panels(3.8, 2, 1)
    colour = colours(curves["w0"].tolist())
    with mpl.rc_context(STYLE):
        for (w0, scheme), runs in curves.groupby(["w0", "scheme"]):
            if scheme in ("layerwise", "live units"):
                style = {"color": colour[w0], "ls": "-" if scheme == "layerwise" else ":"}
                draw_seeds(axes[0, 0], runs, "fraction", "accuracy", **style)
                draw_seeds(axes[1, 0], runs, "fraction", "loss", **style)
        axes[0, 0].set(ylabel="test accuracy")
        axes[1, 0].set(ylabel="test loss, nats", xlabel="share of each layer's weights removed", yscale="log")
    kinds = [
        Line2D([], [], color=GREY, ls=ls, label=label)
        for ls, label in (("-", "all weights"), (":", "weights of live units"))
    ]
    legend_below(figure, [*scale_handles(curves["w0"].tolist()), *kinds], columns=2)
    return figure


def schemes_figure(shown: Mapping[str, pd.DataFrame]) -> Figure:
    """Test accuracy against the share removed, a line a scheme; by title."""
    figure, axes = panels(2.9, 1, len(shown))
    present: dict[str, tuple[str, str]] = {}
    with mpl.rc_context(STYLE):
        for each, (title, curves) in zip(axes[0], shown.items(), strict=True):
            for scheme, (colour, ls) in STYLES.items():
                runs = curves[curves["scheme"] == scheme]
                if len(runs):
                    present[scheme] = (colour, ls)
                    draw_seeds(each, runs, "fraction", "accuracy", color=colour, ls=ls)
            each.set_title(title, loc="left")
            each.set_xlabel("share removed")
        axes[0, 0].set_ylabel("test accuracy")
    handles = [Line2D([], [], color=c, ls=ls, label=name) for name, (c, ls) in present.items()]
    legend_below(figure, handles, columns=4)
    return figure


def tensors_figure(shown: Mapping[str, pd.DataFrame]) -> Figure:
    """Test accuracy and loss against the share removed of one weight tensor, a colour a tensor; by title.

    Solid by magnitude, dashed by Fisher information.
    """
    figure, axes = panels(4.0, 2, len(shown))
    tensors: dict[str, str] = {}
    with mpl.rc_context(STYLE):
        for column, (title, curves) in enumerate(shown.items()):
            for scheme, runs in curves.groupby("scheme"):
                if not str(scheme).endswith(" alone"):
                    continue
                name = str(scheme).removeprefix("fisher, ").removesuffix(" alone")
                style = {"color": TENSORS[(int(name.split()[1]) - 1) % len(TENSORS)]}
                tensors[name] = style["color"]
                ls = "--" if str(scheme).startswith("fisher") else "-"
                draw_seeds(axes[0, column], runs, "fraction", "accuracy", ls=ls, **style)
                draw_seeds(axes[1, column], runs, "fraction", "loss", ls=ls, **style)
            axes[0, column].set_title(title, loc="left")
            axes[1, column].set(xlabel="share removed of one tensor", yscale="log")
        axes[0, 0].set_ylabel("test accuracy")
        axes[1, 0].set_ylabel("test loss, nats")
    handles = [Line2D([], [], color=c, label=name) for name, c in sorted(tensors.items())]
    handles += [Line2D([], [], color=GREY, ls=ls, label=text) for ls, text in (("-", "by size"), ("--", "by F"))]
    legend_below(figure, handles, columns=4)
    return figure


def trade_figure(runs: pd.DataFrame, over: Mapping[str, str], lines: Mapping[str, tuple[float, float]]) -> Figure:
    """c against the train loss at the end, a mark for every run, a column for what it is over (title -> column).

    Args:
        lines: (slope, intercept) by title, where one was fitted.
    """
    figure, axes = panels(2.7, 1, len(over))
    colour = colours(runs["w0"].tolist())
    with mpl.rc_context(STYLE):
        for each, (title, c) in zip(axes[0], over.items(), strict=True):
            for w0, rows in runs.groupby("w0"):
                each.plot(rows["train_loss"], rows[c], "o", color=colour[w0], mfc="none")
            if title in lines:
                slope, intercept = lines[title]
                x = np.array([runs["train_loss"].min(), runs["train_loss"].max()])
                each.plot(x, slope * x + intercept, color=BLACK, lw=0.8)
            each.set_title(title, loc="left")
            each.set_xlabel("train loss at the end, nats")
            each.xaxis.get_major_locator().set_params(nbins=4)
        axes[0, 0].set_ylabel("compressibility c")
    legend_below(figure, scale_handles(runs["w0"].tolist()), columns=4)
    return figure


def correlates_figure(runs: pd.DataFrame, measures: Mapping[str, str], over: Mapping[str, str]) -> Figure:
    """c against each companion measure (column -> label), a mark for every run and what c is over (label -> column)."""
    columns, rows = 2, -(-len(measures) // 2)
    figure, axes = panels(1.45 * rows + 0.5, rows, columns)
    colour = colours(runs["w0"].tolist())
    marks = dict(zip(over, ("o", "x"), strict=True))
    with mpl.rc_context(STYLE):
        for each, (name, label) in zip(axes.ravel(), measures.items(), strict=False):
            for w0, chosen in runs.groupby("w0"):
                for title, c in over.items():
                    each.plot(chosen[name], chosen[c], marks[title], color=colour[w0], mfc="none")
            each.set_xlabel(label)
            if name == "w0":
                each.set_xscale("log")
            else:
                each.xaxis.get_major_locator().set_params(nbins=4)
        for each in axes.ravel()[len(measures) :]:
            each.set_visible(False)
        for each in axes[:, 0]:
            each.set_ylabel("c")
    kinds = [Line2D([], [], color=GREY, marker=m, mfc="none", ls="none", label=title) for title, m in marks.items()]
    legend_below(figure, [*scale_handles(runs["w0"].tolist()), *kinds], columns=4)
    return figure
