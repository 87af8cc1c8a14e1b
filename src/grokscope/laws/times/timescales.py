"""T_mem and T_gen of every cell, from its seeds, with the runs that never arrived kept as what they are.

Times are taken as log-normal between seeds. With nothing censored the interval of the geometric mean is Student's;
with censoring it is the profile likelihood's, its threshold chosen so that both agree when nothing is censored.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import CensoredData, ecdf
from scipy.stats import t as student

from grokscope.laws.arrays import Array
from grokscope.laws.results import Accuracy, Estimate, Timescale
from grokscope.laws.statistics import censored_regression
from grokscope.laws.times.cells import Quantity, axes_of, observations, probes_of

_NAN = float("nan")
_FEWEST_FOR_RANKS = 6
"""A sample's whole range covers its median with chance 1 - 2 ** (1 - n): below six, never 95 %."""


def estimate_timescales(frame: pd.DataFrame, capacity_constant: float, *, accuracy: Accuracy) -> list[Timescale]:
    """Estimate T_mem of every probe and T_gen of the task in every cell, in epochs.

    Args:
        frame: one row per finished run of one setting, with the columns of `cells.with_axes`.
        capacity_constant: C in bits per parameter, for the load f = K / (C P); NaN if unknown.
        accuracy: which train accuracy T_mem is by; T_gen is always by eval accuracy.

    Returns:
        Cells ascending, probe by probe, T_gen last.

    Raises:
        ValueError: a column is missing or settings are mixed.

    Source: method 5.3.
    """
    found = []
    for probe in probes_of(frame):
        found += _cells(frame, "T_mem", accuracy, probe, capacity_constant)
    return found + _cells(frame, "T_gen", "eval", "task", capacity_constant)


def _cells(frame: pd.DataFrame, quantity: Quantity, accuracy: Accuracy, probe: str, c: float) -> list[Timescale]:
    seen = observations(frame, quantity, accuracy=accuracy, probe=probe)
    axes = axes_of(seen)
    return [
        Timescale(
            quantity=quantity,
            accuracy=accuracy,
            probe=probe,
            group_axis=axes.group,
            group=int(group),
            x_axis=axes.x,
            x=np.asarray(x).item(),
            dim=int(dim),
            n_params=int(cell["n_params"].iloc[0]),
            dataset_bits=float(cell["dataset_bits"].iloc[0]),
            load=float(cell["dataset_bits"].iloc[0] / (c * cell["n_params"].iloc[0])) if c > 0 else _NAN,
            median=kaplan_meier_median(cell["time"].to_numpy(float), cell["censored"].to_numpy(bool)),
            lognormal=geometric_mean(cell["time"].to_numpy(float), cell["censored"].to_numpy(bool)),
            published_mean=float(cell.loc[~cell["censored"], "time"].mean()),
            n_censored=int(cell["censored"].sum()),
            longest=int(cell["time"].max()),
        )
        for (group, x, dim), cell in seen.groupby(["group", "x", "dim"])
    ]


def kaplan_meier_median(times: Array, censored: Array) -> Estimate:
    """Kaplan-Meier median, with the Brookmeyer-Crowley interval where runs are enough for one.

    Args:
        times: (n,) epochs; where censored, how long the run was followed.
        censored: (n,) whether the run ended before.

    Returns:
        In epochs; NaN where more than half of the runs were censored to the end.

    Source: method 5.3.
    """
    left = ecdf(CensoredData(uncensored=times[~censored], right=times[censored])).sf
    median = _first_below(left.quantiles, left.probabilities)
    if len(times) < _FEWEST_FOR_RANKS:
        how = f"Kaplan-Meier median; fewer than {_FEWEST_FOR_RANKS} runs give no 95 % interval free of assumptions"
        return Estimate(median, _NAN, _NAN, len(times), how)
    with warnings.catch_warnings():
        # Before the first and after the last arrival the log of a log has no error: the bound is the value itself.
        warnings.simplefilter("ignore", RuntimeWarning)
        band = left.confidence_interval(method="log-log")
    low, high = (
        _first_below(left.quantiles, np.where(np.isnan(side.probabilities), left.probabilities, side.probabilities))
        for side in (band.low, band.high)
    )
    return Estimate(median, low, high, len(times), "Kaplan-Meier median, Brookmeyer-Crowley interval")


def _first_below(times: Array, shares: Array) -> float:
    """The first time at which at most half are left; NaN where more than half are to the end."""
    # A product of shares may miss a half by its rounding.
    reached = np.flatnonzero(shares <= 0.5 + 1e-12)
    return float(times[reached[0]]) if len(reached) else _NAN


def geometric_mean(times: Array, censored: Array) -> Estimate:
    """Geometric mean by a log-normal accelerated-failure model without covariates, with a 95 % interval.

    Args:
        times: (n,) epochs; where censored, how long the run was followed.
        censored: (n,) whether the run ended before.

    Returns:
        In epochs; NaN where its parts are not known.

    Source: method 5.3.
    """
    n, m = len(times), int((~censored).sum())
    if m == 0:
        # Half of the runs would fall short of the median: all n outlast a bound above it with chance 2 ** -n.
        low = float(times.min()) if n >= _FEWEST_FOR_RANKS else _NAN
        return Estimate(_NAN, low, _NAN, n, "every run censored: a lower bound at most")
    log_times = np.log(times)
    if m == 1:
        value = float(times[0]) if n == 1 else _NAN
        return Estimate(value, _NAN, _NAN, n, "one uncensored run: spread unknown")
    floor = rounding_error(times[~censored])
    found = censored_regression.fit(np.ones((n, 1)), log_times, censored, floor=floor)
    centre = float(found.coef[0])
    if m == n:
        half = float(student.ppf(0.975, n - 1)) * found.sigma / math.sqrt(n)
        how = "geometric mean, Student interval of ln T"
        return Estimate(math.exp(centre), math.exp(centre - half), math.exp(centre + half), n, how)
    low, high = _profile_interval(log_times, censored, found, floor)
    how = "log-normal with censoring, profile likelihood interval"
    return Estimate(math.exp(centre), _exp(low), _exp(high), n, how)


def rounding_error(times: Array) -> float:
    """Standard deviation that counting in whole epochs alone puts on ln T: equal seeds are not exact seeds.

    Args:
        times: (n,) epochs.

    Source: method 5.3.
    """
    return float(1 / (math.sqrt(12) * np.median(times)))


def _profile_interval(
    log_times: Array, censored: Array, found: censored_regression.Fit, floor: float
) -> tuple[float, float]:
    """Where the likelihood, maximised over sigma, is not too far below its maximum.

    For m uncensored values alone twice the drop at the edge of Student's interval is m ln(1 + t^2 / (m - 1)) exactly.
    A censored run counts in m for the part of an uncensored one that it says of the mean.
    """
    m = float(censored_regression.observation_weights((found.coef[0] - log_times) / found.sigma, censored).sum())
    drop = 0.5 * m * math.log1p(float(student.ppf(0.975, m - 1)) ** 2 / (m - 1))
    centre, bottom, top = float(found.coef[0]), math.log(floor), math.log(found.sigma) + 12

    def short(mean: float) -> float:
        """How far the profile at `mean` is above the threshold: positive inside the interval."""

        def loss(log_sigma: float) -> float:
            sigma = math.exp(log_sigma)
            return -censored_regression.log_likelihood((mean - log_times) / sigma, sigma, censored)

        return -float(minimize_scalar(loss, bounds=(bottom, top), method="bounded").fun) - found.log_likelihood + drop

    return _edge(short, centre, -found.sigma), _edge(short, centre, found.sigma)


def _edge(short: Callable[[float], float], centre: float, step: float) -> float:
    """Walk from the centre in growing steps until outside, then find the edge; NaN if there is none in reach."""
    inner, outer = centre, centre + step
    while short(outer) > 0:
        inner, outer = outer, centre + 2 * (outer - centre)
        if abs(outer - centre) > 50:
            return _NAN
    return float(brentq(short, inner, outer, xtol=1e-6))


def _exp(value: float) -> float:
    return math.exp(value) if math.isfinite(value) else _NAN
