"""Censored regression against lifelines and against ordinary least squares."""

import lifelines
import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from grokscope.laws.statistics import censored_regression


def sample(n=60, cut=1.5, seed=0):
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 1, n)
    values = 1 + x + 0.4 * rng.standard_normal(n)
    censored = values > cut
    return np.column_stack([np.ones(n), x]), np.minimum(values, cut), censored


def test_uncensored_is_least_squares():
    design, values, _ = sample(cut=np.inf)
    ours, theirs = censored_regression.fit(design, values, np.zeros(len(values), bool)), sm.OLS(values, design).fit()
    np.testing.assert_allclose(ours.coef, theirs.params, rtol=1e-9)
    np.testing.assert_allclose(ours.covariance, theirs.cov_params(), rtol=1e-9)
    assert ours.sigma == pytest.approx(np.sqrt(theirs.mse_resid))
    assert ours.log_likelihood == pytest.approx(theirs.llf)


def test_censored_agrees_with_lifelines():
    _, values, censored = sample()
    ours = censored_regression.fit(np.ones((len(values), 1)), values, censored)
    theirs = lifelines.LogNormalFitter().fit(np.exp(values), ~censored)
    assert censored.mean() > 0.3
    assert ours.coef[0] == pytest.approx(theirs.mu_, abs=1e-4)
    m = (~censored).sum()
    assert ours.sigma == pytest.approx(theirs.sigma_ * np.sqrt(m / (m - 1)), abs=1e-3)


def test_the_fit_is_a_maximum():
    design, values, censored = sample()
    found = censored_regression.fit(design, values, censored)
    m = int((~censored).sum())
    sigma = found.sigma * np.sqrt((m - 2) / m)
    for shift in ([0.02, 0], [-0.02, 0], [0, 0.02], [0, -0.02]):
        z = (design @ (found.coef + shift) - values) / sigma
        assert censored_regression.log_likelihood(z, sigma, censored) < found.log_likelihood


def test_equal_values_keep_the_floor():
    found = censored_regression.fit(np.ones((3, 1)), np.full(3, 2.0), np.zeros(3, bool), floor=0.01)
    assert found.coef[0] == pytest.approx(2.0)
    assert found.sigma == pytest.approx(0.01 * np.sqrt(1.5))
    early = censored_regression.fit(
        np.ones((3, 1)), np.array([2.0, 2.0, 1.0]), np.array([False, False, True]), floor=0.01
    )
    assert early.coef[0] == pytest.approx(2.0, abs=1e-3)


def test_too_few_arrivals_are_refused():
    with pytest.raises(ValueError, match="found 1 uncensored values, expected at least 2"):
        censored_regression.fit(np.eye(2), np.zeros(2), np.array([True, False]))


@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(0, 6))
def test_condensed_observations_have_the_likelihood_of_all(seed, n_seen, n_censored):
    rng = np.random.default_rng(seed)
    values = np.r_[rng.normal(2, 0.7, n_seen), rng.choice([3.0, 4.0], n_censored)]
    censored = np.arange(len(values)) >= n_seen
    few, beyond, counts = censored_regression.compress_observations(values, censored)
    assert len(few) <= 4
    for mean, sigma in ((1.5, 0.3), (2.5, 1.2)):
        whole = censored_regression.log_likelihood((mean - values) / sigma, sigma, censored)
        assert censored_regression.log_likelihood((mean - few) / sigma, sigma, beyond, counts) == pytest.approx(whole)


def test_a_fit_of_counts_is_the_fit_of_all():
    rng = np.random.default_rng(1)
    x = np.repeat(np.arange(6.0), 9)
    values = np.minimum(0.5 * x + rng.normal(0, 0.4, len(x)), 2.4)
    censored = values == 2.4
    whole = censored_regression.fit(np.column_stack([np.ones_like(x), x]), values, censored)
    cells = [(at, *censored_regression.compress_observations(values[x == at], censored[x == at])) for at in range(6)]
    few_x = np.concatenate([np.full(len(few), float(at)) for at, few, _, _ in cells])
    few, beyond, counts = (np.concatenate([cell[i] for cell in cells]) for i in (1, 2, 3))
    design = np.column_stack([np.ones_like(few_x), few_x])
    for start in (None, whole.theta):
        again = censored_regression.fit(design, few, beyond, counts=counts, start=start)
        np.testing.assert_allclose(again.coef, whole.coef, rtol=1e-6)
        np.testing.assert_allclose(again.covariance, whole.covariance, rtol=1e-5)
        assert (again.df, again.log_likelihood) == (whole.df, pytest.approx(whole.log_likelihood))
