"""The onset rule on plain arrays: the next x past the last one without a delay. Source: method 5.6."""

from __future__ import annotations

import numpy as np

from grokscope.laws.arrays import Array
from grokscope.laws.results import OnsetCode

_NAN = float("nan")


def apply_onset_rule(x: Array, delayed: Array) -> tuple[float, OnsetCode]:
    """Apply the rule to one delay at every x.

    Args:
        x: (k,) ascending.
        delayed: (k,) delays in epochs, NaN where there is none; or, of shares, 1 where most seeds grok and 0 elsewhere.

    Returns:
        x of the onset, NaN without one, and why.

    Source: method 5.6.
    """
    known = delayed[~np.isnan(delayed)]
    at = int(onset_indices(delayed[None])[0])
    if not len(known):
        return _NAN, OnsetCode.NO_CELLS
    if at < 0:
        return float(x[~np.isnan(delayed)][0]), OnsetCode.FROM_SMALLEST
    if at < len(x):
        return float(x[at]), OnsetCode.FOUND
    return _NAN, OnsetCode.NEVER if (known == 0).all() else OnsetCode.NOT_YET


def onset_indices(delayed: Array) -> Array:
    """Index of the onset in each row of delays.

    Args:
        delayed: (rows, k) in epochs, x ascending, NaN where there is none.

    Returns:
        (rows,) -1 where the onset lies before the first x, k where there is none.

    Source: method 5.6.
    """
    n = delayed.shape[1]
    columns = np.arange(n)
    last = np.where(delayed == 0, columns, -1).max(axis=1, initial=-1)
    beyond = np.where(~np.isnan(delayed) & (columns > last[:, None]), columns, n).min(axis=1, initial=n)
    return np.where((last < 0) & (beyond < n), -1, beyond)


def least_over_seeds(grid: Array) -> Array:
    """Least delay over the seeds that have one.

    Args:
        grid: (..., seeds, k) delays in epochs, NaN where a seed has none.

    Returns:
        (..., k) in epochs; NaN where no seed has one.

    Source: method 5.6.
    """
    found = np.min(np.where(np.isnan(grid), np.inf, grid), axis=-2, initial=np.inf)
    return np.where(np.isinf(found), np.nan, found)


def median_over_seeds(grid: Array) -> Array:
    """Median delay over the seeds that have one, the lower of two.

    Args:
        grid: (..., seeds, k) delays in epochs, NaN where a seed has none.

    Returns:
        (..., k) in epochs; NaN where no seed has one.

    Source: method 5.6.
    """
    if not grid.shape[-2]:
        return np.full((*grid.shape[:-2], grid.shape[-1]), np.nan)
    ordered, known = np.sort(grid, axis=-2), (~np.isnan(grid)).sum(axis=-2, keepdims=True)
    return np.take_along_axis(ordered, np.maximum(known - 1, 0) // 2, axis=-2)[..., 0, :]
