"""Bits against P, and their slope: the capacity constant C, in bits per parameter (method 5.7)."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from statsmodels.regression.linear_model import WLS
from statsmodels.tools import add_constant

from grokscope.laws.results import Capacity, CapacityPoint, Estimate
from grokscope.laws.settings import OF_DATA, SETTINGS
from grokscope.laws.times.cells import refuse_mixture, require_columns

PUBLISHED = 2.16
"""Bits per parameter that Song & Ye (2026) report for these networks."""
MORRIS = 3.6
"""Bits per parameter that Morris et al. (2025, arXiv 2505.24832) report for large language models."""
SATURATION = 1.5
"""A width counts as full if it was given this many times the bits it held (method 5.7)."""

_NAN = float("nan")
_WIDTHS_ENOUGH = 5
"""Widths from which on the interval goes by widths; with fewer, seeds have to count as points of their own."""


def estimate_capacity(frame: pd.DataFrame) -> Capacity:
    """Estimate C from the random-data capacity runs; the published 2.16 with fewer than two distinct P.

    The published fit is kept beside ours: least squares through the largest total of every P. A largest total grows
    with the number of seeds and is too small at a width that was never full, so ours takes every seed's own largest
    total at the full widths (at all, if fewer than two are full), weighted by 1 / P**2, the noise being
    proportional to P. Its interval is Student's, over widths where there are five or more of them: percentiles of
    resampled seeds and widths cover too little when there are three to seven.

    Args:
        frame: one row per finished run, with columns measurement, probe, dim, n_params, dataset_bits, seed, total_bits.

    Returns:
        C in bits per parameter, and the P between which it was measured.

    Source: method 5.7.

    Raises:
        ValueError: a column is missing or settings are mixed.
    """
    require_columns(frame, "measurement", "probe", "dim", "n_params", "dataset_bits", "seed", "total_bits")
    rows = frame[(frame["measurement"] == "capacity") & (frame["probe"] == "random")].dropna(subset=["total_bits"])
    refuse_mixture(rows, [name for name in SETTINGS if name not in OF_DATA])
    points = tuple(_point(cell) for _, cell in rows.groupby("n_params"))
    full = {point.n_params for point in points if point.saturated}
    if len(points) < 2:
        estimate = Estimate(PUBLISHED, _NAN, _NAN, len(rows), "published, not measured here")
        source = f"published {PUBLISHED} (Song & Ye 2026): {len(points)} of at least 2 distinct P measured"
        low = high = float(points[0].n_params) if points else _NAN
        return Capacity(estimate, (PUBLISHED, 0.0), None, points, low, high, source)
    best = rows.groupby(["n_params", "seed"])["total_bits"].max().reset_index()
    saturated = _slope(best[best["n_params"].isin(full)]) if len(full) >= 2 else None
    used = [point for point in points if saturated is None or point.saturated]
    return Capacity(
        constant=saturated or _slope(best),
        published_rule=fit_published_rule([(point.n_params, point.total_bits) for point in points]),
        saturated_only=saturated,
        points=points,
        low_params=float(used[0].n_params),
        high_params=float(used[-1].n_params),
        source="measured"
        if saturated
        else f"measured, but {len(full)} of {len(points)} widths were given {SATURATION} times the bits they held: "
        "C may be too low",
    )


def fit_published_rule(points: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Fit a line through the largest total bits of every P, as published.

    Args:
        points: (P, total bits) of every run, in any order.

    Returns:
        Slope in bits per parameter, and intercept in bits.

    Source: method 5.7.
    """
    largest: dict[float, float] = {}
    for params, bits in points:
        largest[params] = max(bits, largest.get(params, -math.inf))
    slope, intercept = np.polyfit(list(largest), list(largest.values()), 1)
    return float(slope), float(intercept)


def extrapolation_warning(found: Capacity, n_params: Iterable[float]) -> str | None:
    """Say that C is used outside the P where it was measured; None if it is not.

    Args:
        found: C and where it was measured.
        n_params: P at which it is used.

    Source: method 5.7.
    """
    used = sorted(n_params)
    outside = [params for params in used if not found.low_params <= params <= found.high_params]
    if not outside:
        return None
    if math.isnan(found.low_params):
        return f"C = {found.constant.value:g} is {found.source}; it is used at P from {used[0]:g} to {used[-1]:g}"
    return (
        f"C was measured at P from {found.low_params:g} to {found.high_params:g} and is used at {len(outside)} of "
        f"{len(used)} P outside, from {outside[0]:g} to {outside[-1]:g}"
    )


def _point(cell: pd.DataFrame) -> CapacityPoint:
    first, largest = cell.iloc[0], float(cell["total_bits"].max())
    full = float(cell["dataset_bits"].max()) > SATURATION * largest
    return CapacityPoint(int(first["n_params"]), int(first["dim"]), largest, full)


def _slope(best: pd.DataFrame) -> Estimate:
    """Weighted least squares of bits on P with an intercept, from one row per P and seed, interval by Student's t."""
    n, how = len(best), "weighted least squares through every seed's largest total"
    points = best
    if best["n_params"].nunique() >= _WIDTHS_ENOUGH:
        # Seeds of a width share its departure from the line, so that widths are what counts.
        points = best.groupby("n_params", as_index=False)["total_bits"].mean()
        how = "weighted least squares through every width's mean largest total"
    params, bits = points["n_params"].to_numpy(float), points["total_bits"].to_numpy(float)
    found = WLS(bits, add_constant(params), weights=params**-2.0).fit()
    value = float(found.params[1])
    if len(points) < 3:
        return Estimate(value, _NAN, _NAN, n, how + "; two points give no interval")
    low, high = map(float, found.conf_int()[1])
    return Estimate(value, low, high, n, how + ", Student interval")
