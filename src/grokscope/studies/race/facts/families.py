"""One figure family of the race: its crossings and onsets along its own axis, and what they say of one another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from grokscope.laws.claims.claims import evaluate_claims
from grokscope.laws.crossing.crossings import find_crossings
from grokscope.laws.crossing.onset import find_onsets, measure_delays
from grokscope.laws.results import Accuracy
from grokscope.laws.statistics.agreement import fit_identity
from grokscope.laws.times.cells import up_to_width, with_axes
from grokscope.laws.times.threshold_epochs import ThresholdEpochs
from grokscope.studies.race.facts.contents import FigureFamily, Part, Prediction
from grokscope.suite import Analysis, FigureOptions

RULES: tuple[Literal["sign change", "published"], ...] = ("sign change", "published")
FEWEST_CELLS = 3
"""Cells with both a crossing and an onset below which no claim is tested, as published."""
_ENDS = ("", "_low", "_high")
_CELL_COLUMNS = ("group", *(f"{name}_onset_x{end}" for name in ("predicted", "empirical") for end in _ENDS))


def conclude_family(
    figure: FigureOptions, frame: pd.DataFrame, arrived: ThresholdEpochs, analysis: Analysis, probe: str = "random"
) -> FigureFamily:
    """Conclude from the runs of one setting along a figure's axis, on random data as published or another probe."""
    seed, accuracies = analysis.bootstrap_seed, analysis.accuracy
    train, val = figure.delay_train_threshold, figure.delay_val_threshold
    frame, arrived = up_to_width(frame, figure.max_dim), arrived.select(up_to_width(arrived.runs, figure.max_dim).index)
    timed = frame[frame["measurement"] != "capacity"]
    timed = with_axes(timed, figure.slice_field, figure.x_field)
    seen = arrived.along(with_axes(arrived.runs, figure.slice_field, figure.x_field))
    return FigureFamily(
        figure=figure,
        frame=timed,
        crossings=tuple(
            crossing
            for accuracy in accuracies
            for rule in RULES
            for crossing in find_crossings(
                timed, accuracy=accuracy, probe=probe, rule=rule, rising=figure.fading, seed=seed
            )
        ),
        onsets=tuple(
            onset
            for accuracy in accuracies
            for onset in find_onsets(
                seen, accuracy=accuracy, train_threshold=train, val_threshold=val, fading=figure.fading, seed=seed
            )
        ),
        delays={
            accuracy: tuple(measure_delays(seen, accuracy=accuracy, train_threshold=train, val_threshold=val))
            for accuracy in accuracies
        },
    )


def compare_with_onsets(parts: Sequence[Part], analysis: Analysis) -> Iterator[Prediction]:
    """Crossing against onset over all settings, for every figure family and accuracy."""
    axes = sorted({name for part in parts for name in part.setting})
    for place, axis, accuracy in itertools.product(
        range(len(analysis.families)), dict.fromkeys(part.group_axis for part in parts), analysis.accuracy
    ):
        figure = analysis.families[place].grouped_by(axis)
        alike = [part for part in parts if part.group_axis == axis]
        rows = [
            cell | dict.fromkeys(axes, "none") | dict(part.setting)
            for part in alike
            for cell in prediction_cells(part.families[place], accuracy, analysis.crossing_rule)
        ]
        table = pd.DataFrame(rows, columns=[*_CELL_COLUMNS, *axes]).rename(columns={"group": figure.slice_field})
        yield replace(
            judge_cells(table, figure, accuracy, axes, analysis), composed=all(part.composed for part in alike)
        )


def judge_cells(
    table: pd.DataFrame, figure: FigureOptions, accuracy: Accuracy, axes: Sequence[str], analysis: Analysis
) -> Prediction:
    """Test how near the onsets lie to the crossings, and the published claims where there are cells enough for them."""
    valid = table[(table["predicted_onset_x"] > 0) & (table["empirical_onset_x"] > 0)]
    u, e = (np.log10(valid[f"{name}_onset_x"].to_numpy(float)) for name in ("predicted", "empirical"))
    asked = analysis.hypothesis_tests
    chosen = axes if asked.axes == "auto" else [axis for axis in asked.axes if axis in axes]
    found = None
    if asked.enabled and len(valid) >= FEWEST_CELLS:
        found = tuple(evaluate_claims(table, axes=chosen, group_axis=figure.slice_field, seed=analysis.bootstrap_seed))
    return Prediction(figure, accuracy, tuple(axes), table, fit_identity(u, e), found)


def prediction_cells(found: FigureFamily, accuracy: Accuracy, rule: str) -> Iterator[dict[str, Any]]:
    """Crossing and onset of every group that has runs for both, with their intervals."""
    predicted = {c.group: c.x for c in found.crossings if c.accuracy == accuracy and c.rule == rule}
    observed = {o.group: o.x for o in found.onsets if o.accuracy == accuracy}
    for value in sorted(set(predicted) & set(observed)):
        places = predicted[value], observed[value]
        yield dict(zip(_CELL_COLUMNS, (value, *(x for at in places for x in (at.value, at.low, at.high))), strict=True))


def doubts(parts: Sequence[Part], analysis: Analysis) -> Iterator[str]:
    """List what a figure cannot show, or shows under another threshold than it says, a line each (method 5.10)."""
    yield from (figure.fault for figure in analysis.figures if figure.fault is not None)
    for part in parts:
        at = "".join(f", {name} {value}" for name, value in part.setting.items())
        for found in part.families:
            frame, figure = found.frame, found.figure
            for kind, column, said in (
                ("speed", "train_threshold", figure.mem_curve_threshold),
                ("groks", "val_threshold", figure.gen_curve_threshold),
            ):
                rows = frame[frame["measurement"] == kind]
                for stored in sorted(set(rows[column].dropna()) - {said}):
                    yield f"figure {figure.name}{at}: found {kind} runs to {stored:g}, expected {said:g}"
            for kind, name in (("speed", "T_mem"), ("groks", "T_gen")):
                rows = frame[frame["measurement"] == kind]
                points = rows.groupby("group")["x"].nunique()
                if few := [str(value) for value, n in points.items() if n < 2]:
                    yield f"figure {figure.name}{at}: {name} has one point at {figure.slice_field} {', '.join(few)}"
