"""From laws fitted at some primes and widths to the crossing and the onset at others.

The crossing is that of the laws; the onset is the crossing times the geometric mean of onset over crossing at the
primes of the calibration. What was observed at a prime is never used in its own forecast. Nothing here knows the
held-out runs: `scores` is where they come in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from grokscope.forecasts.calibration import FEWEST_PRIMES, Calibration
from grokscope.forecasts.prime_effects import (
    Variance,
    half_width,
    prime_variance,
    slope_error_variance,
    variance_about_mean,
    variance_about_zero,
)
from grokscope.laws.results import Estimate
from grokscope.laws.statistics.agreement import dex

FEWEST_SEEN = 2
"""Other calibration primes with an observation, below which nothing is known of how observations depart."""

_NAN = float("nan")


@dataclass(frozen=True)
class Forecast:
    """Crossing and onset expected at a prime, in parameters; NaN where the laws do not cross or nothing is known.

    Attributes:
        new_prime: whether all its runs are held out; otherwise only widths are.
        crossing, onset: by the laws, with the interval in which an observation is expected.
        capacity_threshold: baseline P_mem = K / C.
        power_law: baseline, onset as a power of p through the calibration primes; NaN with fewer than two.
        nearest_prime: baseline, the onset at the nearest calibration prime; NaN without one.
        within: whether the crossing lies at a load, and p between the primes, at which the laws were fitted.
    """

    p: int
    new_prime: bool
    crossing: Estimate
    onset: Estimate
    capacity_threshold: float
    power_law: float
    nearest_prime: float
    within: bool


def make_forecasts(calibration: Calibration, bits: Mapping[int, float]) -> list[Forecast]:
    """Forecast the crossing and the onset at primes.

    An interval is Student's, its variance the sum of how far T_mem and T_gen of a prime depart from the laws, how well
    their slopes are known, and how far the observed crossing (or onset) lies from the one of a prime's own levels: at
    least three calibration primes, two of them with an observation, bound anything. With fewer, the crossing at a
    calibration prime has Student's over resampled cells, and nothing else has an interval.

    Args:
        calibration: the fitted laws.
        bits: K, bits of the training labels, by prime.

    Returns:
        One for every prime, ascending, in parameters P.

    Source: method 6.2, method 6.3, method 6.4.
    """
    c, primes = calibration.capacity_constant, calibration.bits
    found = []
    for p, k in sorted(bits.items()):
        crossing, onset = _crossing(calibration, p, k), _onset(calibration, p, k)
        others = {q: onset for q, onset in calibration.onsets.items() if q != p}
        load = k / (c * crossing.value)
        within = calibration.low_load <= load <= calibration.high_load and min(primes) <= p <= max(primes)
        found.append(Forecast(p, p not in primes, crossing, onset, k / c, *_baselines(others, p), within))
    return found


def _crossing(calibration: Calibration, p: int, bits: float) -> Estimate:
    """P of the crossing by the laws."""
    crossing = calibration.crossing(calibration.laws, p, bits)
    how = "crossing of the laws"
    # What is seen departs from the prime's own laws too: by chance, and because the curves are not quite the laws.
    seen = [dex(calibration.crossings[q], calibration.own_crossing(q)) for q in calibration.crossings if q != p]
    seen = [apart for apart in seen if math.isfinite(apart)]
    if len(calibration.bits) >= FEWEST_PRIMES and len(seen) >= FEWEST_SEEN:
        half = half_width([*_prime_variances(calibration, p, bits, crossing), variance_about_zero(seen)])
        how += f", Student's t over {len(calibration.bits)} primes"
    elif p in calibration.bits and calibration.redrawn:
        # Two coefficients are fitted to the cells of either time.
        redrawn = [_log10(calibration.crossing(laws, p, bits)) for laws in calibration.redrawn]
        half = float(student.ppf(0.975, calibration.n_cells - 2)) * _standard_deviation(redrawn)
        how += f", Student's t over {calibration.n_cells} cells"
    else:
        half, how = _NAN, f"{how}; too few calibration primes for an interval"
    return _from_log10(_log10(crossing), half, len(seen), how)


def _onset(calibration: Calibration, p: int, bits: float) -> Estimate:
    """P of the onset: the crossing of the laws, moved by the mean offset at other primes from their own crossings."""
    crossing = calibration.crossing(calibration.laws, p, bits)
    offsets = [dex(calibration.onsets[q], calibration.own_crossing(q)) for q in calibration.onsets if q != p]
    offsets = [offset for offset in offsets if math.isfinite(offset)]
    how = "crossing of the laws times the mean offset at other primes"
    centre = _log10(crossing) + float(np.mean(offsets)) if offsets else _NAN
    if len(calibration.bits) >= FEWEST_PRIMES and len(offsets) >= FEWEST_SEEN:
        half = half_width([*_prime_variances(calibration, p, bits, crossing), variance_about_mean(offsets)])
        how += f", Student's t over {len(calibration.bits)} primes"
    else:
        half, how = _NAN, f"{how}; too few calibration primes for an interval"
    return _from_log10(centre, half, len(offsets), how)


def _prime_variances(calibration: Calibration, p: int, bits: float, crossing: float) -> list[Variance]:
    """Variances of log10 P of the crossing: both times' departures at a prime, and the errors of their slopes."""
    mem, gen = calibration.memorising, calibration.generalising
    load = bits / (calibration.capacity_constant * crossing)
    # d ln P / d ln T: a longer T_mem or a shorter T_gen moves the crossing by as much as the curves are flat there.
    steepness = calibration.laws.a * load + calibration.laws.power
    scale = 1 / (steepness * math.log(10)) ** 2 if steepness else _NAN
    parts = (
        prime_variance(mem, p, powers=False),
        prime_variance(gen, p, powers=True),
        slope_error_variance(mem, load),
        slope_error_variance(gen, _ln(crossing)),
    )
    return [Variance(scale * part.value, part.df) for part in parts]


def _from_log10(centre: float, half: float, n: int, how: str) -> Estimate:
    """From log10 P to P."""
    return Estimate(10**centre, 10 ** (centre - half), 10 ** (centre + half), n, how)


def _standard_deviation(redrawn: Sequence[float]) -> float:
    """Standard deviation; resamples whose laws do not cross bound nothing, and over 2.5 % of those leave it unknown."""
    known = [crossing for crossing in redrawn if math.isfinite(crossing)]
    return float(np.std(known)) if len(known) >= 0.975 * len(redrawn) else _NAN


def _baselines(onsets: Mapping[int, float], p: int) -> tuple[float, float]:
    """(power law in p, onset at the nearest prime)."""
    if not onsets:
        return _NAN, _NAN
    nearest = onsets[min(onsets, key=lambda other: (abs(other - p), other))]
    if len(onsets) < 2:
        return _NAN, nearest
    power, scale = np.polyfit(np.log(list(onsets)), np.log(list(onsets.values())), 1)
    return math.exp(scale + power * math.log(p)), nearest


def _log10(value: float) -> float:
    return math.log10(value) if value > 0 else _NAN


def _ln(value: float) -> float:
    return math.log(value) if value > 0 else _NAN
