"""Statistics of predicted against observed onsets, in log10 units (dex): rank, concordance, offset, slope."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import f as fisher
from scipy.stats import kendalltau, rankdata, spearmanr, wilcoxon
from scipy.stats import t as student
from statsmodels.regression.linear_model import OLS
from statsmodels.tools import add_constant

from grokscope.laws.arrays import Array

_NAN = float("nan")


def dex(observed: float, predicted: float) -> float:
    """Distance of an observation from its prediction, log10(observed / predicted).

    Returns:
        dex; NaN unless both are positive and the prediction is finite.

    Source: method 5.10.
    """
    return math.log10(observed / predicted) if observed > 0 and 0 < predicted < math.inf else _NAN


class StudentEstimate(NamedTuple):
    """A value with its standard error and degrees of freedom, from which intervals and equivalence follow."""

    value: float
    error: float
    df: float

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Student's interval, NaN at both ends without degrees of freedom."""
        half = float(student.ppf(0.5 + level / 2, self.df)) * self.error if self.df > 0 else _NAN
        return self.value - half, self.value + half

    def equivalence_p_value(self, low: float, high: float) -> float:
        """p of two one-sided tests that the value lies outside [low, high]: small means inside. Source: method 5.12."""
        if not self.df > 0:
            return _NAN
        if self.error == 0:
            return 0.0 if low < self.value < high else 1.0
        below = student.sf((self.value - low) / self.error, self.df)
        above = student.sf((high - self.value) / self.error, self.df)
        return float(max(below, above))


def rank_correlations(u: Array, e: Array) -> tuple[float, float, float, float]:
    """Rank correlations of u and e.

    Args:
        u, e: (n,) log10 of crossing and of onset.

    Returns:
        Spearman's rho, its p, Kendall's tau-b, its p; NaN for fewer than three or constant values.

    Source: method 5.11.
    """
    if len(u) < 3 or np.ptp(u) == 0 or np.ptp(e) == 0:
        return _NAN, _NAN, _NAN, _NAN
    rho, tau = spearmanr(u, e), kendalltau(u, e)
    return float(rho.statistic), float(rho.pvalue), float(tau.statistic), float(tau.pvalue)


def permutation_p_value(u: Array, e: Array, resamples: int, rng: np.random.Generator) -> float:
    """p of |rho| against shuffled e: (1 + as large) / (1 + resamples).

    Args:
        u, e: (n,) log10 of crossing and of onset.
        resamples: permutations, drawn with `rng`.

    Returns:
        p; NaN for fewer than three or constant values.

    Source: method 5.11.
    """
    if len(u) < 3 or np.ptp(u) == 0 or np.ptp(e) == 0:
        return _NAN
    a, b = (rankdata(values) - (len(u) + 1) / 2 for values in (u, e))
    shuffled = rng.permuted(np.tile(b, (resamples, 1)), axis=1)
    as_large = np.abs(shuffled @ a) >= abs(a @ b) - 1e-9
    return float((1 + as_large.sum()) / (1 + resamples))


def concordance(u: Array, e: Array) -> float:
    """Lin's coefficient of concordance, 2 cov / (var_u + var_e + (mean difference)^2), population moments.

    Args:
        u, e: (n,) in one unit.

    Returns:
        -1 to 1; NaN if all are equal.

    Source: method 5.11.
    """
    du, de = u - u.mean(), e - e.mean()
    spread = float((du**2).mean() + (de**2).mean() + (u.mean() - e.mean()) ** 2)
    return 2 * float((du * de).mean()) / spread if spread > 0 else _NAN


def spearman(u: Array, e: Array) -> float:
    """Spearman's rho of u and e (n,); NaN for constant values."""
    if np.ptp(u) == 0 or np.ptp(e) == 0:
        return _NAN
    return float(np.corrcoef(rankdata(u), rankdata(e))[0, 1])


def bootstrap_groups(
    statistic: Callable[[Array, Array], float],
    u: Array,
    e: Array,
    groups: Array,
    resamples: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """95 % percentile interval of a statistic, groups of cells resampled whole.

    Cells of one prime share data, so the published resampling of cells makes intervals too narrow where a prime has
    several.

    Args:
        statistic: a number from u and e.
        u, e: (n,) log10 of crossing and of onset.
        groups: (n,) what cells share data.
        resamples: bootstrap samples, drawn with `rng`.

    Returns:
        Both ends, in the unit of the statistic; NaN with fewer than three groups.

    Source: method 5.12.
    """
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    if len(members) < 3:
        return _NAN, _NAN
    drawn = rng.integers(len(members), size=(resamples, len(members)))
    indices = (np.concatenate([members[i] for i in row]) for row in drawn)
    values = np.array([statistic(u[index], e[index]) for index in indices])
    if np.isnan(values).all():
        return _NAN, _NAN
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)


class IdentityFit(NamedTuple):
    """How near values lie to y = x. NaN where there are none, or none of R squared where they are all equal.

    Attributes:
        r_squared: 1 - sum of (e - u)^2 / sum of (e - mean e)^2: about y = x, not about a fitted line.
        mean_abs_dex: mean of |e - u|.
    """

    n: int
    r_squared: float
    mean_abs_dex: float


def fit_identity(u: Array, e: Array) -> IdentityFit:
    """Measure how near observations lie to their predictions, about y = x.

    Args:
        u, e: (n,) log10 of what was predicted and of what was observed.

    Source: method 5.10.
    """
    if not len(u):
        return IdentityFit(0, _NAN, _NAN)
    spread = float(np.sum((e - e.mean()) ** 2))
    r_squared = 1 - float(np.sum((e - u) ** 2)) / spread if spread > 0 else _NAN
    return IdentityFit(len(u), r_squared, float(np.abs(e - u).mean()))


def joint_f_test(u: Array, e: Array) -> tuple[float, float, float, float]:
    """Test e = a + b u against a = 0, b = 1.

    Args:
        u, e: (n,) log10 of crossing and of onset.

    Returns:
        F, p, slope, intercept; NaN for fewer than four or equal u.

    Source: method 5.11.
    """
    n = len(u)
    if n < 4 or np.ptp(u) == 0:
        return _NAN, _NAN, _NAN, _NAN
    clustered_slope, intercept = np.polyfit(u, e, 1)
    rss = float(np.sum((e - intercept - clustered_slope * u) ** 2))
    if rss == 0:
        return _NAN, _NAN, float(clustered_slope), float(intercept)
    f = (float(np.sum((e - u) ** 2)) - rss) / 2 / (rss / (n - 2))
    return f, float(fisher.sf(f, 2, n - 2)), float(clustered_slope), float(intercept)


def signed_rank_p_value(residuals: Array) -> float:
    """Wilcoxon's p that the median is 0, zeros removed, two-sided.

    Args:
        residuals: (n,) in dex.

    Returns:
        p; NaN for fewer than six.

    Source: method 5.11.
    """
    kept = residuals[residuals != 0]
    return float(wilcoxon(kept, correction=False).pvalue) if len(kept) >= 6 else _NAN


def mean_offset(residuals: Array, groups: Array) -> StudentEstimate:
    """Mean residual over groups, each group once: cells that share data do not count as independent.

    Args:
        residuals: (n,) in dex.
        groups: (n,) what cells share data.

    Returns:
        In the unit of the residuals; without an error for a single group.

    Source: method 5.12.
    """
    means = pd.Series(residuals).groupby(groups).mean().to_numpy(float)
    n = len(means)
    if n < 2:
        return StudentEstimate(float(np.mean(means)) if n else _NAN, _NAN, 0)
    return StudentEstimate(float(means.mean()), float(means.std(ddof=1)) / math.sqrt(n), n - 1)


def clustered_slope(x: Array, y: Array, groups: Array) -> StudentEstimate:
    """Slope of y on x, its error clustered by group where groups have several cells.

    Args:
        x, y: (n,).
        groups: (n,) what cells share data.

    Returns:
        In units of y per x; NaN for fewer than four cells, three groups or equal x.

    Source: method 5.12.
    """
    n, n_groups = len(x), len(np.unique(groups))
    if n < 4 or n_groups < 3 or np.ptp(x) == 0:
        return StudentEstimate(_NAN, _NAN, 0)
    fitting = OLS(y, add_constant(x))
    if n_groups == n:
        found, df = fitting.fit(), n - 2
    else:
        found, df = fitting.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True), n_groups - 1
    # Residuals that cancel within every cluster leave a variance of zero, or of less by rounding.
    variance = np.maximum(0.0, np.asarray(found.cov_params())[1, 1])
    return StudentEstimate(float(found.params[1]), math.sqrt(variance), df)
