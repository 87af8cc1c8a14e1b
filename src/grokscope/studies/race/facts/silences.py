"""Runs of which the race has nothing to say, and why: said on the page and in the terminal, never passed over."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

MEASUREMENTS = ("capacity", "speed", "groks")
"""What the race reads."""


def find_silences(runs: pd.DataFrame) -> pd.Series:
    """Why the race has nothing to say of a run; an empty text where it has.

    Args:
        runs: a row a run, as `Ledger.runs` has them.
    """
    is_task, measured = runs["role"] == "task", runs["measurement"]
    reasons = {
        "their specs cannot be read here, as those of a plug-in that is not installed": runs["role"].isna(),
        "it reads capacity, speed and groks": ~measured.isin(MEASUREMENTS),
        "targets are numbers, of which none is right or wrong": runs["classes"] == 0,
        "what the speed on a task itself says may be generalised": (measured == "speed") & is_task,
        "groks is of a task, and labels that were drawn cannot be generalised": (measured == "groks") & ~is_task,
        "nothing is kept back to validate on": (measured == "groks") & ~(runs["n_val"] > 0),
    }
    said = np.select([rows.to_numpy(bool) for rows in reasons.values()], list(reasons), default="")
    return pd.Series(said, index=runs.index, dtype=object)


def describe_silences(runs: pd.DataFrame, reasons: pd.Series) -> Iterator[str]:
    """A line for every reason and kind of task: how many runs, and of what."""
    kinds = runs["task.kind"] if "task.kind" in runs else pd.Series("", index=runs.index)
    rows = pd.DataFrame({"why": reasons, "measurement": runs["measurement"], "task": kinds.fillna("no task")})
    for (why, measurement, task), alike in rows[rows["why"] != ""].groupby(["why", "measurement", "task"], sort=False):
        n = "1 run" if len(alike) == 1 else f"{len(alike):,} runs"
        yield f"{n} of {measurement} on {task}: the race has nothing to say of them: {why}"


def describe_lacks(frame: pd.DataFrame) -> Iterator[str]:
    """What keeps the runs of one part from having a crossing or an onset, a reason each.

    Args:
        frame: the finished runs of one setting that the race reads, tidy.
    """
    speed, groks = (frame[frame["measurement"] == kind] for kind in ("speed", "groks"))
    if not len(speed):
        yield "no speed run on random data or drawn labels is done, so there is no T_mem and no crossing"
    if not len(groks):
        yield "no groks run is done, so there is no T_gen, no crossing and no onset"
    if len(speed) and len(groks) and not set(speed["group"]) & set(groks["group"]):
        yield "no group has both speed and groks runs, so there is no crossing"
    if len(groks) and groks["n_params"].nunique() == 1:
        yield "there is one width, and a crossing or an onset takes two"
