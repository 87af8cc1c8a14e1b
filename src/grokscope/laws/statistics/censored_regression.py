"""Least squares for observations of which some are only bounded below: ln T = X beta + sigma * noise.

Maximum likelihood in Olsen's (1978) parameters (beta / sigma, 1 / sigma), in which the likelihood of a censored
normal regression is concave and Newton's method cannot get lost. Uncensored, it is ordinary least squares.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import log_ndtr

from grokscope.laws.arrays import Array

_LOG_SQRT_2PI = 0.5 * float(np.log(2 * np.pi))


class Fit(NamedTuple):
    """A censored normal regression.

    Attributes:
        coef: (k,) beta.
        covariance: (k, k) of beta, with the unbiased sigma; infinite without degrees of freedom.
        sigma: residual standard deviation, corrected for the k coefficients; NaN without degrees of freedom.
        df: uncensored observations less k: what t quantiles go by.
        log_likelihood: at the maximum, with the maximum-likelihood sigma.
        theta: (k + 1,) where the maximum is, in Olsen's parameters.
    """

    coef: Array
    covariance: Array
    sigma: float
    df: int
    log_likelihood: float
    theta: Array


def fit(
    design: Array,
    values: Array,
    censored: Array,
    *,
    counts: Array | None = None,
    floor: float = 1e-9,
    rounds: int = 200,
    start: Array | None = None,
) -> Fit:
    """Fit by maximum likelihood where some values are only known to be larger.

    Args:
        design: (n, k).
        values: (n,) such as ln T.
        censored: (n,) whether the true value is larger.
        counts: (n,) how many observations each row stands for, not necessarily whole; one each by default.
        floor: least sigma, for observations that are rounded and may agree exactly.
        rounds: most steps of Newton's method.
        start: `theta` of a fit to similar observations, from which fewer rounds are needed.

    Raises:
        ValueError: fewer than k values are uncensored, so that no maximum need exist.

    Source: method 5.3.
    """
    n, k = design.shape
    counts = np.ones(n) if counts is None else counts
    m = float(counts[~censored].sum())
    if m < k:
        raise ValueError(f"censored regression: found {m:g} uncensored values, expected at least {k}")
    if censored.any():
        theta = _newton(design, values, censored, counts, floor, rounds, start)
    else:
        theta = _least_squares(design, values, counts, floor)
    coef, spread = theta[:-1] / theta[-1], 1 / theta[-1]
    df = round(m) - k
    correction = m / df if df > 0 else np.inf
    rows = np.column_stack([design, -values])
    information = _information(rows, theta, censored, counts)
    # From (gamma, tau) to beta = gamma / tau: the delta method.
    jacobian = np.column_stack([np.eye(k), -coef]) / theta[-1]
    covariance = jacobian @ np.linalg.pinv(information, hermitian=True) @ jacobian.T
    return Fit(
        coef=coef,
        covariance=covariance * correction if df > 0 else np.full((k, k), np.inf),
        sigma=max(float(spread * np.sqrt(correction)), floor) if df > 0 else float("nan"),
        df=df,
        log_likelihood=log_likelihood(rows @ theta, float(spread), censored, counts),
        theta=theta,
    )


def compress_observations(values: Array, censored: Array) -> tuple[Array, Array, Array]:
    """Find a few observations that have the likelihood of all these under one mean.

    Of seen values it knows their number, mean and variance alone, and two of half the number that lie one standard
    deviation to either side of the mean have the same. Values that are censored alike are counted.

    Args:
        values, censored: (n,).

    Returns:
        values, censored and counts, (few,) each.
    """
    ends, n_ends = np.unique(values[censored], return_counts=True)
    seen = values[~censored]
    if not len(seen):
        return ends, np.ones(len(ends), bool), n_ends.astype(float)
    both = seen.mean() + np.array([-1.0, 1.0]) * seen.std()
    counts = np.r_[np.full(2, len(seen) / 2), n_ends]
    return np.r_[both, ends], np.r_[np.zeros(2, bool), np.ones(len(ends), bool)], counts


def log_likelihood(z: Array, sigma: float, censored: Array, counts: Array | None = None) -> float:
    """Log likelihood: densities where seen, survival where censored.

    Args:
        z: (n,) standardised distances (mean - value) / sigma.
        sigma: in the unit of the values.
        censored: (n,).
        counts: (n,) observations that each stands for; one each by default.

    Source: method 5.3.
    """
    seen = -0.5 * z[~censored] ** 2 - _LOG_SQRT_2PI - np.log(sigma)
    beyond = log_ndtr(z[censored])
    if counts is None:
        return float(seen.sum() + beyond.sum())
    return float(seen @ counts[~censored] + beyond @ counts[censored])


def observation_weights(z: Array, censored: Array) -> Array:
    """Weights of observations in the mean: 1 where seen, towards 0 if censored long before.

    Args:
        z: (n,) standardised distances (mean - value) / sigma.
        censored: (n,).

    Returns:
        (n,) what each is worth in uncensored ones.

    Source: method 5.3.
    """
    hazard = _hazard(z)
    return np.where(censored, hazard * (hazard + z), 1.0)


def _least_squares(design: Array, values: Array, counts: Array, floor: float) -> Array:
    root = np.sqrt(counts)
    coef, *_ = np.linalg.lstsq(design * root[:, None], values * root, rcond=None)
    sigma = max(float(np.sqrt(np.average((values - design @ coef) ** 2, weights=counts))), floor)
    return np.append(coef, 1.0) / sigma


def _newton(
    design: Array, values: Array, censored: Array, counts: Array, floor: float, rounds: int, start: Array | None
) -> Array:
    rows = np.column_stack([design, -values])
    seen = ~censored
    m = float(counts[seen].sum())

    def height(theta: Array) -> float:
        return log_likelihood(rows @ theta, 1 / theta[-1], censored, counts) if theta[-1] > 0 else -np.inf

    theta = start
    if theta is None:
        # Start from everything taken as seen, with a spread wide enough for the censored to matter.
        theta = _least_squares(design, values, counts, floor)
        theta = theta / max(1.0, theta[-1] * 0.5)
    here = height(theta)
    for _ in range(rounds):
        z = rows @ theta
        pull = np.where(seen, -z, _hazard(z))
        score = rows.T @ (counts * pull)
        score[-1] += m / theta[-1]
        step = np.linalg.lstsq(_information(rows, theta, censored, counts), score, rcond=None)[0]
        scale = 1.0
        while height(theta + scale * step) < here and scale > 1e-10:
            scale /= 2
        theta = theta + scale * step
        before, here = here, height(theta)
        if theta[-1] > 1 / floor:
            return np.asarray(theta / (theta[-1] * floor))
        if abs(here - before) < 1e-12 * (1 + abs(here)):
            break
    return np.asarray(theta)


def _hazard(z: Array) -> Array:
    return np.asarray(np.exp(-0.5 * z**2 - _LOG_SQRT_2PI - log_ndtr(z)))


def _information(rows: Array, theta: Array, censored: Array, counts: Array) -> Array:
    """Minus the second derivative of the log likelihood: (k + 1, k + 1), positive definite."""
    z = rows @ theta
    information = (rows * (counts * observation_weights(z, censored))[:, None]).T @ rows
    information[-1, -1] += float(counts[~censored].sum()) / theta[-1] ** 2
    return np.asarray(information)
