"""T_mem of other data over T_mem of random inputs."""

import math

import pandas as pd
import pytest
from scipy import stats

from grokscope.laws.times.probe_ratio import estimate_probe_ratios
from run_frames import run


def frame(random, vocab, **more):
    return pd.DataFrame(
        [run("speed", 20_000, t, seed=s, **more) for s, t in enumerate(random)]
        + [run("speed", 20_000, t, seed=s, probe="vocab", **more) for s, t in enumerate(vocab)]
    )


def test_ratio_and_interval_are_welchs():
    random, vocab = (100.0, 110.0, 90.0), (200.0, 260.0, 190.0)
    (found,) = estimate_probe_ratios(frame(random, vocab), 2.0, accuracy="eval")
    gap = stats.ttest_ind(*([math.log(t) for t in times] for times in (vocab, random)), equal_var=False)
    bounds = gap.confidence_interval(0.95)
    assert found.ratio.value == pytest.approx(stats.gmean(vocab) / stats.gmean(random))
    assert (found.ratio.low, found.ratio.high) == pytest.approx((math.exp(bounds.low), math.exp(bounds.high)))
    assert (found.probe, found.ratio.n, found.load) == ("vocab", 6, pytest.approx(30_866 / 40_000))


def test_a_probe_never_memorised_bounds_the_ratio_below():
    (found,) = estimate_probe_ratios(frame((100.0, 101.0), (math.nan, math.nan), epochs=600), 2.0, accuracy="eval")
    assert math.isnan(found.ratio.value)
    assert 4 < found.ratio.low < 6
    assert math.isnan(found.ratio.high)


def test_neither_memorised_says_nothing():
    (found,) = estimate_probe_ratios(frame((math.nan,) * 2, (math.nan,) * 2), 2.0, accuracy="eval")
    assert all(math.isnan(bound) for bound in found.ratio[:3])


def test_one_run_a_cell_has_no_interval():
    (found,) = estimate_probe_ratios(frame((100.0,), (150.0,)), 2.0, accuracy="eval")
    assert found.ratio.value == pytest.approx(1.5)
    assert math.isnan(found.ratio.low)


def test_without_another_probe_there_is_no_ratio():
    assert estimate_probe_ratios(frame((100.0,), ()), 2.0, accuracy="eval") == []
