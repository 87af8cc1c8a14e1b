"""What the report of the study says and shows, section by section."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from grokscope.report.sheet import Drawing, Section
from grokscope.studies.order.facts import Facts
from grokscope.studies.order.facts.cells import UNTRAINED, with_strength
from grokscope.studies.order.facts.learners import LearnerComparison
from grokscope.studies.order.facts.published import beside_published
from grokscope.studies.order.facts.times import correlate_with_excess
from grokscope.studies.order.figures.curves import PlotCurve, course_figure, losses_figure, sizes_figure
from grokscope.studies.order.figures.networks import graphs_figure, matrices_figure, states_figure
from grokscope.studies.order.figures.times import times_figure
from grokscope.studies.order.sections.comparison import SMALL, comparison_section
from grokscope.studies.order.sentences import (
    describe_courses,
    describe_larger,
    describe_learners,
    describe_published,
    describe_sizes,
    describe_times,
)


def sections(facts: Facts) -> tuple[Section, ...]:
    """The sections that there is something for."""
    if not len(facts.ends):
        return ()
    made = (
        comparison_section(facts.ends, facts.pairs),
        training_section(facts),
        sizes_section(facts),
        learners_section(facts.learning),
        networks_section(facts),
        larger_section(facts),
        published_section(facts),
        Section("All cells", tables={"cells": facts.ends.reset_index(drop=True)}, most_rows=0),
    )
    return tuple(section for section in made if section is not None)


def training_section(facts: Facts) -> Section | None:
    """Orderedness at every snapshot."""
    if not len(facts.courses):
        return None
    drawings, kept = [], facts.courses.sort_values(["task", "scheme", "value", "epoch"])
    for (task, epochs), rows in kept.groupby(["task", "epochs"], sort=False):
        named = rows.assign(name=[with_strength(s, v) for s, v in zip(rows["scheme"], rows["value"], strict=True)])
        curves = [
            PlotCurve(name, part.assign(x=part["epoch"], low=part["excess_low"], high=part["excess_high"]))
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
        "Through training", findings=tuple(describe_courses(kept)), drawings=tuple(drawings), tables={"courses": kept}
    )


def sizes_section(facts: Facts) -> Section | None:
    """Excess against iterations and hidden units, where there are several of either."""
    plain = facts.ends[(facts.ends["setting"] == "") & facts.ends["task"].isin(SMALL)]
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
    return Section(
        "Sizes and iterations", tuple(describe_sizes(table)), drawings=tuple(drawings), tables={"sizes": table}
    )


def _panels(rows: pd.DataFrame) -> Iterator[tuple[str, list[PlotCurve]]]:
    for (scheme, value), mine in rows.groupby(["scheme", "value"], sort=False, dropna=False):
        if mine["iterations"].nunique() > 1:
            curves = [
                PlotCurve(f"{hidden} hidden", part.assign(x=part["iterations"]))
                for hidden, part in mine.groupby("hidden")
            ]
            yield with_strength(str(scheme), float(value)), curves


def learners_section(learning: LearnerComparison) -> Section | None:
    """Loss of complete layers beside that of nets whose direction is given."""
    if not len(learning.table):
        return None
    drawings = tuple(
        Drawing(
            f"losses_{file_stem(str(task))}",
            partial(losses_figure, {str(net): part for net, part in curves.groupby("net", sort=False)}, str(task)),
            f"Training loss of {task}, complete layers and baselines: medians, and bands with 80 % of the seeds.",
        )
        for task, curves in learning.curves.groupby("task", sort=False)
    )
    return Section(
        "Beside layered perceptrons",
        (
            "A layered perceptron has an order by construction: as a complete layer its D is 1.",
            *describe_learners(learning.table),
        ),
        drawings=drawings,
        tables={"learning": learning.table},
    )


def networks_section(facts: Facts) -> Section | None:
    """Single networks."""
    drawings = []
    for task, networks in facts.networks.items():
        name = file_stem(task)
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


def larger_section(facts: Facts) -> Section | None:
    """Tasks that the published study could not reach, where there is something to memorise and to generalise."""
    rows = facts.ends[~facts.ends["task"].isin((*SMALL, UNTRAINED))]
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
    cells = correlate_with_excess(facts.times)
    return Section(
        "Larger tasks, memorising and generalising",
        (*describe_larger(rows), *(describe_times(cells) if len(cells) else ())),
        drawings=tuple(time_drawings(facts.times)) if len(cells) else (),
        tables={"larger": table, "times": cells},
        most_rows=80,
    )


def time_drawings(runs: pd.DataFrame) -> Iterator[Drawing]:
    """Figures of when runs memorise and generalise against their excess, one for every task and size."""
    for (task, hidden, epochs), mine in runs.groupby(["task", "hidden", "epochs"], sort=False):
        schemes = {
            with_strength(str(scheme), float(value)): rows
            for (scheme, value), rows in mine.groupby(["scheme", "value"], sort=False, dropna=False)
        }
        yield Drawing(
            f"times_{file_stem(str(task))}_{hidden}",
            partial(times_figure, schemes, int(epochs), f"{task}, {hidden} hidden units"),
            f"When {task} networks of {hidden} hidden units memorise and, where there is something to generalise to, "
            "generalise, against how ordered they end: a small point a run, a large one the median of a scheme.",
        )


def file_stem(task: str) -> str:
    """A task's name as part of a file's."""
    return task.replace(" ", "_")


def published_section(facts: Facts) -> Section | None:
    """Ours beside what was published and re-measured."""
    table = beside_published(facts.ends)
    if not len(table):
        return None
    return Section(
        "Beside the published numbers",
        tuple(describe_published(table)),
        tables={"published": table.reset_index(drop=True)},
        most_rows=90,
    )
