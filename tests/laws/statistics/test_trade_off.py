"""A line with an interval, and means over seeds."""

import numpy as np
import pytest
import statsmodels.api as sm

from grokscope.laws.statistics.trade_off import over_seeds, trade_off

RNG = np.random.default_rng(0)
LOSS = RNG.uniform(0.0165, 0.0175, 15)
C = 2300 * LOSS - 35 + RNG.normal(0, 0.1, 15)


def test_the_line_and_its_interval_are_those_of_another_library() -> None:
    fit = sm.OLS(C, sm.add_constant(LOSS)).fit()
    found = trade_off(LOSS, C)
    assert found.slope[:3] == pytest.approx((fit.params[1], *fit.conf_int()[1]))
    assert (found.intercept, found.r2) == pytest.approx((fit.params[0], fit.rsquared))
    assert found.shows
    assert not trade_off(LOSS, RNG.normal(size=15)).shows


def test_two_runs_or_one_loss_have_no_slope() -> None:
    for loss, c in ((LOSS[:2], C[:2]), (np.ones(5), C[:5]), (np.array([np.nan, *LOSS[:2]]), C[:3])):
        found = trade_off(loss, c)
        assert np.isnan(found.slope.value)
        assert not found.shows


def test_one_seed_has_a_mean_and_no_interval() -> None:
    assert over_seeds(np.array([3.0]))[:4] == pytest.approx((3.0, np.nan, np.nan, 1), nan_ok=True)
    found = over_seeds(np.array([1.0, 3.0, np.nan]))
    assert (found.value, found.n) == (2.0, 2)
    assert found.low == pytest.approx(2 - 12.7062047 * 1)
    assert over_seeds(np.array([np.nan])).n == 0
