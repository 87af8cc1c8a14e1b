"""When networks memorise and when they generalise, beside how ordered they end: seed by seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from grokscope.laws.statistics.summaries import spearman_over_seeds
from grokscope.report.words import interval_columns
from grokscope.studies.order.facts.cells import Cell, cell_columns
from grokscope.studies.order.facts.summaries import last_rows, median_time

TIMES = {"t_mem": "t_mem_eval", "t_gen": "t_gen"}
"""What they are called here and in the ledger; epochs, by eval accuracy."""


def memorising_and_generalising(frames: Mapping[Cell, pd.DataFrame], results: pd.DataFrame) -> pd.DataFrame:
    """A row a run with classes: what names its cell, `excess` at its end (outputs pinned), `t_mem` and `t_gen`.

    A time is infinite where the run did not arrive, and NaN where there is nothing to generalise to.

    Args:
        results: the ledger's rows of the same runs, indexed by identity.
    """
    found = []
    for cell, frame in frames.items():
        if cell.run.task.signature.labelled:
            ended = last_rows(frame)
            there_is = {"t_mem": True, "t_gen": cell.run.task.n_val > 0}
            reached = {name: _arrival_epochs(results.loc[ended["id"], TIMES[name]], there_is[name]) for name in TIMES}
            found.append(pd.DataFrame(cell_columns(cell) | {"excess": ended["excess"].to_numpy(float)} | reached))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _arrival_epochs(epochs: pd.Series, there_is: bool) -> Float[np.ndarray, " runs"]:
    found = epochs.to_numpy(float)
    return np.where(np.isnan(found), np.inf, found) if there_is else np.full(len(found), np.nan)


def correlate_with_excess(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a cell and time: how many arrive, the median, and how excess and time go together over seeds.

    Args:
        runs: as `memorising_and_generalising` makes it.
    """
    if not len(runs):
        return runs
    rows = []
    by = ["task", "hidden", "iterations", "setting", "epochs", "scheme", "value"]
    for key, mine in runs.groupby(by, sort=False, dropna=False):
        for name in TIMES:
            reached = mine[name].to_numpy(float)
            if not np.isnan(reached).all():
                rho = spearman_over_seeds(mine["excess"].to_numpy(float), reached)
                row: dict[str, Any] = dict(zip(by, key, strict=True))
                row |= {"time": name, "seeds": len(mine), "arrived": float(np.isfinite(reached).mean())}
                rows.append(row | {"median": median_time(reached)} | interval_columns("rho", rho))
    return pd.DataFrame(rows)
