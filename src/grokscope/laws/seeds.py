"""Means over seeds with what they are worth."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from scipy.stats import t

from grokscope.laws.results import Estimate


def mean_over_seeds(values: Float[np.ndarray, " seeds"]) -> Estimate:
    """Arithmetic mean of the values that are numbers, with Student's interval; without two of them, no interval."""
    seen = values[np.isfinite(values)]
    if len(seen) == 0:
        return Estimate(math.nan, math.nan, math.nan, 0, "no seed has a value")
    mean = float(seen.mean())
    if len(seen) == 1:
        return Estimate(mean, math.nan, math.nan, 1, "one seed")
    half = standard_error(seen) * float(t.ppf(0.975, len(seen) - 1))
    return Estimate(mean, mean - half, mean + half, len(seen), "mean over seeds, Student's t")


def standard_error(values: Float[np.ndarray, " seeds"]) -> float:
    """Of the mean of the values that are numbers; NaN without two of them."""
    seen = values[np.isfinite(values)]
    return float(seen.std(ddof=1) / math.sqrt(len(seen))) if len(seen) > 1 else math.nan
