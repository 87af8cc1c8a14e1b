"""Learning curves by w0, and what every seed came to."""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.report.figures.paths.panels import colours, panels, scale_handles, seeds
from grokscope.report.figures.style import BLUE, GREY, ORANGE, SKY, STYLE, VERMILION, below, log_axis


def training_figure(traces: pd.DataFrame) -> Figure:
    """Accuracy and loss against epochs; train dashed, test solid. Columns id, w0, epoch and those of a trace."""
    figure, axes = panels(3.6, 2, 1)
    colour = colours(traces["w0"].tolist())
    with mpl.rc_context(STYLE):
        for w0, runs in traces.groupby("w0"):
            for name, ls in (("running_acc", "--"), ("val_acc", "-")):
                seeds(axes[0, 0], runs, "epoch", name, color=colour[w0], ls=ls)
            for name, ls in (("running_loss", "--"), ("val_loss", "-")):
                seeds(axes[1, 0], runs, "epoch", name, color=colour[w0], ls=ls)
        axes[0, 0].set_ylabel("accuracy")
        axes[1, 0].set(ylabel="loss, nats", xlabel="epochs", yscale="log")
        for each in axes.ravel():
            each.set_xscale("log")
    kinds = [Line2D([], [], color=GREY, ls=ls, label=name) for ls, name in (("--", "train, running"), ("-", "test"))]
    below(figure, [*scale_handles(traces["w0"].tolist()), *kinds], columns=3)
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
        axes[2, 0].set(xlabel="w0", yscale="log")
    return figure


def race_figure(rows: pd.DataFrame) -> Figure:
    """T_mem on shuffled labels beside t_train and t_test of the task, against w0. Columns w0, quantity, value."""
    shown = {
        "T_mem, shuffled labels": (VERMILION, "D"), "t_train": (ORANGE, "s"), "t_test": (BLUE, "o"),
    }  # fmt: skip
    figure, axes = panels(2.6, 1, 1)
    with mpl.rc_context(STYLE):
        for name, (colour, marker) in shown.items():
            chosen = rows[rows["quantity"] == name]
            mean = chosen.groupby("w0")["value"].mean()
            axes[0, 0].plot(mean.index, mean, color=colour, lw=0.8)
            axes[0, 0].plot(chosen["w0"], chosen["value"], marker, color=colour, mfc="none", label=name, ls="none")
        axes[0, 0].set(xlabel="w0", ylabel="epochs", xscale="log")
        log_axis(axes[0, 0], "y")
        handles = [Line2D([], [], color=c, marker=m, mfc="none", label=name) for name, (c, m) in shown.items()]
    below(figure, handles, columns=3)
    return figure
