"""From laws fitted at some primes to the crossing and the onset at others, and how good that was.

The onset is the crossing times the median of onset over crossing at the primes of the calibration. Nothing here knows
the held-out runs: `score` is where they come in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from grokscope.laws.calibration import Calibration, crossing_of
from grokscope.laws.normal import Array
from grokscope.laws.results import Estimate

_NAN = float("nan")


@dataclass(frozen=True)
class Forecast:
    """What is expected at a prime, in parameters; NaN where the laws do not cross.

    Attributes:
        crossing, onset: by the laws.
        capacity_threshold: baseline P_mem = K / C.
        power_law: baseline, onset as a power of p through the calibration primes; NaN with fewer than two.
        nearest_prime: baseline, the onset at the nearest calibration prime; NaN without one.
        within: whether the crossing lies at a load at which the laws were fitted.
    """

    p: int
    crossing: Estimate
    onset: Estimate
    capacity_threshold: float
    power_law: float
    nearest_prime: float
    within: bool


@dataclass(frozen=True)
class Score:
    """log10(observed onset / predicted), in dex, of a forecast and of its rivals at one prime.

    `covered`: whether the observed onset lies inside the forecast's interval.
    """

    p: int
    observed: float
    forecast: float
    capacity_threshold: float
    power_law: float
    nearest_prime: float
    covered: bool


def forecast(calibration: Calibration, bits: Mapping[int, float], *, seed: int = 0) -> list[Forecast]:
    """The crossing and the onset at primes, from K = dataset bits by prime, with percentiles over resampled cells.

    A resample whose laws do not cross bounds nothing: where they are more than 2.5 % the interval is NaN.
    """
    c, laws = calibration.capacity_constant, (*calibration.memorising, *calibration.generalising)
    found = []
    for p, k in sorted(bits.items()):
        rng = np.random.default_rng([seed, p])
        place = crossing_of(c, laws, p, k)
        places = np.array([crossing_of(c, again, p, k) for again in calibration.redrawn])
        crossing = _estimate(place, places, "laws fitted at other primes, percentiles over cells")
        shift = float(np.median(calibration.offsets)) if calibration.offsets else _NAN
        # A new prime departs from the median as those of the calibration do.
        shifts = rng.choice(calibration.offsets, len(places)) if calibration.offsets else np.full(len(places), _NAN)
        onset = _estimate(place * 10**shift, places * 10**shifts, "crossing times the calibration's median offset")
        within = calibration.low_load <= k / (c * place) <= calibration.high_load
        found.append(Forecast(p, crossing, onset, k / c, *_baselines(calibration.onsets, p), within))
    return found


def score(forecasts: Iterable[Forecast], onsets: Mapping[int, float]) -> list[Score]:
    """How far, in dex, each forecast and each baseline was from the onset; primes without an onset are left out."""
    return [
        Score(
            p=made.p,
            observed=onsets[made.p],
            forecast=_dex(onsets[made.p], made.onset.value),
            capacity_threshold=_dex(onsets[made.p], made.capacity_threshold),
            power_law=_dex(onsets[made.p], made.power_law),
            nearest_prime=_dex(onsets[made.p], made.nearest_prime),
            covered=made.onset.low <= onsets[made.p] <= made.onset.high,
        )
        for made in forecasts
        if onsets.get(made.p, _NAN) > 0
    ]


def _estimate(value: float, redrawn: Array, how: str) -> Estimate:
    known = redrawn[np.isfinite(redrawn)]
    if not len(known) or len(known) < 0.975 * len(redrawn):
        return Estimate(value, _NAN, _NAN, len(redrawn), how)
    low, high = np.quantile(known, [0.025, 0.975])
    return Estimate(value, float(low), float(high), len(redrawn), how)


def _baselines(onsets: Mapping[int, float], p: int) -> tuple[float, float]:
    """(power law in p, onset at the nearest prime)."""
    if not onsets:
        return _NAN, _NAN
    nearest = onsets[min(onsets, key=lambda other: (abs(other - p), other))]
    if len(onsets) < 2:
        return _NAN, nearest
    power, scale = np.polyfit(np.log(list(onsets)), np.log(list(onsets.values())), 1)
    return math.exp(scale + power * math.log(p)), nearest


def _dex(observed: float, predicted: float) -> float:
    return math.log10(observed / predicted) if predicted > 0 else _NAN
