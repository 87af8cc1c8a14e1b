"""The path of the parameters: its direction, its speed, what is stiff in it, and its shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.report.style import BLACK, BLUE, GREY, ORANGE, SKY, STYLE, VERMILION, legend_below
from grokscope.studies.paths.figures.panels import draw_seeds, marker_handles, markers, nothing, panels

WAYS = (BLUE, VERMILION)
"""Steady learning, grokking."""
PALE = (SKY, ORANGE)
METRICS = {
    "fisher": ("-", "F of raw logits"),
    "categorical fisher": ("--", "categorical F"),
    "euclidean": (":", "plain distance"),
}
BY_FISHER = {metric: label for metric, (_, label) in METRICS.items() if metric != "euclidean"}
"""A column each, where lines of all metrics would lie on one another."""

Times = Mapping[str, Mapping[str, float]]
"""By the title of a way: the name of a mark -> its epoch."""


def direction_figure(path: pd.DataFrame, times: Times, last: float) -> Figure:
    """Direction change and alignment with the origin by epoch, by `path`; a style of line a metric."""
    return _by_path(path, times, last, {"turn": "cosine of two steps", "origin": "cosine with way to origin"}, (-1, 1))


def size_figure(path: pd.DataFrame, times: Times, last: float) -> Figure:
    """Length of a step, norm of the parameters, by `path`."""
    return _by_path(path, times, last, {"speed": "length of a step", "norm": "norm of parameters"}, None)


def shape_figure(path: pd.DataFrame, times: Times, last: float) -> Figure:
    """Ours: length of the path so far, its straightness, its curvature."""
    shown = {"arc": "arc length", "straightness": "chord / arc", "curvature": "curvature"}
    return _by_path(path, times, last, shown, None)


def _by_path(
    path: pd.DataFrame, times: Times, last: float, shown: Mapping[str, str], ylim: tuple[float, float] | None
) -> Figure:
    figure, axes = panels(1.65 * len(shown) + 0.9, len(shown), 1)
    with mpl.rc_context(STYLE):
        for each, (column, label) in zip(axes[:, 0], shown.items(), strict=True):
            for title, colour in _colours_by_title(times).items():
                for metric, (ls, _) in METRICS.items():
                    chosen = path[(path["path"] == title) & (path["metric"] == metric)]
                    draw_seeds(each, chosen, "epoch", column, color=colour, ls=ls)
            each.set(ylabel=label)
            if not (path[column].abs() > 0).any():
                nothing(each, "none: too few snapshots")
                continue
            _mark_times(each, times, last)
            if ylim:
                each.axhline(0, color="0.8", lw=0.6, zorder=0)
                each.set_ylim(ylim[0] - 0.05, ylim[1] + 0.05)
            elif column == "straightness":
                each.set_ylim(0, 1.03)
            else:
                each.set_yscale("log")
        axes[-1, 0].set_xlabel("epochs")
    kinds = [Line2D([], [], color=GREY, ls=ls, label=label) for ls, label in METRICS.values()]
    legend_below(figure, [*_handles(times), *kinds, *marker_handles(_names(times))], columns=2)
    return figure


def split_figure(path: pd.DataFrame, times: Times, last: float) -> Figure:
    """Step length and direction change of stiff (solid) and sloppy (dashed) parameters, a column a kind of F."""
    figure, axes = panels(4.2, 2, len(BY_FISHER))
    styles = {(title, "stiff"): (colour, "-") for title, colour in _colours_by_title(times).items()}
    styles |= {(title, "sloppy"): (colour, "--") for title, colour in _colours_by_title(times, PALE).items()}
    with mpl.rc_context(STYLE):
        for column, (metric, label) in enumerate(BY_FISHER.items()):
            for (title, part), (colour, ls) in styles.items():
                chosen = path[(path["path"] == title) & (path["part"] == part) & (path["metric"] == metric)]
                draw_seeds(axes[0, column], chosen, "epoch", "speed", color=colour, ls=ls)
                draw_seeds(axes[1, column], chosen, "epoch", "turn", color=colour, ls=ls)
            for each in axes[:, column]:
                _mark_times(each, times, last)
            axes[0, column].set_title(label, loc="left")
            axes[0, column].set(yscale="log")
            axes[1, column].set(xlabel="epochs", ylim=(-1.05, 1.05))
        axes[0, 0].set_ylabel("length of a step")
        axes[1, 0].set_ylabel("cosine of two steps")
    handles = [
        Line2D([], [], color=colour, ls=ls, label=f"{title}, {part}") for (title, part), (colour, ls) in styles.items()
    ]
    legend_below(figure, handles, columns=2)
    return figure


def gradient_figure(
    speed: pd.DataFrame, windows: Mapping[tuple[str, str], tuple[float, float] | None], times: Times, last: float
) -> Figure:
    """Mean step length over seeds and its gradient by `path`, a column a kind of F; bands where the window is.

    Columns of the frame: path, metric, epoch, speed, middle, gradient; windows by path and metric.
    """
    figure, axes = panels(3.6, 2, len(BY_FISHER))
    with mpl.rc_context(STYLE):
        for column, (metric, label) in enumerate(BY_FISHER.items()):
            rows = speed[speed["metric"] == metric]
            for title, colour in _colours_by_title(times).items():
                chosen = rows[rows["path"] == title]
                axes[0, column].plot(chosen["epoch"], chosen["speed"], color=colour)
                axes[1, column].plot(chosen["middle"], chosen["gradient"], color=colour)
                if (found := windows[title, metric]) is not None:
                    for each in axes[:, column]:
                        each.axvspan(*found, color=colour, alpha=0.12, lw=0)
            scale = rows["gradient"].abs().quantile(0.9)
            axes[1, column].axhline(0, color=BLACK, lw=0.5)
            axes[1, column].set(xlabel="epochs", ylim=(-2 * scale, 2 * scale) if scale > 0 else None)
            axes[0, column].set(yscale="log")
            axes[0, column].set_title(label, loc="left")
            for each in axes[:, column]:
                each.set_xlim(0, last)
        axes[0, 0].set_ylabel("length of a step")
        axes[1, 0].set_ylabel("gradient")
    legend_below(figure, _handles(times))
    return figure


def spectrum_figure(shown: Mapping[str, Mapping[str, np.ndarray]], stiff: float) -> Figure:
    """F at the end in ascending order, the mean over seeds at each rank; by title and kind of F (runs, ranks)."""
    figure, axes = panels(2.9, 1, 1)
    with mpl.rc_context(STYLE):
        for title, colour in _colours_by_title(shown).items():
            for metric, values in shown[title].items():
                mean = np.maximum(values.mean(axis=0), 1e-20)
                axes[0, 0].plot(np.linspace(0, 100, len(mean)), mean, color=colour, ls=METRICS[metric][0])
        axes[0, 0].axhline(stiff, color=BLACK, ls=":", lw=0.7)
        axes[0, 0].set(xlabel="parameters, % in ascending order", ylabel="Fisher diagonal F", yscale="log")
        axes[0, 0].set_ylim(bottom=1e-12)
    kinds = [Line2D([], [], color=GREY, ls=METRICS[metric][0], label=label) for metric, label in BY_FISHER.items()]
    limit = Line2D([], [], color=BLACK, ls=":", lw=0.7, label=f"stiff above {stiff:g}")
    legend_below(figure, [*_handles(shown), *kinds, limit])
    return figure


def _colours_by_title(titles: Iterable[str], colours: tuple[str, ...] = WAYS) -> dict[str, str]:
    """A colour for each way; one alone is grokking's."""
    known = list(titles)
    return dict(zip(known, colours[-len(known) :], strict=True))


def _handles(titles: Iterable[str]) -> list[Line2D]:
    return [Line2D([], [], color=colour, label=title) for title, colour in _colours_by_title(titles).items()]


def _names(times: Times) -> list[str]:
    return list(next(iter(times.values())))


def _mark_times(axes: Axes, times: Times, last: float) -> None:
    """Each way's own verticals in its own colour."""
    for title, colour in _colours_by_title(times).items():
        markers(axes, times[title], colour)
    axes.set_xlim(0, last)
