"""Nested least squares of the onset: what is in each model's table, and how two models compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import f as fisher
from statsmodels.regression.linear_model import OLS

from grokscope.laws.arrays import Array


class LinearModel(NamedTuple):
    """A fitted least-squares model: columns, residual sum of squares, residual degrees of freedom, R squared."""

    matrix: Array
    rss: float
    df: int
    r_squared: float
    adjusted: float
    fitted: Array


class FTest(NamedTuple):
    """F test of a model against one nested in it. NaN where the larger adds nothing or leaves nothing over."""

    f: float
    p: float
    added: int
    df: int


def design_columns(table: pd.DataFrame, names: Sequence[str]) -> Array:
    """Design matrix without an intercept: numeric columns raw, others one-hot with the first level dropped.

    Args:
        table: n rows.
        names: its columns to use.

    Returns:
        (n, k).

    Source: method 5.11.
    """
    parts = [np.empty((len(table), 0))]
    for name in names:
        column = table[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            parts.append(column.to_numpy(float)[:, None])
        else:
            parts.append(pd.get_dummies(column, drop_first=True).to_numpy(float))
    return np.hstack(parts)


def independent_columns(matrix: Array, kept: int = 1) -> Array:
    """Drop the columns that those before them already span: they predict nothing of their own.

    Args:
        matrix: (n, k).
        kept: so many first columns stay whatever they are.

    Returns:
        (n, k or fewer).

    Source: method 5.12.
    """
    chosen = list(range(kept))
    scaled = matrix / np.maximum(np.linalg.norm(matrix, axis=0), 1e-300)
    for j in range(kept, matrix.shape[1]):
        if np.linalg.matrix_rank(scaled[:, [*chosen, j]], tol=1e-8) == len(chosen) + 1:
            chosen.append(j)
    return np.asarray(matrix[:, chosen])


def fit_model(response: Array, *blocks: Array, nominal: bool = False) -> LinearModel | None:
    """Fit least squares on an intercept and blocks of columns.

    Args:
        response: (n,).
        blocks: (n, k) each.
        nominal: count every column as one, as published, even if it is constant or repeats others.

    Returns:
        None if the columns leave no degree of freedom.

    Source: method 5.11.
    """
    n = len(response)
    matrix = np.hstack([np.ones((n, 1)), *blocks])
    if not nominal:
        matrix = independent_columns(matrix)
    k = matrix.shape[1]
    if k >= n:
        return None
    coef, *_ = np.linalg.lstsq(matrix, response, rcond=None)
    fitted = matrix @ coef
    rss, total = float(np.sum((response - fitted) ** 2)), float(np.sum((response - response.mean()) ** 2))
    r_squared = 1 - rss / total if total > 0 else float("nan")
    return LinearModel(matrix, rss, n - k, r_squared, 1 - (1 - r_squared) * (n - 1) / (n - k), fitted)


def f_test(big: LinearModel | None, small: LinearModel | None) -> FTest:
    """Test a model against one nested in it: F = ((RSS_small - RSS_big) / added) / (RSS_big / df), at least 0.

    Source: method 5.11.
    """
    if big is None or small is None or small.df <= big.df or big.rss <= 0:
        return FTest(float("nan"), float("nan"), 0, big.df if big else 0)
    added = small.df - big.df
    f = max(0.0, (small.rss - big.rss) / added / (big.rss / big.df))
    return FTest(f, float(fisher.sf(f, added, big.df)), added, big.df)


def clustered_f_test(big: LinearModel | None, small: LinearModel | None, response: Array, groups: Array) -> FTest:
    """Test the same where cells of one group share data: Wald F with a covariance clustered by group.

    Args:
        response, groups: (n,).

    Returns:
        NaN where there are no more groups than columns under test.

    Source: method 5.12.
    """
    plain = f_test(big, small)
    n_groups = len(np.unique(groups))
    if big is None or small is None or not plain.added or n_groups == len(response):
        return plain
    if n_groups <= plain.added + 1:
        return FTest(float("nan"), float("nan"), plain.added, n_groups - 1)
    k = small.matrix.shape[1]
    # The columns of the larger model, rewritten so that the smaller one's come first.
    extra = independent_columns(np.hstack([small.matrix, big.matrix]), kept=k)
    found = OLS(response, extra).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    test = found.f_test(np.eye(extra.shape[1])[k:])
    return FTest(float(np.squeeze(test.fvalue)), float(np.squeeze(test.pvalue)), plain.added, n_groups - 1)
