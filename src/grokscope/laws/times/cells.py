"""From finished runs to observations: one time per run, censored where the run ended before it came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from grokscope.laws.results import Accuracy
from grokscope.laws.settings import SETTINGS

Quantity = Literal["T_mem", "T_gen"]


class Axes(NamedTuple):
    """Which fields of a run are the group that a curve belongs to and the x along it."""

    group: str
    x: str


AXES = Axes("p", "n_params")
"""Axes of the main figures of the race: a curve a prime, along the parameters P."""
PROBES = ("random", "vocab", "digits", "permuted")
"""The order of probes that the published study and its control have; others come after them by name."""
AXIS_COLUMNS = ("group", "x", "group_axis", "x_axis")


def require_columns(frame: pd.DataFrame | Mapping[str, Any], *columns: str) -> None:
    """Refuse a frame, or columns by name, that lacks a column.

    Raises:
        ValueError: names what is missing, what was found and what was expected.
    """
    missing = [column for column in columns if column not in frame]
    if missing:
        raise ValueError(
            f"runs frame: column {', '.join(missing)} missing; found {', '.join(map(str, frame)) or 'none'}; "
            f"expected {', '.join(columns)}"
        )


def observations(
    frame: pd.DataFrame, quantity: Quantity, *, accuracy: Accuracy = "eval", probe: str = "random"
) -> pd.DataFrame:
    """T_mem of a probe, or T_gen of the task, one row per run that observed it.

    A run whose `eval_recorded` is false is no observation of T_mem by eval accuracy, not even a censored one.
    Columns: those of `with_axes`, dim, n_params, dataset_bits, seed, time (epochs; where censored, how long the run
    was), censored.

    Raises:
        ValueError: a column is missing, a time is not positive, or runs of several settings are mixed.
    """
    column = "t_gen" if quantity == "T_gen" else f"t_mem_{accuracy}"
    known = (*AXIS_COLUMNS, "dim", "n_params", "dataset_bits", "seed")
    require_columns(frame, "measurement", "probe", *known, "epochs", column)
    wanted = ("groks", "task") if quantity == "T_gen" else ("speed", probe)
    rows = frame[(frame["measurement"] == wanted[0]) & (frame["probe"] == wanted[1])]
    if column == "t_mem_eval" and "eval_recorded" in rows.columns:
        rows = rows[rows["eval_recorded"].astype(bool)]
    refuse_mixture(rows)
    times = rows[column].astype(float).to_numpy()
    censored = np.isnan(times)
    times = np.where(censored, rows["epochs"].to_numpy(float), times)
    if len(bad := np.flatnonzero(~(times > 0))):
        found = f"row {rows.index[bad[0]]}: found {times[bad[0]]}"
        raise ValueError(f"runs frame: {column} of {found}, expected > 0 epochs")
    # In arrays, since it is done for every law and a frame's own ways take most of its time.
    order = np.lexsort([rows[name].to_numpy(float) for name in ("seed", "x", "group")])
    kept = {name: rows[name].to_numpy()[order] for name in known}
    return pd.DataFrame(kept | {"time": times[order], "censored": censored[order]})


def probes_of(frame: pd.DataFrame) -> tuple[str, ...]:
    """What the speed runs memorised, but for the task itself: random data first, then labels in the published order."""
    found = set(frame.loc[frame["measurement"] == "speed", "probe"]) - {"task"}
    published = [probe for probe in PROBES if probe in found]
    return (*published, *sorted(found.difference(published)))


def with_axes(frame: pd.DataFrame, group_axis: str | None = None, x_axis: str | None = None) -> pd.DataFrame:
    """The same runs with the columns that every law reads: group, x, and the names of both axes.

    Laws then follow curves of, say, one width against the bits of the data as they do those of one prime against P.

    Args:
        frame: one row per run.
        group_axis: the column that is fixed in a curve; None for the frame's own, or p where it has none.
        x_axis: the column that varies along it; None for the frame's own, or n_params.

    Returns:
        The frame with columns group, x, group_axis and x_axis, those that it had replaced.

    Raises:
        ValueError: a column is missing.
    """
    own = axes_of(frame) if set(AXIS_COLUMNS) <= set(frame.columns) else AXES
    group_axis, x_axis = group_axis or own.group, x_axis or own.x
    require_columns(frame, group_axis, x_axis)
    return frame.assign(group=frame[group_axis], x=frame[x_axis], group_axis=group_axis, x_axis=x_axis)


def axes_of(frame: pd.DataFrame) -> Axes:
    """The names of a frame's axes; the main ones of a frame without rows.

    Raises:
        ValueError: a column is missing, or rows have different axes.
    """
    require_columns(frame, "group_axis", "x_axis")
    refuse_mixture(frame, ("group_axis", "x_axis"))
    return Axes(*frame[["group_axis", "x_axis"]].iloc[0]) if len(frame) else AXES


def up_to_width(frame: pd.DataFrame, max_dim: int | None) -> pd.DataFrame:
    """The runs up to a width; all if there is no limit."""
    return frame if max_dim is None else frame[frame["dim"] <= max_dim]


def refuse_mixture(rows: pd.DataFrame, settings: Sequence[str] = SETTINGS) -> None:
    """A curve of several settings has no meaning: say which setting differs, and how to part them.

    Raises:
        ValueError: names the setting and its values.
    """
    for name in settings:
        values = rows[name].dropna().unique() if name in rows.columns else ()
        if len(values) > 1:
            raise ValueError(f"runs frame: {name}: found {', '.join(map(str, values))}, expected one (use by_setting)")


def split_by_setting(frame: pd.DataFrame) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    """Part runs whose speed and groks settings differ: what differs, and the runs that share it.

    A run without a value for a setting (random data have no operation) goes with every part that is alike in what it
    has; if there is none, as where one optimiser lacks what another has, it is of a part without that setting. Capacity
    runs go with the parts whose settings they share most of, as published (method 5.1).
    """
    timed = frame[frame["measurement"] != "capacity"]
    axes = [name for name in SETTINGS if name in frame.columns and timed[name].nunique() > 1]
    if not axes:
        yield {}, frame
        return
    capacity = frame[frame["measurement"] == "capacity"]
    present = [
        {name: value for name, value in zip(axes, values, strict=True) if pd.notna(value)}
        for values, _ in timed.groupby(axes, sort=True, dropna=False)
    ]
    for setting in present:
        if any(setting.items() < other.items() for other in present):
            continue
        yield setting, pd.concat([_nearest_capacity_runs(capacity, setting), select_setting(timed, setting, axes)])


def select_setting(
    frame: pd.DataFrame, setting: Mapping[str, object], axes: Sequence[str] | None = None
) -> pd.DataFrame:
    """The runs that have these settings, or no value for them, and none for any other of the `axes`."""
    wanted = frame[list(setting if axes is None else axes)]
    return frame[(wanted.eq(pd.Series(setting, dtype=object)) | wanted.isna()).all(axis=1)]


def _nearest_capacity_runs(rows: pd.DataFrame, setting: Mapping[str, object]) -> pd.DataFrame:
    shared = rows[list(setting)].eq(pd.Series(setting)).sum(axis=1)
    return rows[shared == shared.max()]
