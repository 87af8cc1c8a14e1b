"""Cells in numbers: means over seeds with intervals, at the end and on the way, alone and against each other.

Cells are compared at equal seeds: their networks began alike, so that their difference is known better than each. A
difference is that of the excess over the null, seed by seed, with Student's interval over seeds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from grokscope.laws.results import Estimate
from grokscope.laws.statistics.summaries import mean_over_seeds, standard_error
from grokscope.report.words import interval_columns
from grokscope.studies.order.facts.cells import ENDS, UNPRUNED, Cell, cell_columns
from grokscope.studies.order.facts.orderedness import FREE, INPUTS, OUTPUTS

RISING, FOR_GOOD, TOP_K = "rising ", " for good", "top k"


def excess_difference(frame: pd.DataFrame, other: pd.DataFrame) -> Estimate:
    """Excess of one cell less that of another at one epoch of each, over the seeds that both have.

    Args:
        frame, other: rows of `measure_cell`, of one epoch and one choice of pins.
    """
    mine, theirs = (rows.set_index("seeds")["excess"] for rows in (frame, other))
    both = mine.index.intersection(theirs.index, sort=False)
    return mean_over_seeds((mine[both] - theirs[both]).to_numpy(float))


def rows_at(frame: pd.DataFrame, epoch: int) -> pd.DataFrame:
    """Rows of an epoch, outputs pinned."""
    return frame[(frame["epoch"] == epoch) & (frame["pins"] == OUTPUTS)]


def last_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of the last epoch, outputs pinned."""
    return rows_at(frame, int(frame["epoch"].max()))


def compare_cells(frames: Mapping[Cell, pd.DataFrame]) -> pd.DataFrame:
    """Every cell against those it is to be told from; columns: what names it, against, seeds,
    difference with interval."""
    by_key = {cell.key: frame for cell, frame in frames.items()}
    rows = []
    for cell, frame in frames.items():
        for scheme, value in rivals(cell):
            rival = by_key.get(key_under(cell, scheme, value))
            if rival is not None:
                found = excess_difference(last_rows(frame), last_rows(rival))
                against = scheme if value is None else f"{scheme} {value:g}"
                rows.append(
                    cell_columns(cell) | {"against": against, "seeds": found.n} | interval_columns("difference", found)
                )
    return pd.DataFrame(rows)


def rivals(cell: Cell) -> Iterator[tuple[str, float | None]]:
    """Schemes, and their strengths, that a cell's is to be told from: none; the same without its schedule or its mask;
    of magnitude pruning a random choice of as many, of rewinding the schedule."""
    scheme, value = cell.scheme, cell.value
    if scheme != UNPRUNED:
        yield UNPRUNED, None
    if scheme.endswith(FOR_GOOD):
        yield scheme.removesuffix(FOR_GOOD), value
    elif scheme.startswith(RISING):
        yield scheme.removeprefix(RISING), value
    if scheme in (TOP_K, RISING + TOP_K):
        yield "random", round(1 - value, 6)
    if scheme == "rewinding":
        yield RISING + TOP_K, value


def key_under(cell: Cell, scheme: str, value: float | None) -> tuple[Any, ...]:
    """The key of the cell that is like this one under another scheme."""
    task, _, _, *rest = cell.key
    return (task, scheme, value, *rest)


LEARNED = 0.01
"""Mean squared error below which XOR and the sine count as learned, as in the re-measurement."""
Row = dict[str, Any]
UNKNOWN = Estimate(math.nan, math.nan, math.nan, 0, "nothing to compare with")


def summarise_end(cell: Cell, frame: pd.DataFrame, unpruned: pd.DataFrame | None, results: pd.DataFrame) -> Row:
    """The end of a cell's runs against their beginning, the null and the unpruned, and how well they do.

    Args:
        frame: as `measure_cell` makes it.
        unpruned: the same of the cell without pruning; None if there is none, or this is it.
        results: the ledger's rows of the same runs, indexed by identity.
    """
    ended = frame[frame["epoch"] == frame["epoch"].max()]
    first = frame[frame["epoch"] == frame["epoch"].min()]
    by_pins = {name: rows.set_index("id") for name, rows in ended.groupby("pins")}
    began = first[first["pins"] == OUTPUTS].set_index("id")
    main = by_pins[OUTPUTS]
    excess = mean_over_seeds(main["excess"].to_numpy(float))
    row = cell_columns(cell) | {
        "seeds": len(main),
        **performance(cell, results.loc[main.index]),
        "kept": float(main["kept"].mean()),
        **interval_columns("orderedness", mean_over_seeds(main["orderedness"].to_numpy(float))),
        "sd": float(main["orderedness"].std(ddof=0)),
        "change": float((main["orderedness"] - began["orderedness"]).mean()),
        "null": float(main["null"].mean()),
        "excess": excess.value,
        "low": excess.low,
        "high": excess.high,
        "error": standard_error(main["excess"].to_numpy(float)),
        "gap": float(main["gap"].mean()),
        **interval_columns(
            "beyond", UNKNOWN if unpruned is None else excess_difference(last_rows(frame), last_rows(unpruned))
        ),
        "diagonal_share": float(main["diagonal_share"].mean()),
    }
    for name in (INPUTS, FREE):
        if name in by_pins:
            row[f"orderedness_{name}"] = float(by_pins[name]["orderedness"].mean())
            row |= interval_columns(f"excess_{name}", mean_over_seeds(by_pins[name]["excess"].to_numpy(float)))
    if FREE in by_pins:
        row["off_diagonal_free"] = float(by_pins[FREE]["off_diagonal"].mean())
    return row


def performance(cell: Cell, results: pd.DataFrame) -> Row:
    """Median loss and what 80 % of the seeds have, the share that learned, and where there are classes, times and
    accuracy."""
    loss = results["final_train_loss"].to_numpy(float)
    low, middle, high = np.quantile(loss, (0.1, 0.5, 0.9)) if len(loss) else (math.nan,) * 3
    row: Row = {"loss": float(middle), "loss_low": float(low), "loss_high": float(high)}
    if not cell.run.task.signature.labelled:
        return row | {"learned": float((loss < LEARNED).mean())}
    reached = {name: results[name].to_numpy(float) for name in ("t_mem_eval", "t_gen")}
    row["learned"] = float(np.isfinite(reached["t_mem_eval"]).mean())
    row["t_mem"] = median_time(reached["t_mem_eval"])
    if cell.run.task.n_val:
        row["t_gen"] = median_time(reached["t_gen"])
        row["val_acc"] = float(np.median(results["final_val_acc"].to_numpy(float)))
    return row


def median_time(times: np.ndarray) -> float:
    """Epochs, runs that did not arrive taken for longer than all that did; NaN where over half of them."""
    median = float(np.median(np.where(np.isfinite(times), times, np.inf)))
    return median if math.isfinite(median) else math.nan


def summarise_course(cell: Cell, frame: pd.DataFrame, unpruned: pd.DataFrame | None) -> pd.DataFrame:
    """Orderedness, null, excess and what is beyond the unpruned at every epoch that was kept, with intervals."""
    rows = []
    for epoch in sorted(set(frame["epoch"])):
        then = rows_at(frame, epoch)
        row = cell_columns(cell) | {"epoch": int(epoch)}
        for name in ("orderedness", "null", "excess"):
            row |= interval_columns(name, mean_over_seeds(then[name].to_numpy(float)))
        row |= interval_columns(
            "beyond", UNKNOWN if unpruned is None else excess_difference(then, rows_at(unpruned, epoch))
        )
        rows.append(row)
    return pd.DataFrame(rows)


def main_cells(frames: Mapping[Cell, pd.DataFrame]) -> dict[Cell, pd.DataFrame]:
    """The cells that anything is measured of; of those that differ in snapshots alone, the one with most seeds."""
    best: dict[tuple[Any, ...], Cell] = {}
    for cell, frame in frames.items():
        if len(frame) and (cell.key not in best or frame["id"].nunique() > frames[best[cell.key]]["id"].nunique()):
            best[cell.key] = cell
    return {cell: frames[cell] for cell in best.values()}


def summarise_ends(frames: Mapping[Cell, pd.DataFrame], results: pd.DataFrame) -> pd.DataFrame:
    """A row a cell.

    Args:
        frames: as `main_cells` chooses them.
    """
    by_key = {cell.key: frame for cell, frame in frames.items()}
    rows = [summarise_end(cell, frame, _rows_without_pruning(cell, by_key), results) for cell, frame in frames.items()]
    return _sort_schemes(pd.DataFrame(rows))


def _rows_without_pruning(cell: Cell, by_key: Mapping[tuple[Any, ...], pd.DataFrame]) -> pd.DataFrame | None:
    return None if cell.scheme == UNPRUNED else by_key.get(key_under(cell, UNPRUNED, None))


def _sort_schemes(found: pd.DataFrame) -> pd.DataFrame:
    """Schemes together, by strength; otherwise as the suite has them."""
    if not len(found):
        return found
    by = ["task", "hidden", "iterations", "setting", "epochs", "scheme"]
    place = {name: {key: n for n, key in enumerate(found[name].unique())} for name in by}
    return found.sort_values(
        [*by, "value"], key=lambda column: column.map(place[column.name]) if column.name in place else column
    )


def summarise_courses(frames: Mapping[Cell, pd.DataFrame]) -> pd.DataFrame:
    """The course of every cell that was kept on the way too."""
    kept = {cell: frame for cell, frame in frames.items() if cell.n_snapshots > ENDS and len(frame)}
    by_key = {cell.key: frame for cell, frame in kept.items()}
    found = [summarise_course(cell, frame, _rows_without_pruning(cell, by_key)) for cell, frame in kept.items()]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()
