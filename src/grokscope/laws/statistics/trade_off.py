"""Does compressibility go with train loss? A line through runs, with an interval for its slope."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.stats import linregress, t

from grokscope.laws.results import Estimate

FEWEST = 3
"""Points below which a slope has no interval."""


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
    def shows(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.slope.low > 0 or self.slope.high < 0


def trade_off(loss: Float[np.ndarray, " runs"], c: Float[np.ndarray, " runs"]) -> TradeOff:
    """The line through one point for every run. Source: Manning-Coe et al. 2025, section 4."""
    finite = np.isfinite(loss) & np.isfinite(c)
    loss, c = loss[finite], c[finite]
    how = "least squares, Student's t"
    if len(loss) < FEWEST or np.ptp(loss) == 0:
        nan = float("nan")
        return TradeOff(Estimate(nan, nan, nan, len(loss), how), nan, nan)
    line = linregress(loss, c)
    half = float(t.ppf(0.975, len(loss) - 2)) * line.stderr
    slope = Estimate(float(line.slope), float(line.slope - half), float(line.slope + half), len(loss), how)
    return TradeOff(slope, float(line.intercept), float(line.rvalue**2))


def over_seeds(values: Float[np.ndarray, " seeds"]) -> Estimate:
    """Mean over seeds with Student's t; without an interval for one seed."""
    values = np.asarray(values, np.float64)
    values = values[np.isfinite(values)]
    n, how = len(values), "mean over seeds, Student's t"
    if n == 0:
        return Estimate(float("nan"), float("nan"), float("nan"), 0, how)
    mean = float(np.mean(values))
    if n == 1:
        return Estimate(mean, float("nan"), float("nan"), 1, how)
    half = float(t.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
    return Estimate(mean, mean - half, mean + half, n, how)
