"""Learning curves by w0, and what every seed came to."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.laws.crossing.match import CrossingOnsetMatch
from grokscope.laws.results import CROSSED, OnsetCode
from grokscope.report.style import BLACK, BLUE, GREEN, GREY, ORANGE, SKY, STYLE, VERMILION, legend_below, log_axis
from grokscope.studies.paths.figures.panels import colours, draw_seeds, panels, scale_handles


def training_figure(traces: pd.DataFrame) -> Figure:
    """Accuracy and loss against epochs; train dashed, test solid. Columns id, w0, epoch and those of a trace."""
    figure, axes = panels(3.6, 2, 1)
    colour = colours(traces["w0"].tolist())
    with mpl.rc_context(STYLE):
        for w0, runs in traces.groupby("w0"):
            for name, ls in (("running_acc", "--"), ("val_acc", "-")):
                draw_seeds(axes[0, 0], runs, "epoch", name, color=colour[w0], ls=ls)
            for name, ls in (("running_loss", "--"), ("val_loss", "-")):
                draw_seeds(axes[1, 0], runs, "epoch", name, color=colour[w0], ls=ls)
        axes[0, 0].set_ylabel("accuracy")
        axes[1, 0].set(ylabel="loss, nats", xlabel="epochs", yscale="log")
        for each in axes.ravel():
            each.set_xscale("log")
    kinds = [Line2D([], [], color=GREY, ls=ls, label=name) for ls, name in (("--", "train, running"), ("-", "test"))]
    legend_below(figure, [*scale_handles(traces["w0"].tolist()), *kinds], columns=3)
    return figure


def seeds_figure(runs: pd.DataFrame) -> Figure:
    """Times, end accuracies and losses against w0, a mark for every seed."""
    figure, axes = panels(4.6, 3, 1)
    shown = (
        ("epochs", (("t_train", VERMILION, "s", "train"), ("t_test", BLUE, "o", "test"))),
        ("end accuracy", (("train_acc", ORANGE, "s", "train"), ("test_acc", SKY, "o", "test"))),
        ("end loss, nats", (("train_loss", ORANGE, "s", "train"), ("test_loss", SKY, "o", "test"))),
    )
    with mpl.rc_context(STYLE):
        for each, (label, columns) in zip(axes[:, 0], shown, strict=True):
            for name, colour, marker, word in columns:
                each.plot(runs["w0"], runs[name], marker, color=colour, mfc="none", label=word)
            each.set(ylabel=label, xscale="log")
            each.legend(loc="best")
        log_axis(axes[0, 0], "y")
        axes[1, 0].set_ylim(runs[["train_acc", "test_acc"]].min().min() - 0.02, 1.01)
        axes[2, 0].set(xlabel="w0", yscale="log")
    return figure


def crossing_figure(
    times: pd.DataFrame, runs: pd.DataFrame, found: Mapping[float, CrossingOnsetMatch | None]
) -> Figure:
    """T_mem on shuffled labels beside T_gen against w0, and below them the share of seeds that grok.

    A column a threshold of accuracy.

    Args:
        times: columns quantity, share, w0, time, censored; what was not reached is an arrow up.
        runs: columns w0, groks.
    """
    shown = {"T_mem": ("T_mem, shuffled labels", VERMILION, "D"), "T_gen": ("T_gen", BLUE, "o")}
    figure, axes = panels(3.6, 2, max(1, len(found)))
    with mpl.rc_context(STYLE):
        for column, (share, match) in enumerate(found.items()):
            for name, (_, colour, marker) in shown.items():
                rows = times[(times["quantity"] == name) & (times["share"] == share)]
                axes[0, column].plot(rows.groupby("w0")["time"].mean(), color=colour, lw=0.8)
                for censored, mark in ((False, marker), (True, "^")):
                    chosen = rows[rows["censored"].astype(bool) == censored]
                    axes[0, column].plot(chosen["w0"], chosen["time"], mark, color=colour, mfc="none")
            axes[1, column].plot(runs.groupby("w0")["groks"].mean(), "o-", color=BLACK, lw=0.8)
            axes[0, column].set_title(f"by {100 * share:g} % accuracy", loc="left")
            for each in axes[:, column]:
                each.set_xscale("log")
                _mark_match(each, match)
            axes[1, column].set(xlabel="w0", ylim=(-0.05, 1.05))
        for each in axes[0]:
            each.set_ylim(times["time"].min() / 1.2, times["time"].max() * 1.2)
            log_axis(each, "y")
        axes[0, 0].set_ylabel("epochs")
        axes[1, 0].set_ylabel("share that groks")
    handles = [Line2D([], [], color=c, marker=m, mfc="none", label=label) for label, c, m in shown.values()]
    if times["censored"].any():
        handles.append(Line2D([], [], color=GREY, marker="^", mfc="none", ls="none", label="not reached by then"))
    legend_below(figure, handles, columns=3)
    return figure


def _mark_match(axes: Axes, found: CrossingOnsetMatch | None) -> None:
    """Grey where grokking begins, green where the curves cross."""
    if found is None:
        return
    if found.code is OnsetCode.FOUND:
        axes.axvspan(found.before, found.onset, color=GREY, alpha=0.15, lw=0)
    if found.crossing.code in CROSSED:
        at, low, high = found.crossing.x[:3]
        axes.axvline(at, color=GREEN, lw=0.8)
        if low < high:
            axes.axvspan(low, high, color=GREEN, alpha=0.15, lw=0)
