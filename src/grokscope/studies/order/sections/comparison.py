"""The section that the study is about: every scheme at every strength on one size, alone and against each other."""

from __future__ import annotations

from functools import partial

import pandas as pd

from grokscope.report.sheet import Drawing, Section
from grokscope.studies.order.facts.cells import UNPRUNED, UNTRAINED
from grokscope.studies.order.figures.curves import PlotCurve, sparsity_figure
from grokscope.studies.order.sentences import caveats, describe_comparison, describe_pairs

BY_SHARE = {
    "random": lambda v: v,
    "top k": lambda v: 1 - v,
    "rising top k": lambda v: 1 - v,
    "rewinding": lambda v: 1 - v,
}
"""Schemes whose strength is a share of the connections, and what it removes."""
SMALL = ("xor", "sine")
SHOWN = (
    *("task", "scheme", "value", "seeds", "kept", "orderedness", "change", "null", "excess", "low", "high"),
    *("beyond", "beyond_low", "beyond_high", "loss", "learned", "excess_inputs", "excess_free"),
)
"""Columns of the comparison on the page; all of them are in the table of all cells."""
NAMED = ["task", "scheme", "value", "hidden", "iterations", "setting", "epochs"]


def comparison_section(ends: pd.DataFrame, pairs: pd.DataFrame) -> Section:
    """Every scheme at every strength, on one size."""
    plain = most_common_setting(ends)
    paired = pairs.merge(plain[NAMED]) if len(pairs) else pairs
    drawings = tuple(
        Drawing(
            f"schemes_{task}",
            partial(
                sparsity_figure,
                curves_by_share(rows),
                untrained_controls(ends, rows),
                f"{task}: {int(rows['seeds'].max())} seeds a cell",
            ),
            f"Orderedness of {task} networks against the share of connections a scheme removes, what relocating their "
            "entries leaves of it, and what pruning without training gives; below, the excess over the null, and "
            "beyond that of the unpruned at equal seeds, with 95 % bands; the median loss "
            "and that of 80 % of the seeds; and how many seeds still learned the task.",
        )
        for task, rows in plain.groupby("task", sort=False)
        if task in SMALL and curves_by_share(rows)
    )
    columns = [name for name in SHOWN if name in plain]
    return Section(
        "Pruning schemes",
        findings=(*describe_comparison(plain), *(describe_pairs(paired) if len(paired) else ())),
        caveats=tuple(caveats(plain)),
        drawings=drawings,
        tables={
            "comparison": plain[columns].reset_index(drop=True),
            "pairs": paired,
        },
        most_rows=90,
    )


def curves_by_share(rows: pd.DataFrame) -> list[PlotCurve]:
    """Schemes whose strength is a share, against it; the unpruned at 0."""
    curves = []
    for scheme in (UNPRUNED, *BY_SHARE):
        mine = rows[rows["scheme"] == scheme]
        if len(mine):
            x = 0.0 * mine["seeds"] if scheme == UNPRUNED else BY_SHARE[scheme](mine["value"])
            curves.append(PlotCurve(scheme, mine.assign(x=x)))
    return curves


def untrained_controls(ends: pd.DataFrame, beside: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The same schemes on networks that were not trained, of the size of those they stand beside: orderedness falls
    with size whatever a network learned.

    Args:
        beside: cells of one size.
    """
    same = ["hidden", "iterations", "setting"]
    alike = (ends[same] == list(beside[same].iloc[0])).all(axis=1)
    return {curve.name: curve.points for curve in curves_by_share(ends[alike & (ends["task"] == UNTRAINED)])}


def most_common_setting(ends: pd.DataFrame) -> pd.DataFrame:
    """Cells of the size, iterations, setting and length of training that most of their task's have."""
    return pd.concat([_most_common(rows) for _, rows in ends.groupby("task", sort=False)])


def _most_common(rows: pd.DataFrame) -> pd.DataFrame:
    like = ["hidden", "iterations", "setting", "epochs"]
    most = rows.groupby(like)["seeds"].sum().idxmax()
    return rows[(rows[like] == list(most)).all(axis=1)]
