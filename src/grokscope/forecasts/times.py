"""T_mem and T_gen of single cells as the laws foretell them, and how far off that was, beside guesses without a law."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from grokscope.forecasts.calibration import GENERALISING, MEMORISING, Calibration
from grokscope.laws.results import Timescale
from grokscope.laws.statistics.agreement import dex

GUESSES = ("law", "interpolated", "nearest_cell")
"""Ways to foretell a time, each a field of `CellForecast` in epochs and of `TimeScore` in dex."""

_NAN = float("nan")


class TimeCell(NamedTuple):
    """A prime and width at which one of the times is to be measured; K in bits."""

    quantity: Literal["T_mem", "T_gen"]
    p: int
    dim: int
    n_params: int
    bits: float


class CellForecast(NamedTuple):
    """The time expected at a cell, in epochs.

    Attributes:
        load: f = K / (C P).
        new_prime: whether all runs of its prime are held out.
        within: whether the law was fitted at such loads.
        law: by the law.
        interpolated: between calibration cells of the nearest prime, ln T along ln P; beyond them the last one's.
        nearest_cell: the time of the calibration cell of the nearest prime whose P is nearest.
    """

    quantity: Literal["T_mem", "T_gen"]
    p: int
    dim: int
    n_params: int
    load: float
    new_prime: bool
    within: bool
    law: float
    interpolated: float
    nearest_cell: float


class TimeScore(NamedTuple):
    """Time observed at a cell in epochs, NaN where all its runs were censored, and log10(observed / foretold)."""

    forecast: CellForecast
    observed: float
    law: float
    interpolated: float
    nearest_cell: float


def predict_times(
    calibration: Calibration, known: Sequence[Timescale], cells: Iterable[TimeCell]
) -> list[CellForecast]:
    """Predict the times at cells by the laws, and by what was measured at the calibration's own cells.

    Args:
        known: timescales of the calibration runs; those on the calibration's probe are used.
        cells: where T is to be predicted.

    Returns:
        Epochs, cell by cell.

    Source: method 6.6.
    """
    measured = _measured_cells(calibration, known)
    return [_predict_time(calibration, measured, cell) for cell in cells]


def score_times(forecasts: Iterable[CellForecast], seen: Sequence[Timescale], probe: str) -> list[TimeScore]:
    """Score how far off each forecast was, in dex; a cell without a finished run is left out.

    Args:
        seen: timescales of the held-out runs.
        probe: which data T_mem is of.

    Source: method 6.5.
    """
    observed = {
        (t.quantity, t.group, t.dim): t.lognormal.value for t in seen if t.quantity == "T_gen" or t.probe == probe
    }
    return [
        TimeScore(made, time, *(dex(time, getattr(made, guess)) for guess in GUESSES))
        for made in forecasts
        if (time := observed.get((made.quantity, made.p, made.dim))) is not None
    ]


def rms_time_errors(scores: Sequence[TimeScore]) -> dict[str, float]:
    """Root mean square in dex of each guess, over the cells where all speak; NaN without one. Source: method 6.5."""
    rows = np.array([[getattr(each, guess) for guess in GUESSES] for each in scores]).reshape(-1, len(GUESSES))
    rows = rows[np.isfinite(rows).all(axis=1)]
    sizes = np.sqrt(np.mean(rows**2, axis=0)) if len(rows) else np.full(len(GUESSES), _NAN)
    return dict(zip(GUESSES, map(float, sizes), strict=True))


def _measured_cells(
    calibration: Calibration, known: Sequence[Timescale]
) -> dict[str, dict[int, list[tuple[float, float]]]]:
    """quantity -> prime -> (ln P, ln T), ascending."""
    found: dict[str, dict[int, list[tuple[float, float]]]] = {"T_mem": {}, "T_gen": {}}
    for t in known:
        if t.lognormal.value > 0 and (t.quantity == "T_gen" or t.probe == calibration.probe):
            found[t.quantity].setdefault(t.group, []).append((math.log(t.n_params), math.log(t.lognormal.value)))
    return {quantity: {p: sorted(cells) for p, cells in primes.items()} for quantity, primes in found.items()}


def _predict_time(
    calibration: Calibration, measured: Mapping[str, Mapping[int, list[tuple[float, float]]]], cell: TimeCell
) -> CellForecast:
    load, laws = cell.bits / (calibration.capacity_constant * cell.n_params), calibration.laws
    log_params, window = math.log(cell.n_params), MEMORISING if cell.quantity == "T_mem" else GENERALISING
    by_law = (
        laws.log_b + laws.a * load
        if cell.quantity == "T_mem"
        else laws.log_scale + laws.prime_power * math.log(cell.p) + laws.power * log_params
    )
    primes = measured[cell.quantity]
    interpolated = nearest = _NAN
    if primes:
        params, times = zip(*primes[min(primes, key=lambda p: (abs(p - cell.p), p))], strict=True)
        interpolated = float(np.interp(log_params, params, times))
        nearest = times[int(np.argmin(np.abs(np.array(params) - log_params)))]
    return CellForecast(
        *(cell.quantity, cell.p, cell.dim, cell.n_params, load, cell.p not in calibration.bits),
        window[0] <= load <= window[1],
        *(_bounded_exp(value) for value in (by_law, interpolated, nearest)),
    )


def _bounded_exp(value: float) -> float:
    """Epochs; infinite where the law is far beyond anything that is trained."""
    return math.exp(value) if value < 700 else math.inf
