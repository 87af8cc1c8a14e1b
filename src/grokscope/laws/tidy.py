"""From the ledger's frame to the tidy one that the laws of the race read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokscope.laws.settings import first_present, settings_of
from grokscope.run import ROLES
from grokscope.spec import InputError

AS_THEY_ARE = (
    "id",
    "measurement",
    "p",
    "n_params",
    "role",
    "probe",
    "n_train",
    "n_val",
    "classes",
    "max_epochs",
    "dataset_bits",
    "epochs",
    "stopped",
    "t_mem_running",
    "t_mem_eval",
    "t_gen",
    "total_bits",
)
UNGROUPED = "group"
"""The group axis of tasks that have none: all their runs are the one group 0."""


def tidy(runs: pd.DataFrame) -> pd.DataFrame:
    """One row a finished run, the settings under their plain names, with the columns of `cells.with_axes`.

    `group` is that of the task, under its axis's own name too (`p`), and `x` is P. `dim` is 0 for nets without a width.

    Raises:
        InputError: a run's role is none that is known, or its group no whole number.
    """
    done = runs[(runs["status"] == "done") & runs["role"].notna()].reset_index(drop=True)
    _refuse_unknown_roles(done)
    frame = pd.DataFrame({name: done[name] for name in AS_THEY_ARE})
    frame["dim"] = done["dim"].fillna(0).astype(np.int64)
    frame = frame.join(settings_of(done))
    frame["seed"] = first_present(done, "seeds.data")
    frame["group_axis"] = done["group_axis"].astype(object).where(done["group_axis"].notna(), UNGROUPED)
    frame["group"] = _groups(done)
    for axis in set(frame["group_axis"]) - set(frame.columns):
        frame[axis] = frame["group"].where(frame["group_axis"] == axis)
    frame["x_axis"], frame["x"] = "n_params", frame["n_params"]
    frame["train_threshold"] = first_present(done, "measurement.train_threshold", "measurement.threshold")
    # Imported runs have no eval accuracy of their training examples: of T_mem by it they say nothing.
    frame["eval_recorded"] = done["origin"].isna()
    frame["val_threshold"] = first_present(done, "measurement.val_threshold")
    return frame


def _refuse_unknown_roles(runs: pd.DataFrame) -> None:
    strange = runs[~runs["role"].isin(ROLES)]
    if len(strange):
        found = strange.iloc[0]
        raise InputError(f"run {found['id']}: role: found {found['role']!r}, expected one of {', '.join(ROLES)}")


def _groups(runs: pd.DataFrame) -> pd.Series:
    """The group of every run as a whole number, 0 where there is none."""
    groups = runs["group"].fillna(0)
    if len(odd := runs[(groups != groups.round()) | (groups < 0)]):
        found = odd.iloc[0]
        raise InputError(f"run {found['id']}: {found['group_axis']}: found {found['group']:g}, expected a whole number")
    return groups.astype(np.int64)
