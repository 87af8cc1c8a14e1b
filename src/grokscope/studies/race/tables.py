"""The report's tables, as frames: a row a cell, a crossing, an onset, a run, or a predicted onset."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from grokscope.forecasts.tables import forecast_times, forecasts
from grokscope.laws.results import Crossing, Onset
from grokscope.report.words import interval_columns
from grokscope.studies.race.facts.contents import Contents, FigureFamily, Part

PREDICTIVENESS = (
    *("config", "figure", "slice_field", "slice_value", "x_field", "predicted_onset_x", "empirical_onset_x"),
    *("log_ratio", "capacity_constant", "capacity_source", "n_seeds_groks", "n_seeds_speed"),
)
"""The published columns (method 5.10), before a column per swept axis."""


def tables(contents: Contents) -> dict[str, pd.DataFrame]:
    """File stem -> table."""
    return {
        "timescales": timescale_table(contents.parts),
        "crossings": crossing_table(contents.parts),
        "onsets": onset_table(contents.parts),
        "predictiveness": predictiveness_table(contents.suite, contents.parts),
        "runs": contents.frame,
    } | {
        name: table
        for name, table in (
            ("memorisation", memorisation_table(contents.parts)),
            ("probe_ratios", probe_ratio_table(contents.parts)),
            ("forecasts", forecasts(contents.forecasts)),
            ("forecast_times", forecast_times(contents.forecasts)),
        )
        if len(table)
    }


def timescale_table(parts: Sequence[Part]) -> pd.DataFrame:
    """A row a cell and accuracy: times in epochs, by Kaplan-Meier, by the log-normal model and as published."""
    cells: dict[str, dict[str, Any]] = {}
    for part in parts:
        for t in part.timescales:
            row = _row(part) | {"quantity": t.quantity, "accuracy": t.accuracy, "probe": t.probe}
            row |= {t.group_axis: t.group, "dim": t.dim, "n_params": t.n_params}
            row |= {"dataset_bits": t.dataset_bits, "load": t.load}
            row |= {"runs": t.lognormal.n, "censored": t.n_censored, "longest": t.longest}
            row |= interval_columns("lognormal", t.lognormal) | interval_columns("median", t.median)
            row |= {"published_mean": t.published_mean, "how": t.lognormal.how}
            # T_gen comes with either accuracy of T_mem, and is the same.
            key = (part.setting, t.quantity, t.accuracy, t.probe, t.group_axis, t.group, t.dim, t.n_params)
            cells.setdefault(repr(key), row)
    return pd.DataFrame(list(cells.values()))


def crossing_table(parts: Sequence[Part]) -> pd.DataFrame:
    """A row a group, accuracy, probe and rule: x and epochs at the crossing, or its code."""
    return pd.DataFrame(
        [
            _row(part)
            | {c.group_axis: c.group, "accuracy": c.accuracy, "probe": c.probe, "rule": c.rule, "code": str(c.code)}
            | interval_columns(c.x_axis, c.x)
            | {"epochs": c.epochs, "every_crossing": _joined(c.all), "certainty": c.certainty}
            | {"runs": c.x.n, "how": c.x.how}
            for part in parts
            for c in part.crossings
        ]
    )


def onset_table(parts: Sequence[Part]) -> pd.DataFrame:
    """A row a group, accuracy and pair of thresholds; `main` marks those that the report is about."""
    return pd.DataFrame(
        [
            _row(part)
            | {o.group_axis: o.group, "accuracy": o.accuracy, "main": main}
            | {"train_threshold": o.train_threshold, "val_threshold": o.val_threshold, "code": str(o.code)}
            | interval_columns(o.x_axis, o.x)
            | {"per_seed": _joined(o.per_seed)}
            | interval_columns("by_seed", o.by_seed)
            | interval_columns("by_median", o.by_median)
            | {"runs": o.x.n, "how": o.x.how}
            for part in parts
            for main, found in ((True, part.families[0].onsets if part.families else ()), (False, part.onset_grid))
            for o in found
        ]
    )


def memorisation_table(parts: Sequence[Part]) -> pd.DataFrame:
    """A row a fitted form of T_mem against the load f; the group is `all` where groups are pooled."""
    return pd.DataFrame(
        [
            _row(part)
            | {law.group_axis: "all" if law.group is None else law.group, "accuracy": law.accuracy}
            | {"probe": law.probe, "form": form.name}
            | interval_columns("b", form.b)
            | interval_columns("a", form.a)
            | {"exponent": form.exponent, "aic": form.aic, "delta_aic": form.delta, "share_best": form.share_best}
            | {"r_squared": form.r_squared, "low_load": law.low_load, "high_load": law.high_load}
            | {"runs": law.n, "censored": law.n_censored, "left_out": law.n_left_out}
            for part in parts
            for law in part.memorisation
            for form in law.forms
        ]
    )


def probe_ratio_table(parts: Sequence[Part]) -> pd.DataFrame:
    """A row a group, width, probe and accuracy: T_mem over that on random inputs."""
    return pd.DataFrame(
        [
            _row(part)
            | {r.group_axis: r.group, "dim": r.dim, r.x_axis: r.x, "load": r.load, "probe": r.probe}
            | {"accuracy": r.accuracy}
            | interval_columns("ratio", r.ratio)
            | {"runs": r.ratio.n, "how": r.ratio.how}
            for part in parts
            for r in part.probe_ratios
        ]
    )


def predictiveness_table(suite: str, parts: Sequence[Part]) -> pd.DataFrame:
    """A row a figure family, group, setting, accuracy and rule: the crossing as a prediction of the onset.

    The published columns, then one per swept axis, then ours: the slice under its own name, the accuracy, the rule,
    both intervals, both reason codes. `n_seeds_*` are numbers of runs over all widths, as published. NaN where there
    is none.

    Source: method 5.10.
    """
    axes = sorted({axis for part in parts for axis in part.setting})
    slice_fields = sorted({family.figure.slice_field for part in parts for family in part.families}, reverse=True)
    rows = [
        _prediction(suite, part, family, crossing, onset, counts)
        for part in parts
        for family in part.families
        for counts in [family.frame.groupby("group")["measurement"].value_counts().to_dict()]
        for crossing in family.crossings
        for onset in family.onsets
        if (onset.group, onset.accuracy) == (crossing.group, crossing.accuracy)
    ]
    return pd.DataFrame(rows, columns=[*PREDICTIVENESS, *axes, *(slice_fields or ["p"]), *OURS])


OURS = (
    *("accuracy", "rule", "predicted_low", "predicted_high", "empirical_low", "empirical_high"),
    *("crossing_code", "onset_code", "delay_train_threshold", "delay_val_threshold"),
)
"""Columns of `predictiveness` beyond the published ones and the slice."""


def _prediction(
    suite: str,
    part: Part,
    family: FigureFamily,
    crossing: Crossing,
    onset: Onset,
    counts: Mapping[tuple[int, str], int],
) -> dict[str, Any]:
    figure, value = family.figure, crossing.group
    predicted, empirical = crossing.x, onset.x
    known = predicted.value > 0 and empirical.value > 0
    published = (
        *(suite, figure.name, figure.slice_field, value, figure.x_field, predicted.value, empirical.value),
        *(math.log10(empirical.value / predicted.value) if known else math.nan, part.constant, part.constant_source),
        *(counts.get((value, "groks"), 0), counts.get((value, "speed"), 0)),
    )
    ours = (
        *(crossing.accuracy, crossing.rule, predicted.low, predicted.high, empirical.low, empirical.high),
        *(str(crossing.code), str(onset.code), onset.train_threshold, onset.val_threshold),
    )
    return (
        dict(zip(PREDICTIVENESS, published, strict=True))
        | _row(part)
        | {figure.slice_field: value}
        | dict(zip(OURS, ours, strict=True))
    )


def _row(part: Part) -> dict[str, Any]:
    return dict(part.setting)


def _joined(values: Sequence[float]) -> str:
    return " ".join("nan" if math.isnan(value) else f"{value:.10g}" for value in values)
