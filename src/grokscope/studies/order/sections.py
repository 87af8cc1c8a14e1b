"""What the report of the study says and shows, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd

from grokscope.report.sheet import Drawing, Section
from grokscope.studies.order.baselines import Learning
from grokscope.studies.order.cells import UNTRAINED, strong
from grokscope.studies.order.comparison import SMALL, comparison
from grokscope.studies.order.figures.curves import Curve, course_figure, losses_figure, sizes_figure
from grokscope.studies.order.figures.networks import Network, graphs_figure, matrices_figure, states_figure
from grokscope.studies.order.figures.times import times_figure
from grokscope.studies.order.findings import (
    of_course,
    of_larger,
    of_learning,
    of_published,
    of_sizes,
)
from grokscope.studies.order.published import beside
from grokscope.studies.order.times import of_times, together


@dataclass(frozen=True)
class Found:
    """All that the sections need: cells at their end, their courses, cells against each other at equal seeds, when runs
    memorise and generalise, complete layers beside other nets, and networks to look at by task."""

    ends: pd.DataFrame
    courses: pd.DataFrame
    pairs: pd.DataFrame
    times: pd.DataFrame
    learning: Learning
    networks: Mapping[str, list[Network]]


def sections(found: Found) -> tuple[Section, ...]:
    """Those that there is something for."""
    if not len(found.ends):
        return ()
    made = (
        comparison(found.ends, found.pairs),
        through_training(found),
        sizes(found),
        beside_baselines(found.learning),
        looked_at(found),
        larger(found),
        published(found),
        Section("All cells", tables={"cells": found.ends.reset_index(drop=True)}, most_rows=0),
    )
    return tuple(section for section in made if section is not None)


def through_training(found: Found) -> Section | None:
    """Orderedness at every snapshot."""
    if not len(found.courses):
        return None
    drawings, kept = [], found.courses.sort_values(["task", "scheme", "value", "epoch"])
    for (task, epochs), rows in kept.groupby(["task", "epochs"], sort=False):
        named = rows.assign(name=[strong(s, v) for s, v in zip(rows["scheme"], rows["value"], strict=True)])
        curves = [
            Curve(name, part.assign(x=part["epoch"], low=part["excess_low"], high=part["excess_high"]))
            for name, part in named.groupby("name", sort=False)
        ]
        drawings.append(
            Drawing(
                f"course_{task}_{epochs}",
                partial(course_figure, curves, f"{task}, {epochs} epochs"),
                f"Orderedness through the training of {task} networks, the null at the same moment, and the excess, "
                "alone and beyond that of the unpruned at equal seeds, with 95 % bands.",
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
                f"Excess (95 % bands) and loss (median, 80 % of the seeds) of {task} networks against the number of "
                "iterations, a line for each number of hidden units."
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
            yield strong(str(scheme), float(value)), curves


def beside_baselines(learning: Learning) -> Section | None:
    """Loss of complete layers beside that of nets whose direction is given."""
    if not len(learning.table):
        return None
    drawings = tuple(
        Drawing(
            f"losses_{stem(str(task))}",
            partial(losses_figure, {str(net): part for net, part in curves.groupby("net", sort=False)}, str(task)),
            f"Training loss of {task}, complete layers and baselines: medians, and bands with 80 % of the seeds.",
        )
        for task, curves in learning.curves.groupby("task", sort=False)
    )
    return Section(
        "Beside layered perceptrons",
        (
            "A layered perceptron has an order by construction: as a complete layer its D is 1.",
            *of_learning(learning.table),
        ),
        drawings=drawings,
        tables={"learning": learning.table},
    )


def looked_at(found: Found) -> Section | None:
    """Single networks."""
    drawings = []
    for task, networks in found.networks.items():
        name = stem(task)
        what = f"{task}: of each scheme the seed whose excess is the median one"
        drawings += [
            Drawing(
                f"matrices_{name}",
                partial(matrices_figure, networks),
                f"Weights in the found order, {what}; y outputs, h hidden units, x inputs; rows are destinations. "
                "What lies below the line runs against the order; grey is pruned.",
            ),
            Drawing(
                f"graphs_{name}", partial(graphs_figure, networks), f"The connections among units as a graph, {what}."
            ),
            Drawing(
                f"states_{name}",
                partial(states_figure, networks),
                f"What every unit is over the iterations, {what}; outputs are read at the white line.",
            ),
        ]
    return Section("Networks", drawings=tuple(drawings)) if drawings else None


def larger(found: Found) -> Section | None:
    """Tasks that the published study could not reach, where there is something to memorise and to generalise."""
    rows = found.ends[~found.ends["task"].isin((*SMALL, UNTRAINED))]
    if not len(rows):
        return None
    names = (
        "task",
        "scheme",
        "value",
        "hidden",
        "iterations",
        "seeds",
        "loss",
        "learned",
        "t_mem",
        "t_gen",
        "val_acc",
        "kept",
        "orderedness",
        "gap",
        "null",
        "excess",
        "low",
        "high",
    )
    table = rows[[name for name in names if name in rows]].reset_index(drop=True)
    cells = together(found.times)
    return Section(
        "Larger tasks, memorising and generalising",
        (*of_larger(rows), *(of_times(cells) if len(cells) else ())),
        drawings=tuple(arrivals(found.times)) if len(cells) else (),
        tables={"larger": table, "times": cells},
        most_rows=80,
    )


def arrivals(runs: pd.DataFrame) -> Iterator[Drawing]:
    """When runs memorise and generalise against their excess, a figure for every task and size."""
    for (task, hidden, epochs), mine in runs.groupby(["task", "hidden", "epochs"], sort=False):
        schemes = {
            strong(str(scheme), float(value)): rows
            for (scheme, value), rows in mine.groupby(["scheme", "value"], sort=False, dropna=False)
        }
        yield Drawing(
            f"times_{stem(str(task))}_{hidden}",
            partial(times_figure, schemes, int(epochs), f"{task}, {hidden} hidden units"),
            f"When {task} networks of {hidden} hidden units memorise and, where there is something to generalise to, "
            "generalise, against how ordered they end: a small point a run, a large one the median of a scheme.",
        )


def stem(task: str) -> str:
    """A task's name as part of a file's."""
    return task.replace(" ", "_")


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
