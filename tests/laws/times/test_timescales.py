"""T of a cell: Student's where all arrive, honest bounds where they do not."""

import math

import lifelines
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from grokscope.laws.times.timescales import estimate_timescales, geometric_mean, kaplan_meier_median
from run_frames import run


def arrived(*times):
    return np.array(times, float), np.zeros(len(times), bool)


def test_uncensored_geometric_mean_is_students():
    times, censored = arrived(100, 120, 150, 90)
    found = geometric_mean(times, censored)
    expected = stats.ttest_1samp(np.log(times), 0).confidence_interval(0.95)
    assert found.value == pytest.approx(stats.gmean(times))
    assert (found.low, found.high) == pytest.approx((math.exp(expected.low), math.exp(expected.high)))


def test_two_seeds_give_a_wide_interval():
    found = geometric_mean(*arrived(100, 120))
    assert found.high / found.low > 5


def test_equal_seeds_are_not_exact():
    found = geometric_mean(*arrived(35, 35))
    assert found.low < 35 * 0.95
    assert found.high > 35 * 1.05


def test_censored_runs_pull_the_mean_up_and_widen_the_interval():
    times, censored = np.array([100.0, 120, 150, 160]), np.array([False, False, False, True])
    found, dropped = geometric_mean(times, censored), geometric_mean(times[:3], censored[:3])
    assert found.value > dropped.value
    assert found.high > dropped.high
    theirs = lifelines.LogNormalFitter().fit(times, ~censored)
    assert found.value == pytest.approx(math.exp(theirs.mu_), rel=1e-3)


def test_profile_interval_meets_students_as_censoring_vanishes():
    times = np.array([100.0, 120, 150, 90, 1e-9])
    late = np.append(np.zeros(4, bool), True)
    # A run censored at once says nothing: the interval must be that of the other four.
    found, alone = geometric_mean(times, late), geometric_mean(*arrived(100, 120, 150, 90))
    assert found[:3] == pytest.approx(alone[:3], rel=1e-4)


@pytest.mark.parametrize("n", [1, 2, 6])
def test_no_arrival_is_at_most_a_lower_bound(n):
    found = geometric_mean(np.full(n, 500.0), np.ones(n, bool))
    assert math.isnan(found.value)
    assert math.isnan(found.high)
    assert found.low == 500 if n == 6 else math.isnan(found.low)


def test_one_run_has_no_interval():
    found = geometric_mean(*arrived(80))
    assert found.value == 80
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_kaplan_meier_needs_six_runs_for_an_interval():
    assert math.isnan(kaplan_meier_median(*arrived(1, 2, 3, 4)).low)
    found = kaplan_meier_median(*arrived(1, 2, 3, 4, 5, 6, 7, 8))
    assert found.low < found.value < found.high
    mostly_censored = kaplan_meier_median(np.array([3.0, 9, 9]), np.array([False, True, True]))
    assert math.isnan(mostly_censored.value)


def test_cells_carry_load_counts_and_the_published_mean():
    frame = pd.DataFrame(
        [run("speed", 20_000, t, seed=s, epochs=300) for s, t in enumerate([100.0, 200.0, math.nan])]
        + [run("speed", 20_000, 90.0, probe="vocab"), run("groks", 20_000, 50.0)]
    )
    cells = estimate_timescales(frame, 2.0, accuracy="running")
    assert [(c.quantity, c.probe, c.accuracy) for c in cells] == [
        ("T_mem", "random", "running"),
        ("T_mem", "vocab", "running"),
        ("T_gen", "task", "eval"),
    ]
    first = cells[0]
    assert (first.n_censored, first.longest, first.published_mean) == (1, 300, 150.0)
    assert first.load == pytest.approx(30_866 / 40_000)
    assert first.lognormal.value > first.published_mean * 0.95
    assert math.isnan(estimate_timescales(frame, math.nan, accuracy="eval")[0].load)


@given(st.integers(0, 10_000), st.integers(6, 24), st.sampled_from([0.0, 0.2, 0.5]))
def test_the_median_is_that_of_another_library(seed, n, share):
    rng = np.random.default_rng(seed)
    times = np.ceil(np.exp(rng.normal(3, 0.7, n)))
    censored = rng.random(n) < share
    found, other = kaplan_meier_median(times, censored), lifelines.KaplanMeierFitter().fit(times, ~censored)
    if (abs(other.survival_function_.iloc[:, 0] - 0.5) < 1e-9).any():
        return  # Exactly half are left: it depends on the rounding of a product whether that is at most half.
    low, high = lifelines.utils.median_survival_times(other.confidence_interval_).to_numpy(float)[0]
    expected = np.array([other.median_survival_time_, low, high])
    np.testing.assert_array_equal(found[:3], np.where(np.isfinite(expected), expected, np.nan))
