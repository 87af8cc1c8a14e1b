"""The figures of this study: curves from traces, distributions from evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from grokscope.report.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    STYLE,
    VERMILION,
    legend_below,
    log_axis,
    new_figure,
)

COLOURS = (VERMILION, BLUE, GREEN, ORANGE, PURPLE, SKY)
CONTROL: dict[str, Any] = {"color": GREY, "ls": "--"}
ACRONYMS = ("AGN", "CGM", "CSM", "ICM", "IGM", "ISM", "QSO")


def cased(name: str) -> str:
    """A category of the catalogue in small letters; acronyms and instruments are left alone."""
    return " ".join(word if word in ACRONYMS or "/" in word else word.lower() for word in name.split())


def training(traces: Mapping[str, pd.DataFrame], control: str | None) -> Figure:
    """Held-out loss and retrieval against steps, one line a run; traces indexed by step."""
    figure, (loss, accuracy) = new_figure(3.4, rows=2)
    handles = []
    with mpl.rc_context(STYLE):
        for n, (name, trace) in enumerate(traces.items()):
            look: dict[str, Any] = CONTROL if name == control else {"color": COLOURS[n % len(COLOURS)], "ls": "-"}
            loss.plot(trace.index, trace["val_loss"], **look)
            accuracy.plot(trace.index, trace["val_acc"], **look)
            handles.append(Line2D([], [], label=name, **look))
        accuracy.axhline(0.1, color=GREY, lw=0.6, ls=":")
        accuracy.text(0.995, 0.09, "chance", color=GREY, ha="right", va="top", transform=accuracy.get_yaxis_transform())
        loss.set_ylabel("held-out loss, nats")
        for each in (loss, accuracy):
            each.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
        accuracy.set(ylabel="top-10 % retrieval", xlabel="steps", ylim=(0, 1.02))
    legend_below(figure, handles)
    return figure


def retrieval(found: Mapping[str, dict[str, Any]], control: str | None) -> Figure:
    """Retrieval accuracy against the share of captions that are looked at."""
    figure, (axes,) = new_figure(2.6)
    handles = []
    with mpl.rc_context(STYLE):
        axes.plot([0, 1], [0, 1], color=GREY, lw=0.6, ls=":")
        for n, (name, each) in enumerate(found.items()):
            look: dict[str, Any] = CONTROL if name == control else {"color": COLOURS[n % len(COLOURS)], "ls": "-"}
            axes.plot(each["curve"]["share"], each["curve"]["accuracy"], **look)
            handles.append(Line2D([], [], label=name, **look))
        axes.set(xlabel="retrieval fraction", ylabel="retrieval accuracy", xlim=(0, 1), ylim=(0, 1.02))
    legend_below(figure, handles)
    return figure


def cosines(found: Mapping[str, dict[str, Any]]) -> Figure:
    """Cosines of true pairs and of pairs of different proposals."""
    figure, (axes,) = new_figure(2.3)
    handles = []
    with mpl.rc_context(STYLE):
        for n, (name, each) in enumerate(found.items()):
            told, colour = each["cosines"], COLOURS[n % len(COLOURS)]
            for kind, line in (("true", "-"), ("other", ":")):
                counts = np.array(told[f"{kind}_counts"], float)
                axes.stairs(counts / counts.sum(), told["bins"], color=colour, ls=line, lw=1.1)
                words = "true pairs" if kind == "true" else "other proposals"
                handles.append(Line2D([], [], color=colour, ls=line, label=f"{name}, {words}"))
        axes.set(xlabel="cosine of image and caption", ylabel="share of pairs", xlim=(-1, 1))
    legend_below(figure, handles, columns=1)
    return figure


def race(table: pd.DataFrame, n_memorised: int, n_generalised: int) -> Figure:
    """T_mem of shuffled pairs and T_gen of true pairs against P; a triangle where the run ended first.

    Args:
        table: columns kind (`T_mem`, `T_gen`), n_params, steps (of the run), time (NaN if censored).
    """
    figure, (axes,) = new_figure(2.7)
    looks = {"T_mem": (VERMILION, "s", "-"), "T_gen": (BLUE, "o", "-")}
    with mpl.rc_context(STYLE):
        for kind, (colour, marker, line) in looks.items():
            rows = table[table["kind"] == kind].sort_values("n_params")
            there = rows["time"].notna()
            axes.plot(rows["n_params"][there], rows["time"][there], color=colour, marker=marker, ls=line)
            late = rows[~there]
            axes.plot(late["n_params"], late["steps"], color=colour, marker="^", ls="", mfc="white")
        log_axis(axes, "x")
        log_axis(axes, "y")
        axes.set(xlabel="parameters P", ylabel="steps to half of retrievals right")
    handles = [
        Line2D([], [], color=VERMILION, marker="s", label=f"T_mem: {n_memorised} shuffled pairs"),
        Line2D([], [], color=BLUE, marker="o", label=f"T_gen: held out, {n_generalised:,} true pairs"),
        Line2D([], [], color=GREY, marker="^", mfc="white", ls="", label="at least so many (run ended)"),
    ]
    legend_below(figure, handles, columns=1)
    return figure


def confusion(truth: Mapping[str, Any]) -> Figure:
    """Draw which class is taken for which, as shares of the true class; columns have the letters of the rows."""
    figure, (axes,) = new_figure(3.1)
    counts = np.array(truth["confusion"], float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with mpl.rc_context(STYLE):
        shown = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        places = range(len(truth["labels"]))
        axes.set_xticks(places, [chr(ord("a") + n) for n in places])
        axes.set_yticks(places, [f"{name}  {chr(ord('a') + n)}" for n, name in enumerate(truth["labels"])])
        axes.tick_params(length=0)
        axes.set(xlabel="class found")
        axes.spines[:].set_visible(False)
        bar = figure.colorbar(shown, ax=axes, orientation="horizontal", aspect=40, fraction=0.05, pad=0.02)
        bar.set_label("share of the true class")
        bar.outline.set_linewidth(0.4)
    return figure


def metrics_by_label(parts: Mapping[str, Mapping[str, float]], title: str) -> Figure:
    """Top-10 % retrieval with its interval, a row a part."""
    figure, (axes,) = new_figure(0.6 + 0.22 * len(parts))
    with mpl.rc_context(STYLE):
        for n, each in enumerate(parts.values()):
            axes.plot([each["low"], each["high"]], [n, n], color=BLUE, lw=1)
            axes.plot(each["value"], n, color=BLUE, marker="o", ls="", clip_on=False)
        axes.axvline(0.1, color=GREY, lw=0.6, ls=":")
        axes.set_yticks(range(len(parts)), [f"{cased(name)} ({each['images']:g})" for name, each in parts.items()])
        axes.set(xlabel="top-10 % retrieval", xlim=(0, 1.02))
        axes.invert_yaxis()
        axes.set_title(title, loc="left")
    return figure


def collection(images: pd.DataFrame) -> Figure:
    """Images a proposal, images a cycle, images a category."""
    figure, (per, cycles, categories) = new_figure(4.4, rows=3)
    with mpl.rc_context(STYLE):
        counts = images.groupby("proposal").size()
        per.hist(counts, bins=[n + 0.5 for n in range(int(counts.max()) + 1)], color=SKY, rwidth=0.9)
        per.set(xlabel="images of a proposal", ylabel="proposals")
        per.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        by_cycle = images.groupby("cycle").size()
        cycles.bar(by_cycle.index, by_cycle.to_numpy(), color=SKY)
        cycles.set(xlabel="cycle", ylabel="images")
        by_category = images["category"].replace("", "(none)").value_counts()[:12][::-1]
        categories.barh([cased(str(name)) for name in by_category.index], by_category.to_numpy(), color=SKY)
        categories.set(xlabel="images")
    return figure


def reliability(rows: Sequence[Mapping[str, float]]) -> Figure:
    """Draw how often the best label is right against how far it is ahead of the second."""
    figure, (axes,) = new_figure(2.0)
    with mpl.rc_context(STYLE):
        axes.plot(
            [row["margin"] for row in rows], [row["right"] for row in rows], color=BLUE, marker="o", clip_on=False
        )
        axes.set(xlabel="cosine of best label above second", ylabel="share right", ylim=(0, 1.02))
    return figure
