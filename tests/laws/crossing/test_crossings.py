"""Crossings: a sign change that the noise does not explain, or the reason why there is none."""

import math

import numpy as np
import pandas as pd
import pytest

from grokscope.laws.crossing.crossings import find_crossings
from grokscope.laws.results import CrossingCode
from grokscope.laws.statistics.simulation import Truth, simulate_runs
from run_frames import curves

P = (1000, 2000, 3000, 5000, 8000)
NOISE = (0.97, 1.0, 1.03)


def only(frame, **options):
    (found,) = find_crossings(frame, accuracy="eval", **options)
    return found


def flat(value):
    return dict.fromkeys(P, value)


def falling(scale):
    return {p: scale / p for p in P}


@pytest.mark.parametrize("rule", ["sign change", "published"])
def test_conformance_of_speed_against_constant(rule):
    params = [round(p) for p in np.geomspace(1000, 10_000, 40)]
    found = only(curves({p: 1e6 / p for p in params}, dict.fromkeys(params, 316.0)), rule=rule)
    assert found.x.value == pytest.approx(1e6 / 316, rel=0.003)
    assert found.epochs == pytest.approx(316, rel=0.003)
    assert found.code is CrossingCode.CROSSES
    assert found.rule == rule


def test_interpolation_is_straight_in_logarithms():
    found = only(curves({1000: 1000.0, 100_000: 10.0}, {1000: 100.0, 100_000: 100.0}))
    assert found.x.value == pytest.approx(10_000)


@pytest.mark.parametrize("rule", ["sign change", "published"])
def test_disjoint_widths_are_too_few(rule):
    found = only(curves({1000: 100.0, 2000: 50.0}, {3000: 80.0, 4000: 70.0}), rule=rule)
    assert found.code is CrossingCode.TOO_FEW
    assert math.isnan(found.x.value)


@pytest.mark.parametrize(("level", "code"), [(10.0, CrossingCode.ALWAYS_SLOWER), (1e5, CrossingCode.ALWAYS_FASTER)])
def test_curves_that_never_cross(level, code):
    frame = curves(falling(1e6), flat(level), seeds=NOISE)
    strict, published = only(frame), only(frame, rule="published")
    assert strict.code is code
    assert strict.all == ()
    assert math.isnan(strict.x.value)
    assert strict.certainty == 0
    # The published rule returns the end at which they are nearest.
    assert published.code is code
    assert published.x.value == pytest.approx(P[-1] if level == 10 else P[0])


def test_the_other_way_is_no_crossing():
    found = only(curves(flat(316.0), falling(1e6), seeds=NOISE))
    assert found.code is CrossingCode.WRONG_WAY
    assert math.isnan(found.x.value)
    assert len(found.all) == 1


def test_several_crossings_are_all_returned():
    mem = dict(zip(P, (400.0, 100.0, 400.0, 100.0, 50.0), strict=True))
    found = only(curves(mem, flat(200.0), seeds=NOISE))
    assert found.code is CrossingCode.MULTIPLE
    assert len(found.all) == 3
    assert found.x.value == pytest.approx(found.all[0])


def test_a_dip_within_the_noise_is_no_crossing():
    mem = dict(zip(P, (400.0, 390.0, 380.0, 300.0, 196.0), strict=True))
    found = only(curves(mem, flat(200.0), seeds=(0.8, 1.0, 1.25)))
    assert found.code is CrossingCode.UNPROVEN
    assert math.isnan(found.x.value)
    assert len(found.all) == 1
    assert 0 < found.certainty < 1


def test_a_clear_crossing_has_an_interval_and_certainty():
    found = only(curves(falling(1e6), flat(316.0), seeds=NOISE))
    assert found.x.low < 1e6 / 316 < found.x.high
    assert found.certainty == 1
    assert found == only(curves(falling(1e6), flat(316.0), seeds=NOISE))


def test_one_seed_gives_a_crossing_without_interval():
    found = only(curves(falling(1e6), flat(316.0)))
    assert math.isnan(found.x.low)
    assert math.isnan(found.certainty)


def test_a_bound_above_the_other_curve_proves_its_side():
    mem = falling(1e6) | {1000: math.nan, 2000: math.nan}
    found = only(curves(mem, flat(316.0), seeds=NOISE, epochs=600))
    assert found.code is CrossingCode.CROSSES
    assert found.x.value == pytest.approx(1e6 / 316, rel=0.02)


def test_a_bound_below_the_other_curve_says_nothing():
    mem = dict.fromkeys(P, math.nan)
    assert only(curves(mem, flat(316.0), seeds=NOISE, epochs=200)).code is CrossingCode.CENSORED
    both = only(curves(mem, dict.fromkeys(P, math.nan), seeds=NOISE, epochs=200))
    assert both.code is CrossingCode.CENSORED
    # ... while a bound on T_gen above T_mem does.
    assert only(curves(flat(100.0), mem, seeds=NOISE, epochs=200)).code is CrossingCode.ALWAYS_FASTER


def test_next_to_a_bound_the_interval_reaches_the_first_width_that_is_known():
    mem = falling(1e6) | {1000: math.nan, 2000: math.nan, 3000: math.nan}
    found = only(curves(mem, flat(250.0), seeds=NOISE, epochs=310))
    # All of 3000 outlasted 310 epochs > 250: the crossing is above 3000, and anywhere below 5000.
    assert found.code is CrossingCode.CROSSES
    assert 3000 < found.x.low < found.x.value < 5000
    assert found.x.high == pytest.approx(5000)


def test_published_rule_drops_censored_runs():
    frame = curves({1000: 1000.0, 4000: 100.0}, {1000: 200.0, 4000: 200.0}, seeds=(1.0, 1.0))
    frame.loc[frame.index[0], "t_mem_eval"] = math.nan
    with_, without = only(frame, rule="published"), only(frame.drop(index=frame.index[0]), rule="published")
    assert with_.x.value == without.x.value


def test_primes_are_apart_and_probes_too():
    frame = curves(falling(1e6), flat(316.0))
    other = frame.assign(group=101)
    both = find_crossings(pd.concat([frame, other]), accuracy="eval")
    assert [found.group for found in both] == [97, 101]
    assert find_crossings(frame, accuracy="eval", probe="vocab") == []


def test_simulated_truth_lies_in_the_interval():
    truth = Truth()
    found = only(simulate_runs(truth, np.random.default_rng(1), seeds=4), samples=50)
    assert found.code is CrossingCode.CROSSES
    assert found.x.low < truth.crossing() < found.x.high


def test_one_arrival_a_cell_beside_censored_runs_gives_no_interval():
    frame = curves(falling(1e6), flat(316.0), seeds=(1.0, 1.0))
    second = (frame["seed"] == 1) & (frame["measurement"] == "speed")
    frame.loc[second, ["t_mem_eval", "epochs"]] = [math.nan, 10]
    found = only(frame)
    assert found.code is CrossingCode.CROSSES
    assert math.isnan(found.x.low)
    assert found.x.value == pytest.approx(1e6 / 316, rel=0.02)


def test_curves_that_touch_are_not_always_slower():
    found = only(curves(falling(1e6), {p: 1e6 / p - (0 if p == 3000 else 20) for p in P}, seeds=NOISE))
    assert found.code is CrossingCode.UNPROVEN
    assert found.all == ()


@pytest.mark.parametrize("rule", ["sign change", "published"])
def test_a_rising_crossing_is_the_falling_one_seen_from_the_other_side(rule):
    rising = curves({p: p / 10 for p in P}, flat(300.0), seeds=NOISE)
    found = only(rising, rule=rule, rising=True)
    assert found.code is CrossingCode.CROSSES
    assert found.x.value == pytest.approx(3000, rel=0.02)
    assert only(rising, rule=rule).code is CrossingCode.WRONG_WAY
    slow = curves(flat(1000.0), flat(100.0), seeds=NOISE)
    assert only(slow, rule=rule, rising=True).code is only(slow, rule=rule).code is CrossingCode.ALWAYS_SLOWER
