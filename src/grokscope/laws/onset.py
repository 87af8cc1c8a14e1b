"""Where grokking begins: the delay from memorising to generalising, read from traces, and the first P that has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from grokscope.laws.cells import refuse_mixture, require
from grokscope.laws.normal import Array
from grokscope.laws.results import Accuracy, Delay, Estimate, Onset, OnsetCode
from grokscope.measurements.trace import at_least

GRID = ((0.99, 0.98), (0.99, 0.99), (0.99, 0.95), (0.98, 0.98), (0.95, 0.95))
"""Thresholds (train, validation) under which the onset is looked for; published figures use the first (spec 9.2)."""

_NAN = float("nan")
_COLUMNS: dict[Accuracy, str] = {"running": "running_acc", "eval": "train_acc"}


def delays(
    frame: pd.DataFrame,
    traces: Mapping[str, pd.DataFrame],
    *,
    accuracy: Accuracy,
    train_threshold: float = 0.99,
    val_threshold: float = 0.98,
) -> list[Delay]:
    """Epochs from train to validation accuracy at their thresholds, at least 0, of every groks run that memorised.

    Where validation never arrives the delay is what the run shows of it, marked as censored. A run without a trace,
    or whose train accuracy never arrives, has no delay and is left out.

    Source: spec 5.4.

    Raises:
        ValueError: a column is missing from the frame or from a trace, or settings are mixed.
    """
    require(frame, "id", "measurement", "p", "dim", "n_params", "seed", "n_train", "n_val")
    rows = frame[frame["measurement"] == "groks"]
    refuse_mixture(rows)
    found = []
    for row in rows.itertuples():
        trace = traces.get(row.id)
        if trace is None:
            continue
        require(trace, _COLUMNS[accuracy], "val_acc")
        train, val = trace[_COLUMNS[accuracy]].to_numpy(float), trace["val_acc"].to_numpy(float)
        measured = delay(
            np.flatnonzero(at_least(train, train_threshold, int(row.n_train))),
            np.flatnonzero(at_least(val, val_threshold, int(row.n_val))),
            len(trace),
        )
        if measured is not None:
            found.append(Delay(int(row.p), int(row.dim), int(row.n_params), int(row.seed), *measured))
    return found


def delay(train_reached: Array, val_reached: Array, epochs: int) -> tuple[float, bool] | None:
    """(delay, censored) from the 0-based epochs at which either accuracy is reached; None if train never is."""
    if not len(train_reached):
        return None
    if not len(val_reached):
        return float(epochs - train_reached[0]), True
    return float(max(0, val_reached[0] - train_reached[0])), False


def onsets(
    frame: pd.DataFrame,
    traces: Mapping[str, pd.DataFrame],
    *,
    accuracy: Accuracy,
    train_threshold: float = 0.99,
    val_threshold: float = 0.98,
    samples: int = 1000,
    seed: int = 0,
) -> list[Onset]:
    """The onset of every prime that has groks runs, in ascending order of primes (see `delays` and `onset`)."""
    measured = delays(frame, traces, accuracy=accuracy, train_threshold=train_threshold, val_threshold=val_threshold)
    primes = sorted(frame.loc[frame["measurement"] == "groks", "p"].unique())
    return [
        onset(
            [d for d in measured if d.p == p],
            p=int(p),
            accuracy=accuracy,
            train_threshold=train_threshold,
            val_threshold=val_threshold,
            samples=samples,
            seed=seed,
        )
        for p in primes
    ]


def onset_grid(
    frame: pd.DataFrame,
    traces: Mapping[str, pd.DataFrame],
    *,
    thresholds: Sequence[tuple[float, float]] = GRID,
    samples: int = 1000,
    seed: int = 0,
) -> list[Onset]:
    """The onsets under every pair of thresholds and both train accuracies: how far they depend on the choice."""
    return [
        found
        for accuracy in _COLUMNS
        for train, val in thresholds
        for found in onsets(
            frame, traces, accuracy=accuracy, train_threshold=train, val_threshold=val, samples=samples, seed=seed
        )
    ]


def onset(
    measured: Sequence[Delay],
    *,
    p: int,
    accuracy: Accuracy,
    train_threshold: float,
    val_threshold: float,
    samples: int = 1000,
    seed: int = 0,
) -> Onset:
    """The first measured P past the last one at which some seed had no delay (spec 5.4), of one prime's delays.

    Its interval is of percentiles over resampled seeds, widened below to the next smaller measured P, since the
    onset may lie anywhere between two widths. A side is NaN where more than 2.5 % of resamples have no onset there.
    A censored delay is a lower bound above zero, so that no rule here depends on how long a run was followed.
    """
    table = pd.DataFrame(measured, columns=["p", "dim", "n_params", "seed", "delay", "censored"])
    delayed = table.pivot_table(index="seed", columns="n_params", values="delay", aggfunc="min")
    params, grid = delayed.columns.to_numpy(float), delayed.to_numpy(float)
    value, code = place(params, _least(grid))
    low, high = _interval(params, grid, samples, np.random.default_rng([seed, p]))
    if code not in (OnsetCode.FOUND, OnsetCode.FROM_SMALLEST):
        low = high = _NAN
    return Onset(
        p=p,
        accuracy=accuracy,
        train_threshold=train_threshold,
        val_threshold=val_threshold,
        n_params=Estimate(value, low, high, len(measured), "least delay over seeds; percentiles over seeds, by width"),
        code=code,
        per_seed=tuple(place(params[~np.isnan(row)], row[~np.isnan(row)])[0] for row in grid),
    )


def place(params: Array, least: Array) -> tuple[float, OnsetCode]:
    """(P of the onset or NaN, why) from the least delay at every P, ascending."""
    if not len(params):
        return _NAN, OnsetCode.NO_CELLS
    without = np.flatnonzero(least == 0)
    if not len(without):
        return float(params[0]), OnsetCode.FROM_SMALLEST
    if without[-1] < len(params) - 1:
        return float(params[without[-1] + 1]), OnsetCode.FOUND
    return _NAN, OnsetCode.NEVER if len(without) == len(params) else OnsetCode.NOT_YET


def _least(grid: Array) -> Array:
    """Least delay over seeds, of the seeds that have one; NaN if none has."""
    least = np.min(np.where(np.isnan(grid), np.inf, grid), axis=0, initial=np.inf)
    return np.where(np.isinf(least), np.nan, least)


def _interval(params: Array, grid: Array, samples: int, rng: np.random.Generator) -> tuple[float, float]:
    if len(grid) < 2:
        return _NAN, _NAN
    drawn = []
    for _ in range(samples):
        least = _least(grid[rng.integers(len(grid), size=len(grid))])
        kept = ~np.isnan(least)
        value, code = place(params[kept], least[kept])
        # Below the smallest width it could be anywhere; without an onset it is beyond the largest.
        drawn.append({OnsetCode.FOUND: value, OnsetCode.FROM_SMALLEST: -np.inf}.get(code, np.inf))
    low, high = np.quantile(drawn, [0.025, 0.975], method="nearest")
    below = params[params < low]
    return (
        float(below[-1]) if np.isfinite(low) and len(below) else _NAN,
        float(high) if np.isfinite(high) else (float(params[0]) if high < 0 and len(params) else _NAN),
    )
