"""What the report of the study says and shows, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd

from grokscope.report.figures.order.curves import Curve, course_figure, sizes_figure, sparsity_figure
from grokscope.report.figures.order.networks import Network, graphs_figure, matrices_figure, states_figure
from grokscope.report.sheet import Drawing, Section
from grokscope.studies.order.cells import UNPRUNED, UNTRAINED
from grokscope.studies.order.findings import (
    of_comparison,
    of_course,
    of_larger,
    of_published,
    of_sizes,
    what_cannot_be_said,
)  # fmt: skip
from grokscope.studies.order.published import beside

BY_SHARE = {
    "random": lambda v: v,
    "top k": lambda v: 1 - v,
    "rising top k": lambda v: 1 - v,
    "rewinding": lambda v: 1 - v,
}
"""Schemes whose strength is a share of the connections, and what it removes."""
SMALL = ("xor", "sine")


@dataclass(frozen=True)
class Found:
    """All that the sections need: cells at their end, their courses, and networks to look at by task."""

    ends: pd.DataFrame
    courses: pd.DataFrame
    networks: Mapping[str, list[Network]]


def sections(found: Found) -> tuple[Section, ...]:
    """Those that there is something for."""
    if not len(found.ends):
        return ()
    made = (comparison(found), through_training(found), sizes(found), looked_at(found), larger(found), published(found))
    return tuple(section for section in made if section is not None)


def usual(ends: pd.DataFrame) -> pd.DataFrame:
    """Cells of the size, iterations, setting and length of training that most of their task's have."""
    return pd.concat([_usual_of(rows) for _, rows in ends.groupby("task", sort=False)])


def _usual_of(rows: pd.DataFrame) -> pd.DataFrame:
    like = ["hidden", "iterations", "setting", "epochs"]
    most = rows.groupby(like)["seeds"].sum().idxmax()
    return rows[(rows[like] == list(most)).all(axis=1)]


def comparison(found: Found) -> Section:
    """Every scheme at every strength, on one size."""
    plain = usual(found.ends)
    drawings = tuple(
        Drawing(
            f"schemes_{task}",
            partial(
                sparsity_figure, by_share(rows), controls(plain), f"{task}: {int(rows['seeds'].max())} seeds a cell"
            ),
            f"Orderedness of {task} networks against the share of connections a scheme removes, what relocating their "
            "entries leaves of it, and what pruning without training gives; below, the excess over the null with 95 % "
            "bands; and how many seeds still learned the task.",
        )
        for task, rows in plain.groupby("task", sort=False)
        if task in SMALL and by_share(rows)
    )
    columns = [
        name for name in plain if name not in ("hidden", "iterations", "setting", "epochs", "t_mem", "t_gen", "val_acc")
    ]
    return Section(
        "Pruning schemes",
        findings=tuple(of_comparison(plain)),
        unsaid=tuple(what_cannot_be_said(plain)),
        drawings=drawings,
        tables={"comparison": plain[columns].reset_index(drop=True), "cells": found.ends.reset_index(drop=True)},
        most_rows=90,
    )


def by_share(rows: pd.DataFrame) -> list[Curve]:
    """Schemes whose strength is a share, against it; the unpruned at 0."""
    curves = []
    for scheme in (UNPRUNED, *BY_SHARE):
        mine = rows[rows["scheme"] == scheme]
        if len(mine):
            x = 0.0 * mine["seeds"] if scheme == UNPRUNED else BY_SHARE[scheme](mine["value"])
            curves.append(Curve(scheme, mine.assign(x=x)))
    return curves


def controls(plain: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The same schemes on networks that were not trained."""
    return {curve.name: curve.points for curve in by_share(plain[plain["task"] == UNTRAINED])}


def through_training(found: Found) -> Section | None:
    """Orderedness at every snapshot."""
    if not len(found.courses):
        return None
    drawings, kept = [], found.courses.sort_values(["task", "scheme", "value", "epoch"])
    for (task, epochs), rows in kept.groupby(["task", "epochs"], sort=False):
        named = rows.assign(name=[_strength(s, v) for s, v in zip(rows["scheme"], rows["value"], strict=True)])
        curves = [Curve(name, part.assign(x=part["epoch"], low=part["excess_low"], high=part["excess_high"]))
                  for name, part in named.groupby("name", sort=False)]  # fmt: skip
        drawings.append(
            Drawing(
                f"course_{task}_{epochs}",
                partial(course_figure, curves, f"{task}, {epochs} epochs"),
                f"Orderedness through the training of {task} networks, the null at the same moment, and the excess.",
            )
        )
    return Section(
        "Through training", findings=tuple(of_course(kept)), drawings=tuple(drawings), tables={"courses": kept}
    )


def sizes(found: Found) -> Section | None:
    """Excess against iterations and hidden units, where there are several of either."""
    plain = found.ends[(found.ends["setting"] == "") & found.ends["task"].isin(SMALL)]
    drawings = []
    shown = []
    for (task, epochs), rows in plain.groupby(["task", "epochs"], sort=False):
        panels = dict(_panels(rows))
        if panels:
            text = (
                f"Excess of {task} networks against the number of iterations, a line for each number of hidden units."
            )
            drawings.append(Drawing(f"sizes_{task}_{epochs}", partial(sizes_figure, panels, str(task)), text))
            shown.append(pd.concat([curve.points for curves in panels.values() for curve in curves]))
    if not drawings:
        return None
    table = pd.concat(shown).drop(columns="x")
    return Section("Sizes and iterations", tuple(of_sizes(table)), drawings=tuple(drawings), tables={"sizes": table})


def _panels(rows: pd.DataFrame) -> Iterator[tuple[str, list[Curve]]]:
    for (scheme, value), mine in rows.groupby(["scheme", "value"], sort=False, dropna=False):
        if mine["iterations"].nunique() > 1:
            curves = [
                Curve(f"{hidden} hidden", part.assign(x=part["iterations"])) for hidden, part in mine.groupby("hidden")
            ]
            yield _strength(str(scheme), float(value)), curves


def looked_at(found: Found) -> Section | None:
    """Single networks."""
    drawings = []
    for task, networks in found.networks.items():
        stem = task.replace(" ", "_")
        what = f"{task}: of each scheme the seed whose excess is the median one"
        drawings += [
            Drawing(f"matrices_{stem}", partial(matrices_figure, networks),
                    f"Weights in the found order, {what}; y outputs, h hidden units, x inputs; rows are destinations. "
                    "What lies below the line runs against the order; grey is pruned."),
            Drawing(f"graphs_{stem}", partial(graphs_figure, networks),
                    f"The connections among units as a graph, {what}."),
            Drawing(f"states_{stem}", partial(states_figure, networks),
                    f"What every unit is over the iterations, {what}; outputs are read at the white line."),
        ]  # fmt: skip
    return Section("Networks", drawings=tuple(drawings)) if drawings else None


def larger(found: Found) -> Section | None:
    """Tasks that the published study could not reach, where there is something to memorise and to generalise."""
    rows = found.ends[~found.ends["task"].isin((*SMALL, UNTRAINED))]
    if not len(rows):
        return None
    names = ("task", "scheme", "value", "hidden", "iterations", "seeds", "loss", "learned", "t_mem", "t_gen", "val_acc",
             "kept", "orderedness", "null", "excess", "low", "high")  # fmt: skip
    table = rows[[name for name in names if name in rows]].reset_index(drop=True)
    return Section(
        "Larger tasks, memorising and generalising", tuple(of_larger(rows)), tables={"larger": table}, most_rows=80
    )


def published(found: Found) -> Section | None:
    """Ours beside what was published and re-measured."""
    table = beside(found.ends)
    if not len(table):
        return None
    return Section(
        "Beside the published numbers",
        tuple(of_published(table)),
        tables={"published": table.reset_index(drop=True)},
        most_rows=90,
    )


def _strength(scheme: str, value: float) -> str:
    return scheme if value != value else f"{scheme} {value:g}"
