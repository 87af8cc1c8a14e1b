"""How every figure looks: single-column width, type of 7 points or more, the colours of Okabe and Ito."""

from __future__ import annotations

import math
import textwrap
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from grokscope.report.words import Curve

WIDTH = 3.4
"""inches, a single column."""

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    *("#000000", "#E69F00", "#56B4E9", "#009E73"),
    *("#F0E442", "#0072B2", "#D55E00", "#CC79A7"),
)
GREY = "#767676"
COLOURS: dict[Curve, str] = {"T_mem running": VERMILION, "T_mem eval": ORANGE, "T_gen": BLUE}
MARKERS: dict[Curve, str] = {"T_mem running": "s", "T_mem eval": "D", "T_gen": "o"}
SHADES = "viridis"
"""Colours of an ordered quantity, told apart by the colour-blind and in grey."""
MOST_TICKS = 6
MOST_LETTERS = 58
"""Letters of a line of text across the whole figure."""
_SUBS = (
    (2.2, (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8)),
    (5, (1, 1.5, 2, 3, 4, 5, 7)),
    (30, (1, 2, 3, 5)),
    (300, (1, 2, 5)),
    (math.inf, (1,)),
)
"""Digits at which a log axis is labelled that spans less than so many times."""
LINES: dict[Curve, str] = {"T_mem running": "-", "T_mem eval": "--", "T_gen": "-"}

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.labelsize": 7.5,
    "axes.titlesize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.6,
    "pdf.fonttype": 42,
}


def new_figure(height: float, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure of one column's width, `height` inches high, with its axes one below the other."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, 1, squeeze=False)[:, 0]
        for each in axes:
            each.spines["right"].set_visible(False)
    return figure, list(axes)


def norm(values: Iterable[float]) -> Normalize:
    """Values to the part of `SHADES` that is dark enough on white."""
    known = sorted(set(values))
    span = known[-1] - known[0] or 1.0
    return Normalize(known[0], known[-1] + 0.12 * span)


def add_scale(figure: Figure, axes: Axes | list[Axes], values: Iterable[float], name: str) -> None:
    """Add a bar under the axes that says what the shades stand for: the values themselves where they are few."""
    known = sorted(set(values))
    bar = figure.colorbar(
        ScalarMappable(norm(known), SHADES), ax=axes, orientation="horizontal", aspect=40, fraction=0.05, pad=0.03
    )
    bar.ax.set_xlim(known[0], known[-1])
    bar.set_label(name)
    bar.outline.set_linewidth(0.4)
    if len(known) <= MOST_TICKS:
        bar.set_ticks(known, labels=[f"{value:g}" for value in known])


def log_axis(axes: Axes, which: Literal["x", "y"]) -> None:
    """A log axis labelled 30k, 40k where it spans very little, 20k, 50k, 100k where little, by decades where much."""
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = sorted(axis.get_view_interval())
    span = high / low if low > 0 else math.inf
    axis.set_major_locator(LogLocator(subs=next(subs for most, subs in _SUBS if span < most or most == math.inf)))
    axis.set_major_formatter(EngFormatter(sep=""))
    axis.set_minor_formatter(NullFormatter())


def legend_below(figure: Figure, handles: Iterable[Any], columns: int = 2) -> None:
    """A legend under the whole figure, where it hides no data."""
    with mpl.rc_context(STYLE):
        figure.legend(handles=list(handles), loc="outside lower center", ncols=columns, columnspacing=1.2)


def add_heading(figure: Figure, head: str, *rest: Mapping[str, object]) -> None:
    """A title over the whole figure, which grows by its lines: a text, or the setting that it is of, if any."""
    text = ", ".join([head, *(f"{name} {value}" for setting in rest for name, value in setting.items())]).strip(", ")
    if text:
        lines = textwrap.wrap(text, MOST_LETTERS, subsequent_indent="    ")
        figure.set_figheight(figure.get_figheight() + 0.15 * len(lines))
        with mpl.rc_context(STYLE):
            figure.suptitle("\n".join(lines), x=0.02, ha="left", fontsize=7.5, linespacing=1.3)


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write `stem`.pdf and `stem`.png, the same bytes for the same figure: nothing of today is in them."""
    pdf, png = stem.with_name(stem.name + ".pdf"), stem.with_name(stem.name + ".png")
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("error", message="constrained_layout not applied")
        figure.savefig(pdf, metadata={"CreationDate": None, "Producer": None, "Creator": None})
        # Where everything lies was settled for the PDF, and takes as long as the drawing.
        figure.set_layout_engine(None)
        figure.savefig(png, dpi=200, metadata={"Software": None})
    return [pdf, png]
