"""T_mem and T_gen of runs at each w0, by the race's threshold and by this study's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import pandas as pd

from grokscope.measurements.trace import at_least, first_epoch
from grokscope.probes.grokking import FRACTION
from grokscope.run import Run
from grokscope.studies.paths.families import w0_of

Quantity = Literal["T_mem", "T_gen"]
COLUMNS = ("quantity", "share", "w0", "seed", "time", "censored")


def arrivals(runs: Iterable[tuple[Run, pd.DataFrame]], quantity: Quantity) -> pd.DataFrame:
    """A row a run and threshold, from its trace: running train accuracy of T_mem, test accuracy of T_gen.

    Columns: `COLUMNS`; share is the accuracy waited for, that of the run's measurement and `FRACTION`. A run that was
    not there when it ended is censored, and its time is how long it was followed.
    """
    return pd.DataFrame([row for run, trace in runs for row in _rows(run, trace, quantity)], columns=list(COLUMNS))


def _rows(run: Run, trace: pd.DataFrame, quantity: Quantity) -> list[dict[str, Any]]:
    own, column, n = {
        "T_mem": (getattr(run.measurement, "threshold", FRACTION), "running_acc", run.task.n_train),
        "T_gen": (getattr(run.measurement, "val_threshold", FRACTION), "val_acc", run.task.n_val),
    }[quantity]
    rows = []
    for share in dict.fromkeys((own, FRACTION)):
        epoch = first_epoch(at_least(trace[column].to_numpy(), share, n))
        rows.append(
            {
                "quantity": quantity,
                "share": share,
                "w0": w0_of(run),
                "seed": run.seeds.init,
                "time": float(epoch or len(trace)),
                "censored": epoch is None,
            }
        )
    return rows
