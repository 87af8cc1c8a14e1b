"""The path of the parameters: its direction, its speed, what is stiff in it, and its shape."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.probes.fisher import Kind
from grokscope.report.figures.paths.panels import marker_handles, markers, panels, seeds
from grokscope.report.figures.style import BLACK, BLUE, GREY, ORANGE, SKY, STYLE, VERMILION, below

WAYS = (BLUE, VERMILION)
"""Steady learning, grokking."""
PALE = (SKY, ORANGE)


def direction_figure(path: pd.DataFrame, times: dict[str, float], last: float) -> Figure:
    """Direction change and alignment with the origin by epoch, by `path`; solid by Fisher, dotted by distance."""
    return _by_path(path, times, last, {"turn": "cosine of two steps", "origin": "cosine with way to origin"}, (-1, 1))


def size_figure(path: pd.DataFrame, times: dict[str, float], last: float) -> Figure:
    """Length of a step, norm of the parameters, by `path`; solid by Fisher, dotted by distance."""
    return _by_path(path, times, last, {"speed": "length of a step", "norm": "norm of parameters"}, None)


def shape_figure(path: pd.DataFrame, times: dict[str, float], last: float) -> Figure:
    """Ours: length of the path so far, its straightness, its curvature."""
    shown = {"arc": "arc length", "straightness": "chord / arc", "curvature": "curvature"}
    return _by_path(path, times, last, shown, None)


def _by_path(
    path: pd.DataFrame, times: dict[str, float], last: float, shown: Mapping[str, str], ylim: tuple[float, float] | None
) -> Figure:
    figure, axes = panels(1.65 * len(shown) + 0.7, len(shown), 1)
    names = list(path["path"].unique())
    with mpl.rc_context(STYLE):
        for each, (column, label) in zip(axes[:, 0], shown.items(), strict=True):
            for name, colour in zip(names, WAYS[-len(names) :], strict=True):
                for metric, ls in (("fisher", "-"), ("euclidean", ":")):
                    chosen = path[(path["path"] == name) & (path["metric"] == metric)]
                    seeds(each, chosen, "epoch", column, color=colour, ls=ls)
            markers(each, times)
            each.set(ylabel=label, xlim=(0, last))
            if ylim:
                each.axhline(0, color="0.8", lw=0.6, zorder=0)
                each.set_ylim(ylim[0] - 0.05, ylim[1] + 0.05)
            elif column in ("speed", "curvature", "norm"):
                each.set_yscale("log")
            if column == "straightness":
                each.set_ylim(0, 1.03)
        axes[-1, 0].set_xlabel("epochs")
    handles = [Line2D([], [], color=c, label=n) for n, c in zip(names, WAYS[-len(names) :], strict=True)]
    kinds = (("-", "Fisher"), (":", "Euclidean"))
    handles += [Line2D([], [], color=GREY, ls=ls, label=text) for ls, text in kinds]
    below(figure, [*handles, *marker_handles(times)], columns=2)
    return figure


def split_figure(path: pd.DataFrame, times: dict[str, float], last: float) -> Figure:
    """Step length and direction change of stiff (solid) and sloppy (dashed) parameters, by `path`, by Fisher."""
    figure, axes = panels(4.0, 2, 1)
    names = list(path["path"].unique())
    handles = []
    with mpl.rc_context(STYLE):
        for i, name in enumerate(names):
            for part, colour, ls in (("stiff", WAYS[i], "-"), ("sloppy", PALE[i], "--")):
                chosen = path[(path["path"] == name) & (path["part"] == part) & (path["metric"] == "fisher")]
                seeds(axes[0, 0], chosen, "epoch", "speed", color=colour, ls=ls)
                seeds(axes[1, 0], chosen, "epoch", "turn", color=colour, ls=ls)
                handles.append(Line2D([], [], color=colour, ls=ls, label=f"{name}, {part}"))
        for each in axes[:, 0]:
            markers(each, times)
            each.set_xlim(0, last)
        axes[0, 0].set(ylabel="length of a step", yscale="log")
        axes[1, 0].set(ylabel="cosine of two steps", xlabel="epochs", ylim=(-1.05, 1.05))
    below(figure, handles, columns=1)
    return figure


def gradient_figure(speed: pd.DataFrame, windows: Mapping[str, tuple[float, float] | None], last: float) -> Figure:
    """Mean step length over seeds and its gradient by `path`; bands from start to end of the window where there is one.

    Columns path, epoch, speed, middle, gradient.
    """
    figure, axes = panels(3.4, 2, 1)
    names = list(speed["path"].unique())
    with mpl.rc_context(STYLE):
        for name, colour in zip(names, WAYS[-len(names) :], strict=True):
            chosen = speed[speed["path"] == name]
            axes[0, 0].plot(chosen["epoch"], chosen["speed"], color=colour)
            axes[1, 0].plot(chosen["middle"], chosen["gradient"], color=colour)
            if (found := windows[name]) is not None:
                for each in axes[:, 0]:
                    each.axvspan(*found, color=colour, alpha=0.12, lw=0)
        scale = np.nanquantile(np.abs(speed["gradient"]), 0.9)
        axes[1, 0].axhline(0, color=BLACK, lw=0.5)
        axes[1, 0].set(ylabel="gradient", xlabel="epochs", ylim=(-2 * scale, 2 * scale))
        axes[0, 0].set(ylabel="length of a step", yscale="log")
        for each in axes[:, 0]:
            each.set_xlim(0, last)
    below(figure, [Line2D([], [], color=c, label=n) for n, c in zip(names, WAYS[-len(names) :], strict=True)])
    return figure


def spectrum_figure(shown: Mapping[str, Mapping[Kind, np.ndarray]], stiff: float) -> Figure:
    """F at the end in ascending order, the mean over seeds at each rank; by title and kind of F (runs, ranks)."""
    figure, axes = panels(2.9, 1, 1)
    kinds: dict[Kind, tuple[str, str]] = {"logits": ("-", "of raw logits"), "categorical": (":", "categorical")}
    with mpl.rc_context(STYLE):
        for spectra, colour in zip(shown.values(), WAYS[-len(shown) :], strict=True):
            for kind, values in spectra.items():
                mean = np.maximum(values.mean(axis=0), 1e-20)
                axes[0, 0].plot(np.linspace(0, 100, len(mean)), mean, color=colour, ls=kinds[kind][0])
        axes[0, 0].axhline(stiff, color=GREY, ls="--", lw=0.7)
        axes[0, 0].set(xlabel="parameters, % in ascending order", ylabel="Fisher diagonal F", yscale="log")
        axes[0, 0].set_ylim(bottom=1e-12)
    handles = [Line2D([], [], color=c, label=title) for title, c in zip(shown, WAYS[-len(shown) :], strict=True)]
    below(figure, [*handles, *(Line2D([], [], color=GREY, ls=ls, label=text) for ls, text in kinds.values())])
    return figure
