"""T_mem by what is memorised: modular inputs with shuffled labels against random inputs (method 5.9)."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.stats import t as student

from grokscope.laws.crossing.curves import Curve, fit_curve
from grokscope.laws.results import Accuracy, Estimate, ProbeRatio
from grokscope.laws.times.cells import axes_of, observations, probes_of

STANDARD = "random"


def estimate_probe_ratios(frame: pd.DataFrame, capacity_constant: float, *, accuracy: Accuracy) -> list[ProbeRatio]:
    """Estimate T_mem on every other probe over T_mem on random inputs, in every cell that has both.

    Ratios of geometric means, censored runs included; the spread between seeds is pooled over the cells of a group
    and probe, and intervals are Student's with Welch's degrees of freedom. A cell in which nothing was memorised
    bounds the ratio on one side only: its value is NaN and the bound is given where the other probe was memorised.

    Args:
        frame: one row per finished run of one setting, with the columns of `cells.with_axes`.
        capacity_constant: C in bits per parameter, for the load; NaN if unknown.
        accuracy: which train accuracy T_mem is by.

    Returns:
        Probe by probe, cells ascending.

    Raises:
        ValueError: a column is missing or settings are mixed.

    Source: method 5.9.
    """
    standard = observations(frame, "T_mem", accuracy=accuracy, probe=STANDARD)
    axes, found = axes_of(standard), []
    for probe in probes_of(frame):
        if probe == STANDARD:
            continue
        other = observations(frame, "T_mem", accuracy=accuracy, probe=probe)
        for group in sorted(set(standard["group"]) & set(other["group"])):
            rows = standard[standard["group"] == group], other[other["group"] == group]
            below, above = fit_curve(rows[0]), fit_curve(rows[1])
            for x in sorted(set(rows[0]["x"]) & set(rows[1]["x"])):
                cells = [part[part["x"] == x] for part in rows]
                n = sum(map(len, cells))
                first = cells[0].iloc[0]
                found.append(
                    ProbeRatio(
                        group_axis=axes.group,
                        group=int(group),
                        x_axis=axes.x,
                        x=np.asarray(x).item(),
                        dim=int(first["dim"]),
                        load=float(first["dataset_bits"] / (capacity_constant * first["n_params"])),
                        probe=probe,
                        accuracy=accuracy,
                        ratio=_ratio(above, below, math.log(x), n),
                    )
                )
    return found


def _ratio(above: Curve, below: Curve, log_x: float, n: int) -> Estimate:
    nan = float("nan")
    i, j = (int(np.argmin(np.abs(line.log_x - log_x))) for line in (above, below))
    gap = float(above.log_times[i] - below.log_times[j])
    bounds = bool(above.bounded[i]), bool(below.bounded[j])
    half = _half_width([(float(line.covariance[k, k]), line) for line, k in _known(above, i, below, j)])
    if any(bounds):
        low = math.exp(gap - half) if bounds == (True, False) else nan
        high = math.exp(gap + half) if bounds == (False, True) else nan
        return Estimate(nan, low, high, n, "a bound: no run of one probe memorised")
    how = "ratio of geometric means, Student interval"
    if math.isnan(half):
        how = "ratio of geometric means; one run a cell gives no interval"
    return Estimate(math.exp(gap), math.exp(gap - half), math.exp(gap + half), n, how)


def _known(above: Curve, i: int, below: Curve, j: int) -> list[tuple[Curve, int]]:
    """Those of the two cells that are more than a bound."""
    return [(line, k) for line, k in ((above, i), (below, j)) if not line.bounded[k]]


def _half_width(parts: list[tuple[float, Curve]]) -> float:
    """Student's, of the difference of log means with these variances; NaN where a spread is unknown."""
    if not parts or not all(line.noisy for _, line in parts):
        return float("nan")
    total = sum(variance for variance, _ in parts)
    df = total**2 / sum(variance**2 / line.df for variance, line in parts)
    return float(student.ppf(0.975, df)) * math.sqrt(total)
