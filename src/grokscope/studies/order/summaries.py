"""Cells in numbers: means over seeds with intervals, at the end and on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from grokscope.laws.seeds import mean_over_seeds, standard_error
from grokscope.studies.order.cells import ENDS, Cell
from grokscope.studies.order.measured import FREE, INPUTS, OUTPUTS

LEARNED = 0.01
"""Mean squared error below which XOR and the sine count as learned, as in the re-measurement."""
Row = dict[str, Any]


def named(cell: Cell) -> Row:
    """What tells cells apart, as columns."""
    return {
        **{"task": cell.task, "scheme": cell.scheme, "value": cell.value, "hidden": cell.hidden},
        **{"iterations": cell.iterations, "setting": cell.setting, "epochs": cell.run.max_epochs},
    }


def at_end(cell: Cell, frame: pd.DataFrame, results: pd.DataFrame) -> Row:
    """The end of a cell's runs against their beginning and the null, and how well they do.

    Args:
        frame: as `measured` makes it.
        results: the ledger's rows of the same runs, indexed by identity.
    """
    last = frame[frame["epoch"] == frame["epoch"].max()]
    first = frame[frame["epoch"] == frame["epoch"].min()]
    by_pins = {name: rows.set_index("id") for name, rows in last.groupby("pins")}
    began = first[first["pins"] == OUTPUTS].set_index("id")
    main = by_pins[OUTPUTS]
    excess = mean_over_seeds(main["excess"].to_numpy(float))
    row = named(cell) | {
        "seeds": len(main),
        **performance(cell, results.loc[main.index]),
        "kept": float(main["kept"].mean()),
        "orderedness": float(main["orderedness"].mean()),
        "sd": float(main["orderedness"].std(ddof=0)),
        "change": float((main["orderedness"] - began["orderedness"]).mean()),
        "null": float(main["null"].mean()),
        "excess": excess.value,
        "low": excess.low,
        "high": excess.high,
        "error": standard_error(main["excess"].to_numpy(float)),
        "diagonal_share": float(main["diagonal_share"].mean()),
    }
    for name in (INPUTS, FREE):
        if name in by_pins:
            row |= {
                f"orderedness_{name}": float(by_pins[name]["orderedness"].mean()),
                f"excess_{name}": float(by_pins[name]["excess"].mean()),
            }
    if FREE in by_pins:
        row["off_diagonal_free"] = float(by_pins[FREE]["off_diagonal"].mean())
    return row


def performance(cell: Cell, results: pd.DataFrame) -> Row:
    """Median loss, the share that learned, and where there are classes, times and accuracy."""
    loss = results["final_train_loss"].to_numpy(float)
    row: Row = {"loss": float(np.median(loss)) if len(loss) else math.nan}
    if not cell.run.task.signature.labelled:
        return row | {"learned": float((loss < LEARNED).mean())}
    reached = {name: results[name].to_numpy(float) for name in ("t_mem_eval", "t_gen")}
    row["learned"] = float(np.isfinite(reached["t_mem_eval"]).mean())
    row["t_mem"] = _median_time(reached["t_mem_eval"])
    if cell.run.task.n_val:
        row["t_gen"] = _median_time(reached["t_gen"])
        row["val_acc"] = float(np.median(results["final_val_acc"].to_numpy(float)))
    return row


def _median_time(times: np.ndarray) -> float:
    """Epochs, runs that did not arrive taken for longer than all that did; NaN where over half of them."""
    median = float(np.median(np.where(np.isfinite(times), times, np.inf)))
    return median if math.isfinite(median) else math.nan


def course(cell: Cell, frame: pd.DataFrame) -> pd.DataFrame:
    """Orderedness, null and excess at every epoch that was kept, with intervals."""
    rows = []
    for epoch, at in frame[frame["pins"] == OUTPUTS].groupby("epoch"):
        row = named(cell) | {"epoch": int(epoch)}
        for name in ("orderedness", "null", "excess"):
            found = mean_over_seeds(at[name].to_numpy(float))
            row |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
        rows.append(row)
    return pd.DataFrame(rows)


def ends(frames: Mapping[Cell, pd.DataFrame], results: pd.DataFrame) -> pd.DataFrame:
    """A row a cell; of cells that differ in their snapshots alone, the one with most seeds."""
    best: dict[tuple[Any, ...], Cell] = {}
    for cell, frame in frames.items():
        if len(frame) and (
            cell.key not in best or len(frame["id"].unique()) > len(frames[best[cell.key]]["id"].unique())
        ):
            best[cell.key] = cell
    return _sorted(pd.DataFrame([at_end(cell, frames[cell], results) for cell in best.values()]))


def _sorted(found: pd.DataFrame) -> pd.DataFrame:
    """Schemes together, by strength; otherwise as the suite has them."""
    if not len(found):
        return found
    by = ["task", "hidden", "iterations", "setting", "epochs", "scheme"]
    place = {name: {key: n for n, key in enumerate(found[name].unique())} for name in by}
    return found.sort_values(
        [*by, "value"], key=lambda column: column.map(place[column.name]) if column.name in place else column
    )


def courses(frames: Mapping[Cell, pd.DataFrame]) -> pd.DataFrame:
    """The course of every cell that was kept on the way too."""
    found = [course(cell, frame) for cell, frame in frames.items() if cell.n_snapshots > ENDS and len(frame)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()
