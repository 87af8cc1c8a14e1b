"""Means, correlations and lines over seeds against plain arithmetic and other libraries."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import spearmanr

from grokscope.laws.statistics.summaries import fit_trade_off, mean_over_seeds, spearman_over_seeds, standard_error

RNG = np.random.default_rng(0)
LOSS = RNG.uniform(0.0165, 0.0175, 15)
C = 2300 * LOSS - 35 + RNG.normal(0, 0.1, 15)


def test_the_interval_is_students() -> None:
    found = mean_over_seeds(np.array([1.0, 2.0, 4.0, 5.0, np.nan]))
    assert (found.value, found.n) == (3.0, 4)
    half = 3.182446 * math.sqrt(10 / 3 / 4)
    assert (found.low, found.high) == (pytest.approx(3 - half, abs=1e-5), pytest.approx(3 + half, abs=1e-5))
    assert standard_error(np.array([1.0, 2.0, 4.0, 5.0, np.nan])) == pytest.approx(math.sqrt(10 / 3 / 4))


def test_one_seed_or_none_has_no_interval() -> None:
    one, none = mean_over_seeds(np.array([2.0])), mean_over_seeds(np.array([np.nan]))
    assert (one.value, one.n, none.n) == (2.0, 1, 0)
    assert all(math.isnan(x) for x in (one.low, one.high, none.value, none.low, standard_error(np.array([2.0]))))


def test_it_holds_the_truth_as_often_as_it_says() -> None:
    draws = np.random.default_rng(0).normal(size=(2000, 6))
    held = np.mean([found.low < 0 < found.high for found in map(mean_over_seeds, draws)])
    assert held == pytest.approx(0.95, abs=0.015)


def test_a_rank_correlation_counts_those_that_never_arrive_as_equally_late() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    y = np.where(x > 0.5, np.inf, np.exp(x + rng.normal(size=200)))
    found = spearman_over_seeds(x, y)
    ranked = spearmanr(x, np.where(np.isinf(y), 1e9, y))
    assert found.value == pytest.approx(ranked.statistic)
    assert found.low < found.value < found.high
    assert spearman_over_seeds(x, np.where(np.arange(200) < 50, np.nan, y)).n == 150


def test_a_rank_correlation_that_cannot_be_is_nan() -> None:
    x = np.arange(12.0)
    assert math.isnan(spearman_over_seeds(x, np.full(12, np.inf)).value)
    assert math.isnan(spearman_over_seeds(x[:9], x[:9]).value)
    assert math.isnan(spearman_over_seeds(x, x).low)


def test_an_interval_of_a_rank_correlation_holds_0_as_often_as_it_says() -> None:
    draws = np.random.default_rng(1).normal(size=(1000, 2, 24))
    held = np.mean([found.low < 0 < found.high for found in (spearman_over_seeds(*pair) for pair in draws)])
    assert held == pytest.approx(0.95, abs=0.02)


def test_the_line_and_its_interval_are_those_of_another_library() -> None:
    fit = sm.OLS(C, sm.add_constant(LOSS)).fit()
    found = fit_trade_off(LOSS, C)
    assert found.slope[:3] == pytest.approx((fit.params[1], *fit.conf_int()[1]))
    assert (found.intercept, found.r2) == pytest.approx((fit.params[0], fit.rsquared))
    assert found.excludes_zero
    assert not fit_trade_off(LOSS, RNG.normal(size=15)).excludes_zero


def test_two_runs_or_one_loss_have_no_slope() -> None:
    for loss, c in ((LOSS[:2], C[:2]), (np.ones(5), C[:5]), (np.array([np.nan, *LOSS[:2]]), C[:3])):
        found = fit_trade_off(loss, c)
        assert np.isnan(found.slope.value)
        assert not found.excludes_zero


def test_one_seed_has_a_mean_and_no_interval() -> None:
    assert mean_over_seeds(np.array([3.0]))[:4] == pytest.approx((3.0, np.nan, np.nan, 1), nan_ok=True)
    found = mean_over_seeds(np.array([1.0, 3.0, np.nan]))
    assert (found.value, found.n) == (2.0, 2)
    assert found.low == pytest.approx(2 - 12.7062047 * 1)
    assert mean_over_seeds(np.array([np.nan])).n == 0
