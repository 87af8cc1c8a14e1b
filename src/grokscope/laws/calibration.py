"""Laws of T_mem and T_gen fitted at declared primes and widths alone, for forecasts at others.

T_mem = b exp(a K / (C P)) and T_gen = A p^g P^-h (spec 9.2), both by censored regression of ln T; the crossing is
where the first falls below the second.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from grokscope.laws import normal
from grokscope.laws.cells import observations
from grokscope.laws.normal import Array
from grokscope.laws.results import Accuracy
from grokscope.laws.timescales import rounding

WINDOW = (0.08, 1.0)
"""Loads f at which ln T_gen is taken as linear in ln p and ln P (spec 9.2): wider nets generalise more slowly again."""

_NAN = float("nan")
_FEWEST = 5


@dataclass(frozen=True)
class Calibration:
    """Laws fitted on declared primes and widths.

    Attributes:
        capacity_constant: C, bits per parameter.
        memorising: (ln b, a); generalising: (ln A, g, -h).
        redrawn: (n, 5) the same five from resampled cells.
        offsets: log10(onset / crossing by these laws) of every calibration prime that has both.
        onsets: P of the onset at the calibration primes.
        bits: K at the calibration primes.
        low_load, high_load: the f between which both laws were fitted.
    """

    accuracy: Accuracy
    probe: str
    capacity_constant: float
    memorising: tuple[float, float]
    generalising: tuple[float, float, float]
    redrawn: tuple[tuple[float, ...], ...]
    offsets: tuple[float, ...]
    onsets: Mapping[int, float]
    bits: Mapping[int, float]
    low_load: float
    high_load: float


def calibrate(
    frame: pd.DataFrame,
    capacity_constant: float,
    onsets: Mapping[int, float],
    *,
    primes: Iterable[int],
    dims: Iterable[int] | None = None,
    accuracy: Accuracy,
    probe: str = "random",
    window: tuple[float, float] = WINDOW,
    samples: int = 200,
    seed: int = 0,
) -> Calibration:
    """Fit both laws on the runs at `primes` (and `dims`) alone.

    Args:
        frame: one row per finished run of one setting.
        capacity_constant: C in bits per parameter.
        onsets: P of the observed onset by prime; those of primes outside `primes` are not looked at.
        primes, dims: the calibration cells; all widths if `dims` is None.
        accuracy: which train accuracy T_mem is by.
        window: loads at which T_gen is fitted.

    Raises:
        ValueError: a column is missing, settings are mixed, or the cells are too few for the laws.
    """
    chosen, widths = set(primes), None if dims is None else set(dims)
    kept = frame[frame["p"].isin(chosen) & (True if widths is None else frame["dim"].isin(widths))]
    mem, gen = observations(kept, "T_mem", accuracy=accuracy, probe=probe), observations(kept, "T_gen")
    mem, gen = (rows.assign(load=rows["dataset_bits"] / (capacity_constant * rows["n_params"])) for rows in (mem, gen))
    mem, gen = mem[mem["load"] < 1], gen[gen["load"].between(*window)]
    for name, rows in (("T_mem", mem), ("T_gen", gen)):
        cells = rows[~rows["censored"]].groupby(["p", "n_params"]).ngroups
        if cells < _FEWEST:
            raise ValueError(f"calibration: found {cells} cells with {name}, expected at least {_FEWEST}")
    rng = np.random.default_rng(seed)
    redrawn = [(*_memorising(_redraw(mem, rng)), *_generalising(_redraw(gen, rng))) for _ in range(samples)]
    memorising, generalising = _memorising(mem), _generalising(gen)
    bits = {int(p): float(rows["dataset_bits"].iloc[0]) for p, rows in gen.groupby("p")}
    expected = {p: crossing_of(capacity_constant, (*memorising, *generalising), p, k) for p, k in bits.items()}
    observed = {p: onset for p, onset in onsets.items() if p in chosen and onset > 0}
    offsets = [math.log10(onset / expected[p]) for p, onset in observed.items() if expected.get(p, _NAN) > 0]
    return Calibration(
        accuracy=accuracy,
        probe=probe,
        capacity_constant=capacity_constant,
        memorising=(memorising[0], memorising[1]),
        generalising=(generalising[0], generalising[1], generalising[2]),
        redrawn=tuple(redrawn),
        offsets=tuple(offsets),
        onsets=observed,
        bits=bits,
        low_load=max(float(mem["load"].min()), float(gen["load"].min())),
        high_load=min(float(mem["load"].max()), float(gen["load"].max())),
    )


def crossing_of(c: float, laws: tuple[float, ...], p: int, k: float) -> float:
    """P where ln b + a K / (C P) falls below ln A + g ln p - h ln P; NaN if it does not at a load in (0.001, 1)."""
    log_b, a, log_scale, prime_power, power = laws

    def gap(log_params: float) -> float:
        memorising = log_b + a * k / (c * math.exp(log_params))
        return memorising - (log_scale + prime_power * math.log(p) + power * log_params)

    places = np.linspace(math.log(k / c), math.log(1000 * k / c), 200)
    signs = np.sign([gap(x) for x in places])
    falling = np.flatnonzero((signs[:-1] > 0) & (signs[1:] <= 0))
    return math.exp(brentq(gap, places[falling[0]], places[falling[0] + 1])) if len(falling) else _NAN


def _memorising(rows: pd.DataFrame) -> tuple[float, ...]:
    return _regress(rows, rows["load"].to_numpy(float))


def _generalising(rows: pd.DataFrame) -> tuple[float, ...]:
    """With a single prime nothing can be said of p: its power is 0."""
    log_p, log_params = np.log(rows["p"].to_numpy(float)), np.log(rows["n_params"].to_numpy(float))
    if np.ptp(log_p) == 0:
        intercept, power = _regress(rows, log_params)
        return intercept, 0.0, power
    return _regress(rows, log_p, log_params)


def _regress(rows: pd.DataFrame, *features: Array) -> tuple[float, ...]:
    times, censored = rows["time"].to_numpy(float), rows["censored"].to_numpy(bool)
    design = np.column_stack([np.ones(len(rows)), *features])
    found = normal.fit(design, np.log(times), censored, floor=rounding(times[~censored]))
    return tuple(float(value) for value in found.coef)


def _redraw(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Whole cells with replacement, until as many of them arrived as a fit needs."""
    cells = list(rows.groupby(["p", "n_params"]).indices.values())
    while True:
        drawn = rows.iloc[np.concatenate([cells[i] for i in rng.integers(len(cells), size=len(cells))])]
        if drawn.loc[~drawn["censored"], "n_params"].nunique() >= _FEWEST - 1:
            return drawn
