"""The onset rule on plain arrays: the next x past the last one without a delay. Source: method 5.6."""

from __future__ import annotations

import numpy as np

from grokscope.laws.arrays import Array
from grokscope.laws.results import OnsetCode

_NAN = float("nan")


def apply_onset_rule(x: Array, delayed: Array) -> tuple[float, OnsetCode]:
    """(x of the onset or NaN, why) from one delay at every x, ascending; NaN where there is none."""
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
    """(rows,) of (rows, k): the index of the onset, -1 before the first, k if there is none."""
    n = delayed.shape[1]
    columns = np.arange(n)
    last = np.where(delayed == 0, columns, -1).max(axis=1, initial=-1)
    beyond = np.where(~np.isnan(delayed) & (columns > last[:, None]), columns, n).min(axis=1, initial=n)
    return np.where((last < 0) & (beyond < n), -1, beyond)


def least_over_seeds(grid: Array) -> Array:
    """Least delay over seeds (the last axis but one), of the seeds that have one; NaN if none has."""
    found = np.min(np.where(np.isnan(grid), np.inf, grid), axis=-2, initial=np.inf)
    return np.where(np.isinf(found), np.nan, found)


def median_over_seeds(grid: Array) -> Array:
    """Median delay over seeds likewise, the lower of two."""
    if not grid.shape[-2]:
        return np.full((*grid.shape[:-2], grid.shape[-1]), np.nan)
    ordered, known = np.sort(grid, axis=-2), (~np.isnan(grid)).sum(axis=-2, keepdims=True)
    return np.take_along_axis(ordered, np.maximum(known - 1, 0) // 2, axis=-2)[..., 0, :]
