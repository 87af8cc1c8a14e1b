"""The capacity figure: bits held against examples given, and the most held against P with the fitted constant."""

from __future__ import annotations

import math

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, MaxNLocator

from grokscope.laws.capacity import MORRIS, PUBLISHED
from grokscope.report import words
from grokscope.report.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    STYLE,
    VERMILION,
    add_heading,
    legend_below,
    log_axis,
    new_figure,
)
from grokscope.studies.race.facts.contents import Part


def capacity_figure(part: Part) -> Figure | None:
    """Upper panel: bits against n, log-log, a line a width, dashed what was given; lower: bits against P.

    None where no capacity run on random inputs is finished.
    """
    found, frame = part.capacity, part.frame
    if not len(frame) or found is None or not found.points:
        return None
    rows = frame[(frame["measurement"] == "capacity") & (frame["probe"] == "random")]
    figure, (upper, lower) = new_figure(5.2, rows=2)
    with mpl.rc_context(STYLE):
        cells = rows.groupby(["n_params", "n_train"], as_index=False).agg(
            bits=("total_bits", "max"), given=("dataset_bits", "max")
        )
        shades = mpl.colormaps["viridis"](np.linspace(0, 0.9, cells["n_params"].nunique()))
        for colour, (params, cell) in zip(shades, cells.groupby("n_params"), strict=True):
            upper.plot(cell["n_train"], cell["bits"], marker="o", ms=2.5, color=colour, label=words.number(params))
        given = cells.groupby("n_train")["given"].max()
        upper.plot(given.index, given, ls="--", color=GREY, label="n log2 V")
        upper.set_xscale("log")
        upper.set_yscale("log")
        log_axis(upper, "x")
        log_axis(upper, "y")
        upper.set_xlabel("random examples n")
        upper.set_ylabel("bits held, most over seeds")
        upper.legend(title="parameters P", ncols=2 if len(shades) > 5 else 1, title_fontsize=7, loc="upper left")

        full = [point for point in found.points if point.saturated]
        unfilled = [point for point in found.points if not point.saturated]
        lower.plot([x.n_params for x in full], [x.total_bits for x in full], "o", color=BLUE)
        lower.plot([x.n_params for x in unfilled], [x.total_bits for x in unfilled], "^", mfc="white", mec=BLUE)
        reach = np.array([0, 1.08 * max(x.n_params for x in found.points)])
        slope, intercept = found.published_rule
        lines = [
            lower.plot(reach, slope * reach + intercept, color=BLACK, lw=0.8)[0],
            lower.plot(reach, PUBLISHED * reach, "--", color=ORANGE)[0],
            lower.plot(reach, MORRIS * reach, ":", color=VERMILION)[0],
        ]
        sign = "+" if intercept >= 0 else "−"
        texts = [
            f"least squares, as published: {slope:.3g} P {sign} {words.number(abs(intercept))}",
            f"{PUBLISHED} bits per parameter (Song & Ye)",
            f"{MORRIS} bits per parameter (Morris et al.)",
        ]
        handles = [Line2D([], [], marker="o", ls="none", color=BLUE, label="width given 1.5 × what it held")]
        if unfilled:
            handles.append(
                Line2D([], [], marker="^", mfc="white", mec=BLUE, ls="none", label="width not full: at least")
            )
        for line, text in zip(lines, texts, strict=True):
            line.set_label(text)
        handles += lines
        constant = found.constant.value
        if found.source.startswith("measured") and math.isfinite(constant):
            ours = lower.plot(reach, constant * reach, color=GREEN, lw=3, alpha=0.4, zorder=0)[0]
            ours.set_label(f"C = {words.estimate(found.constant)} bits per parameter")
            handles.append(ours)
        lower.set_xlim(0, reach[1])
        lower.set_ylim(bottom=0)
        for axis in (lower.xaxis, lower.yaxis):
            axis.set_major_locator(MaxNLocator(5))
            axis.set_major_formatter(EngFormatter(sep=""))
        lower.set_xlabel("parameters P")
        lower.set_ylabel("most bits held")
    add_heading(figure, "", part.setting)
    legend_below(figure, handles, columns=1)
    return figure
