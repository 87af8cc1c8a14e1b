"""The epochs at which a run's accuracies reach their thresholds, read from its trace once for every threshold.

Traces are most of what a ledger holds: all that is said of delays and onsets goes by this much smaller record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from grokscope.laws.arrays import Array
from grokscope.laws.results import Accuracy
from grokscope.laws.times.cells import AXIS_COLUMNS, refuse_mixture, require_columns
from grokscope.measurements.trace import at_least

COLUMNS: dict[Accuracy, str] = {"running": "running_acc", "eval": "train_acc"}
Accuracies = Literal["running", "eval", "val"]


@dataclass(frozen=True)
class ThresholdEpochs:
    """Groks runs of one setting that have a trace.

    Attributes:
        runs: (n, columns) what the runs are: rows of the laws' frame, numbered from 0.
        epochs: (n,) how long they were.
        reached: (which accuracy, threshold) -> (n,) 0-based epochs at which so many examples were first right, NaN
            where they never were.
    """

    runs: pd.DataFrame
    epochs: Array
    reached: Mapping[tuple[Accuracies, float], Array]

    def along(self, runs: pd.DataFrame) -> ThresholdEpochs:
        """The same epochs with other columns of the same runs, a row each (see `cells.with_axes`)."""
        return ThresholdEpochs(runs.reset_index(drop=True), self.epochs, self.reached)

    def select(self, chosen: pd.Index) -> ThresholdEpochs:
        """Those of some of the runs, by their row numbers."""
        at = chosen.to_numpy(int)
        reached = {key: epochs[at] for key, epochs in self.reached.items()}
        return ThresholdEpochs(self.runs.iloc[at].reset_index(drop=True), self.epochs[at], reached)


def read_threshold_epochs(
    frame: pd.DataFrame, traces: Mapping[str, Any], pairs: Iterable[tuple[float, float]]
) -> ThresholdEpochs:
    """Read when every groks run that has a trace reaches every threshold of these pairs (train, validation).

    Args:
        frame: one row per finished run of one setting, with the columns of `cells.with_axes`.
        traces: by identity, columns of one number an epoch by name; looked up in the frame's order.
        pairs: fractions.

    Returns:
        0-based epochs, NaN where a threshold was never reached.

    Raises:
        ValueError: a column is missing from the frame or from a trace, or settings are mixed.

    Source: method 5.6, on whole numbers of examples (method 4.4).
    """
    require_columns(frame, "id", "measurement", *AXIS_COLUMNS, "dim", "seed", "n_train", "n_val")
    rows = frame[(frame["measurement"] == "groks") & (frame["n_val"] > 0)]
    refuse_mixture(rows)
    train, val = (sorted(set(each)) for each in zip(*pairs, strict=True))
    wanted: list[tuple[Accuracies, float]] = [*((how, t) for how in COLUMNS for t in train), *(("val", t) for t in val)]
    kept, epochs, reached = [], [], []
    for number, row in enumerate(rows[["id", "n_train", "n_val"]].itertuples()):
        trace = traces.get(row.id)
        if trace is None:
            continue
        require_columns(trace, *COLUMNS.values(), "val_acc")
        sizes = {"running": row.n_train, "eval": row.n_train, "val": row.n_val}
        columns = {how: np.asarray(trace[COLUMNS.get(how, "val_acc")]) for how in sizes}  # type: ignore[call-overload]
        kept.append(number)
        epochs.append(len(columns["val"]))
        reached.append([_first(at_least(columns[how], t, int(sizes[how]))) for how, t in wanted])
    table = np.array(reached, float).reshape(len(kept), len(wanted))
    return ThresholdEpochs(
        rows.iloc[kept].reset_index(drop=True), np.array(epochs, int), dict(zip(wanted, table.T, strict=True))
    )


def _first(reached: Array) -> float:
    """Index of the first that holds, or NaN."""
    at = int(np.argmax(reached)) if len(reached) else 0
    return float(at) if len(reached) and reached[at] else float("nan")
