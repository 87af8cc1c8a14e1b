"""Means, correlations and lines over seeds, with their intervals."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.stats import linregress, norm, t

from grokscope.laws.results import Estimate
from grokscope.laws.statistics.agreement import spearman

FEWEST = 10
"""Seeds below which a rank correlation has an interval that says nothing."""
FEWEST_FOR_A_SLOPE = 3
"""Points below which a slope has no interval."""


def mean_over_seeds(values: Float[np.ndarray, " seeds"]) -> Estimate:
    """Arithmetic mean of the values that are numbers, with Student's interval from two on. Source: method 5.14."""
    values = np.asarray(values, np.float64)
    seen = values[np.isfinite(values)]
    if len(seen) == 0:
        return Estimate(math.nan, math.nan, math.nan, 0, "no seed has a value")
    mean = float(seen.mean())
    if len(seen) == 1:
        return Estimate(mean, math.nan, math.nan, 1, "one seed")
    half = standard_error(seen) * float(t.ppf(0.975, len(seen) - 1))
    return Estimate(mean, mean - half, mean + half, len(seen), "mean over seeds, Student's t")


def standard_error(values: Float[np.ndarray, " seeds"]) -> float:
    """Standard error of the mean of the values that are numbers; NaN without two of them. Source: method 5.14."""
    seen = values[np.isfinite(values)]
    return float(seen.std(ddof=1) / math.sqrt(len(seen))) if len(seen) > 1 else math.nan


def spearman_over_seeds(x: Float[np.ndarray, " seeds"], y: Float[np.ndarray, " seeds"]) -> Estimate:
    """Spearman's rho over seeds with Fisher's interval, its standard error that of Bonett and Wright 2000.

    Values may be infinite: times of runs that did not arrive count as equal, and later than all others. Seeds of which
    either is NaN are left out.

    Source: method 5.14.
    """
    seen = ~(np.isnan(x) | np.isnan(y))
    n = int(seen.sum())
    if n < FEWEST:
        return Estimate(math.nan, math.nan, math.nan, n, f"fewer than {FEWEST} seeds")
    # ranks in place of values: an infinity has none of its own to subtract
    rho = spearman(*(np.unique(values[seen], return_inverse=True)[1].astype(float) for values in (x, y)))
    if not abs(rho) < 1:
        return Estimate(rho, math.nan, math.nan, n, "all seeds alike" if math.isnan(rho) else "perfect order")
    half = float(norm.ppf(0.975)) * math.sqrt((1 + rho**2 / 2) / (n - 3))
    low, high = (math.tanh(math.atanh(rho) + side * half) for side in (-1, 1))
    return Estimate(rho, low, high, n, "Spearman over seeds, Fisher's interval")


class TradeOff(NamedTuple):
    """c = slope * loss + intercept by ordinary least squares.

    Attributes:
        slope: per nat, with Student's t on n - 2 degrees of freedom; NaN where fewer than three runs or one loss.
        r2: share of the variance of c that the line takes.
    """

    slope: Estimate
    intercept: float
    r2: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.slope.low > 0 or self.slope.high < 0


def fit_trade_off(loss: Float[np.ndarray, " runs"], c: Float[np.ndarray, " runs"]) -> TradeOff:
    """Fit c = slope * loss + intercept through one point for every run.

    Args:
        loss: train loss, nats.
        c: compressibility.

    Source: method 8.6.
    """
    finite = np.isfinite(loss) & np.isfinite(c)
    loss, c = loss[finite], c[finite]
    how = "least squares, Student's t"
    if len(loss) < FEWEST_FOR_A_SLOPE or np.ptp(loss) == 0:
        nan = float("nan")
        return TradeOff(Estimate(nan, nan, nan, len(loss), how), nan, nan)
    line = linregress(loss, c)
    half = float(t.ppf(0.975, len(loss) - 2)) * line.stderr
    slope = Estimate(float(line.slope), float(line.slope - half), float(line.slope + half), len(loss), how)
    return TradeOff(slope, float(line.intercept), float(line.rvalue**2))
