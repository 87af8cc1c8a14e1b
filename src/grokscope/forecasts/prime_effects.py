"""How far single primes depart from laws fitted over all of them, and what that says of a prime not seen yet.

Primes are a random effect: at equal load, or at equal P, ln T of a prime is the law's and a departure of its own, for
T_mem and for T_gen with a variance each. Leaving out one prime in turn (jackknife) would not do with three of them: the
line in ln p through two misses the third by 1 / (1 - leverage) times its residual, so that it has four to seven times
the variance that it should have.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

from grokscope.laws.arrays import Array
from grokscope.laws.statistics import censored_regression

_NAN = float("nan")


class PrimeIntercepts(NamedTuple):
    """ln T of every prime at equal load or P: a regression with an intercept a prime and one slope.

    Attributes:
        by_prime: intercepts in ln epochs, of the primes at which a run arrived.
        slope: of ln T against the feature (the load f, or ln P).
        centre: mean of the feature over the observations, where the slope's error does not matter.
        slope_variance: of the slope.
        df: degrees of freedom of that variance.
    """

    by_prime: Mapping[int, float]
    slope: float
    centre: float
    slope_variance: float
    df: int


class Variance(NamedTuple):
    """A variance estimated with so many degrees of freedom."""

    value: float
    df: float


def fit_prime_intercepts(
    primes: Array, feature: Array, log_times: Array, censored: Array, *, floor: float
) -> PrimeIntercepts:
    """Fit ln T to an intercept for every prime and one slope of a feature.

    Primes at which no run reached its threshold are left out, since nothing bounds their intercept.

    Args:
        primes: (n,) of the runs.
        feature: (n,) the load f, or ln P.
        log_times: (n,) ln epochs; where censored, of how long the run was.
        censored: (n,).
        floor: least standard deviation of ln T.

    Source: method 6.4.
    """
    arrived = np.unique(primes[~censored])
    used = np.isin(primes, arrived)
    primes, feature, log_times, censored = (each[used] for each in (primes, feature, log_times, censored))
    design = np.column_stack([*(primes == p for p in arrived), feature]).astype(float)
    found = censored_regression.fit(design, log_times, censored, floor=floor)
    intercepts = {int(p): float(value) for p, value in zip(arrived, found.coef, strict=False)}
    return PrimeIntercepts(
        intercepts, float(found.coef[-1]), float(feature.mean()), float(found.covariance[-1, -1]), found.df
    )


def prime_variance(found: PrimeIntercepts, p: int, *, powers: bool) -> Variance:
    """Variance of ln T at a prime about the law through the levels of all, the law's own error included.

    Args:
        p: a new prime's departure adds to the law's error; at a prime that was fitted, the law has followed it in part.
        powers: whether the law grows as a power of p, so that its levels lie on a line in ln p; else they are equal.

    Returns:
        In ln epochs squared; without degrees of freedom where there are no more primes than the law has coefficients.

    Source: method 6.4.
    """
    logs = np.log(list(found.by_prime))
    design = np.column_stack([np.ones(len(logs)), logs] if powers else [np.ones(len(logs))])
    at = np.array([1.0, math.log(p)][: design.shape[1]])
    values = np.array(list(found.by_prime.values()))
    df = len(values) - design.shape[1]
    if df < 1:
        return Variance(_NAN, 0)
    residuals = values - design @ np.linalg.lstsq(design, values)[0]
    leverage = float(at @ np.linalg.pinv(design.T @ design) @ at)
    share = 1 - leverage if p in found.by_prime else 1 + leverage
    return Variance(float(residuals @ residuals) / df * share, df)


def slope_error_variance(found: PrimeIntercepts, feature: float) -> Variance:
    """Variance that the slope's error gives ln T at a value of the feature. Source: method 6.4."""
    return Variance((feature - found.centre) ** 2 * found.slope_variance, found.df)


def variance_about_zero(values: Sequence[float]) -> Variance:
    """Variance of values whose mean is known to be zero; unknown without any."""
    return Variance(float(np.mean(np.square(values))), len(values)) if values else Variance(_NAN, 0)


def variance_about_mean(values: Sequence[float]) -> Variance:
    """Variance of another value about the mean of these, that mean's own error included."""
    n = len(values)
    return Variance(float(np.var(values, ddof=1)) * (1 + 1 / n), n - 1) if n > 1 else Variance(_NAN, 0)


def half_width(parts: Iterable[Variance]) -> float:
    """Half of a 95 % interval whose variance is the sum of these; NaN where one of them is unknown.

    Student's t with Satterthwaite's degrees of freedom (1946). Source: method 6.4.
    """
    known = list(parts)
    total = sum(part.value for part in known)
    if not total > 0:
        return _NAN if math.isnan(total) else 0.0
    df = total**2 / sum(part.value**2 / part.df for part in known if part.value > 0)
    return float(student.ppf(0.975, df)) * math.sqrt(total)
