"""Forecast against outcome: P of the onset as foretold, with its interval, as observed, and by the baselines."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.forecasts.evaluate import ScoredForecast, StandingForecast
from grokscope.forecasts.sentences import describe_freezing
from grokscope.report.style import BLUE, GREEN, GREY, STYLE, VERMILION, legend_below, log_axis, new_figure
from grokscope.studies.race.facts.slices import suffix

_BASELINES = (
    ("capacity_threshold", "v", "P_mem = K / C"),
    ("power_law", "x", "power of p"),
    ("nearest_prime", "+", "onset at nearest prime"),
)
_APART = 0.22
"""Rows between the forecast and what is drawn above and below it."""


def forecast_sketches(standing: Sequence[StandingForecast]) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """(file stem, sketch) of every setting that is forecast: a panel an accuracy, a row a prime."""
    settings = {suffix(row.setting): row.setting for one in standing for row in one.rows}
    for end, setting in settings.items():
        chosen = [(one, [row for row in one.rows if row.setting == setting]) for one in standing]
        yield f"forecast{end}", partial(_figure, setting, [(one, rows) for one, rows in chosen if rows])


def _figure(setting: Mapping[str, object], panels: list[tuple[StandingForecast, list[ScoredForecast]]]) -> Figure:
    heads = [_head(one, setting) for one, _ in panels]
    height = sum(
        0.5 + 0.13 * head.count("\n") + 0.27 * len(rows) for head, (_, rows) in zip(heads, panels, strict=True)
    )
    figure, every = new_figure(0.95 + height, rows=len(panels))
    with mpl.rc_context(STYLE):
        for axes, head, (_, rows) in zip(every, heads, panels, strict=True):
            _panel(axes, head, rows)
        reach = [end for axes in every for end in axes.get_xlim()]
        for axes in every:
            axes.set_xlim(min(reach), max(reach))
            log_axis(axes, "x")
        every[-1].set_xlabel("parameters P")
    legend_below(figure, _handles([row for _, rows in panels for row in rows]))
    return figure


def _panel(axes: Axes, head: str, rows: Sequence[ScoredForecast]) -> None:
    axes.set_xscale("log")
    for y, row in enumerate(rows):
        made = row.forecast
        axes.axhline(y, color=GREY, lw=0.3, alpha=0.5, zorder=0)
        for name, marker, _ in _BASELINES:
            axes.plot(getattr(made, name), y + _APART, marker, color=GREY, ms=3.6, gid="baseline")
        axes.plot(made.crossing.value, y, "D", mfc="white", mec=VERMILION, gid="crossing")
        axes.plot(made.onset.value, y, "s", color=BLUE, gid="forecast")
        if math.isfinite(made.onset.low) and math.isfinite(made.onset.high):
            axes.plot([made.onset.low, made.onset.high], [y, y], color=BLUE, lw=0.9, gid="interval")
        if row.score is not None:
            axes.plot(row.score.observed_crossing, y - _APART, "D", color=VERMILION, ms=3.2, gid="observed crossing")
            axes.plot(row.score.observed_onset, y - _APART, "o", color=GREEN, ms=4.2, gid="observed")
    axes.set_yticks(range(len(rows)), [_label(row) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_title(head, loc="left", fontsize=7, linespacing=1.3)


def _head(one: StandingForecast, setting: Mapping[str, object]) -> str:
    where = "".join(f", {key} {value}" for key, value in setting.items())
    return "\n".join(textwrap.wrap(f"by {one.accuracy} accuracy{where}: {describe_freezing(one)}", 46))


def _label(row: ScoredForecast) -> str:
    return f"p = {row.forecast.p}" + ("" if row.forecast.new_prime else "\nnew widths")


def _handles(rows: Sequence[ScoredForecast]) -> list[Any]:
    def mark(label: str, marker: str, colour: str, **more: Any) -> Line2D:
        return Line2D([], [], ls="none", marker=marker, color=colour, label=label, **more)

    handles = [Line2D([], [], marker="s", color=BLUE, lw=0.9, label="onset, foretold")]
    handles.append(mark("crossing, foretold", "D", VERMILION, mfc="white"))
    if any(row.score is not None for row in rows):
        handles += [mark("onset, observed", "o", GREEN), mark("crossing, observed", "D", VERMILION, ms=3.2)]
    return handles + [mark(label, marker, GREY) for _, marker, label in _BASELINES]
