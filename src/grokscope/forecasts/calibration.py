"""Laws of T_mem and T_gen fitted at declared primes and widths alone, for forecasts at others.

T_mem = b exp(a K / (C P)) and T_gen = A p^g P^-h (method 6.1), both by censored regression of ln T; the crossing is
where the first falls below the second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from grokscope.forecasts.prime_effects import PrimeIntercepts, fit_prime_intercepts
from grokscope.laws.arrays import Array
from grokscope.laws.results import Accuracy
from grokscope.laws.statistics import censored_regression
from grokscope.laws.times.cells import observations
from grokscope.laws.times.timescales import rounding_error

VERSION = 2
"""Raised whenever equal runs would be forecast otherwise."""
MEMORISING = (0.0, 0.25)
"""Loads f at which ln T_mem is taken as linear in f: the published range of validity (method 5.8)."""
GENERALISING = (0.08, 1.0)
"""Loads f at which ln T_gen is taken as linear in ln p and ln P (method 6.1): wider nets generalise more slowly."""
FEWEST_PRIMES = 3
"""Primes below which nothing is known of how primes depart from the laws."""

_NAN = float("nan")
_FEWEST = 5
_LOWEST_LOAD = 1e-3


class TimeLaws(NamedTuple):
    """ln T_mem = log_b + a K / (C P); ln T_gen = log_scale + prime_power ln p + power ln P; T in epochs."""

    log_b: float
    a: float
    log_scale: float
    prime_power: float
    power: float


def solve_crossing(c: float, laws: TimeLaws, p: int, k: float) -> float:
    """Solve for the crossing of both laws.

    Args:
        c: C, bits per parameter.
        laws: of T_mem and T_gen, in epochs.
        p: the prime.
        k: K, bits of its training labels.

    Returns:
        P where T_mem falls below T_gen; NaN if it does not at a load f = K / (C P) between 0.001 and 1.

    Source: method 6.2.
    """

    def gap(at: Array | float) -> Array:
        memorising = laws.log_b + laws.a * k / (c * np.exp(at))
        return np.asarray(memorising - laws.log_scale - laws.prime_power * math.log(p) - laws.power * at)

    log_params = np.linspace(math.log(k / c), math.log(k / c / _LOWEST_LOAD), 400)
    signs = np.sign(gap(log_params))
    falling = np.flatnonzero((signs[:-1] > 0) & (signs[1:] <= 0))
    return math.exp(brentq(gap, log_params[falling[0]], log_params[falling[0] + 1])) if len(falling) else _NAN


class TooFewCellsError(ValueError):
    """The calibration has too few cells that arrived for the laws."""


@dataclass(frozen=True)
class Calibration:
    """Laws fitted on declared primes and widths.

    Attributes:
        capacity_constant: C, bits per parameter.
        memorising, generalising: intercepts of ln T_mem against f and of ln T_gen against ln P, prime by prime.
        redrawn: the laws of resampled cells; empty with three primes or more.
        crossings, onsets: P of the observed crossing and onset at the calibration primes that have one.
        bits: K at the calibration primes.
        n_cells: cells that arrived, of T_mem or of T_gen, whichever are fewer.
        low_load, high_load: the f between which both laws were fitted.
    """

    accuracy: Accuracy
    probe: str
    capacity_constant: float
    laws: TimeLaws
    memorising: PrimeIntercepts
    generalising: PrimeIntercepts
    redrawn: tuple[TimeLaws, ...]
    crossings: Mapping[int, float]
    onsets: Mapping[int, float]
    bits: Mapping[int, float]
    n_cells: int
    low_load: float
    high_load: float

    def crossing(self, laws: TimeLaws, p: int, bits: float) -> float:
        """P of the crossing by these laws; NaN without one."""
        return solve_crossing(self.capacity_constant, laws, p, bits)

    def own_crossing(self, p: int) -> float:
        """P of the crossing at a calibration prime by its own intercepts instead of the laws'; NaN without one."""
        mem, gen = self.memorising, self.generalising
        if p not in mem.by_prime or p not in gen.by_prime:
            return _NAN
        own = TimeLaws(mem.by_prime[p], mem.slope, gen.by_prime[p], 0.0, gen.slope)
        return self.crossing(own, p, self.bits[p])


def calibrate(
    frame: pd.DataFrame,
    capacity_constant: float,
    onsets: Mapping[int, float],
    crossings: Mapping[int, float],
    *,
    accuracy: Accuracy,
    probe: str = "random",
    memorising: tuple[float, float] = MEMORISING,
    generalising: tuple[float, float] = GENERALISING,
    samples: int = 200,
    seed: int = 0,
) -> Calibration:
    """Fit both laws on every run of a frame: whoever calls hands over the calibration runs and no others.

    Args:
        frame: one row per finished run of the calibration, of one setting; its group is the prime and its x is P.
        capacity_constant: C in bits per parameter.
        onsets, crossings: P of what was observed on these runs, by prime.
        accuracy: which train accuracy T_mem is by.
        memorising, generalising: loads at which T_mem and T_gen are fitted.
        samples: resamples of cells, where there are too few primes to leave one out, from `seed`.

    Raises:
        TooFewCellsError: fewer than five cells with T_mem, or with T_gen, at those loads.
        ValueError: a column is missing, or settings are mixed.

    Source: method 6.1.
    """
    mem = _at_loads(observations(frame, "T_mem", accuracy=accuracy, probe=probe), capacity_constant, memorising)
    gen = _at_loads(observations(frame, "T_gen"), capacity_constant, generalising)
    for name, rows, window in (("T_mem", mem, memorising), ("T_gen", gen, generalising)):
        if _count_cells(rows) < _FEWEST:
            found, at = _count_cells(rows), f"loads f of {window[0]:g} to {window[1]:g}"
            raise TooFewCellsError(f"calibration: found {found} cells with {name} at {at}, expected at least {_FEWEST}")
    both = pd.concat([mem, gen])
    primes = sorted(int(p) for p in both["group"].unique())
    rng = np.random.default_rng(seed)
    return Calibration(
        accuracy=accuracy,
        probe=probe,
        capacity_constant=capacity_constant,
        laws=_fit_laws(mem, gen),
        memorising=_fit_intercepts(mem, mem["load"].to_numpy(float)),
        generalising=_fit_intercepts(gen, np.log(gen["n_params"].to_numpy(float))),
        redrawn=tuple(_fit_laws(_resample_cells(mem, rng), _resample_cells(gen, rng)) for _ in range(samples))
        if len(primes) < FEWEST_PRIMES
        else (),
        crossings=_at_primes(crossings, primes),
        onsets=_at_primes(onsets, primes),
        bits={int(p): float(rows["dataset_bits"].iloc[0]) for p, rows in both.groupby("group")},
        n_cells=min(_count_cells(mem), _count_cells(gen)),
        low_load=max(float(mem["load"].min()), float(gen["load"].min())),
        high_load=min(float(mem["load"].max()), float(gen["load"].max())),
    )


def _at_loads(rows: pd.DataFrame, c: float, window: tuple[float, float]) -> pd.DataFrame:
    rows = rows.assign(load=rows["dataset_bits"] / (c * rows["n_params"]))
    return rows[rows["load"].between(*window) & (rows["load"] < 1)]


def _count_cells(rows: pd.DataFrame) -> int:
    """Cells in which a run arrived."""
    return int(rows[~rows["censored"]].groupby(["group", "x"]).ngroups)


def _at_primes(observed: Mapping[int, float], primes: list[int]) -> dict[int, float]:
    return {p: observed[p] for p in primes if observed.get(p, _NAN) > 0}


def _fit_intercepts(rows: pd.DataFrame, feature: Array) -> PrimeIntercepts:
    times, censored = rows["time"].to_numpy(float), rows["censored"].to_numpy(bool)
    floor = rounding_error(times[~censored])
    return fit_prime_intercepts(rows["group"].to_numpy(int), feature, np.log(times), censored, floor=floor)


def _fit_laws(mem: pd.DataFrame, gen: pd.DataFrame) -> TimeLaws:
    """With a single prime nothing can be said of p: its power is 0."""
    log_b, a = _regress(mem, mem["load"].to_numpy(float))
    log_p, log_params = np.log(gen["group"].to_numpy(float)), np.log(gen["n_params"].to_numpy(float))
    if np.ptp(log_p) == 0:
        log_scale, power = _regress(gen, log_params)
        return TimeLaws(log_b, a, log_scale, 0.0, power)
    return TimeLaws(log_b, a, *_regress(gen, log_p, log_params))


def _regress(rows: pd.DataFrame, *features: Array) -> tuple[float, ...]:
    times, censored = rows["time"].to_numpy(float), rows["censored"].to_numpy(bool)
    design = np.column_stack([np.ones(len(rows)), *features])
    found = censored_regression.fit(design, np.log(times), censored, floor=rounding_error(times[~censored]))
    return tuple(float(value) for value in found.coef)


def _resample_cells(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Whole cells with replacement, each prime's from its own, until as many arrived as a fit needs."""
    by_prime = [list(cells.groupby("x").groups.values()) for _, cells in rows.groupby("group")]
    while True:
        drawn = rows.loc[np.concatenate([np.concatenate(_resample(cells, rng)) for cells in by_prime])]
        if drawn.loc[~drawn["censored"], "x"].nunique() >= _FEWEST - 1:
            return drawn


def _resample(cells: list[Array], rng: np.random.Generator) -> list[Array]:
    return [cells[i] for i in rng.integers(len(cells), size=len(cells))]
