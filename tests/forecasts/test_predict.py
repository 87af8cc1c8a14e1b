"""Forecasts at primes that the laws have not seen."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from grokscope.forecasts.calibration import TimeLaws, TooFewCellsError, calibrate, solve_crossing
from grokscope.forecasts.predict import make_forecasts
from grokscope.forecasts.scores import score_forecasts
from grokscope.laws.statistics.simulation import Truth, simulate_runs

OFFSET = 10**-0.16
NAN = float("nan")


def world(p, shift=0.0):
    """T_gen grows with p, so that the power of p has something to find; `shift` moves one prime off the laws."""
    return Truth(p=p, gen_scale=250 * (p / 97) ** 1.5 * math.exp(shift), mem_spread=0.03, gen_spread=0.03)


PRIMES, HELD_OUT = (89, 97, 101, 107), 103


def places(primes=PRIMES, factor=1.0):
    return {p: world(p).crossing() * factor for p in primes}


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    return pd.concat([simulate_runs(world(p), rng, seeds=3) for p in PRIMES], ignore_index=True)


@pytest.fixture(scope="module")
def calibration(frame):
    return calibrate(frame, 2.16, places(factor=OFFSET), places(), accuracy="eval", generalising=(0.02, 1.0))


def test_the_laws_are_recovered(calibration):
    laws = calibration.laws
    assert math.exp(laws.log_b) == pytest.approx(12.5, rel=0.05)
    assert laws.a == pytest.approx(25.14, rel=0.02)
    assert laws.prime_power == pytest.approx(1.5, abs=0.3)
    assert laws.power == pytest.approx(-0.8, abs=0.03)
    assert set(calibration.memorising.by_prime) == set(calibration.generalising.by_prime) == set(PRIMES)
    assert calibration.memorising.slope == pytest.approx(laws.a, rel=1e-3)
    assert calibration.own_crossing(97) == pytest.approx(world(97).crossing(), rel=0.03)
    assert math.isnan(calibration.own_crossing(HELD_OUT))
    assert calibration.redrawn == ()


def test_laws_are_fitted_at_their_loads_alone(frame, calibration):
    assert calibration.high_load <= 0.25
    spoilt = frame.copy()
    far = (spoilt["measurement"] == "speed") & (spoilt["dataset_bits"] > 0.25 * 2.16 * spoilt["n_params"])
    assert far.any()
    spoilt.loc[far, "t_mem_eval"] = 1.0
    again = calibrate(spoilt, 2.16, {}, {}, accuracy="eval", generalising=(0.02, 1.0))
    assert again.laws == calibration.laws


def test_a_held_out_prime_is_predicted(calibration):
    truth = world(HELD_OUT)
    (made,) = make_forecasts(calibration, {HELD_OUT: truth.bits})
    assert made.crossing.value == pytest.approx(truth.crossing(), rel=0.03)
    assert made.crossing.low < truth.crossing() < made.crossing.high
    assert made.onset.value == pytest.approx(truth.crossing() * OFFSET, rel=0.03)
    assert made.capacity_threshold == pytest.approx(truth.bits / 2.16)
    assert made.nearest_prime == calibration.onsets[101]
    assert made.within
    assert made.new_prime
    (scored,) = score_forecasts([made], places([HELD_OUT], OFFSET), places([HELD_OUT]))
    assert abs(scored.forecast) < 0.02
    assert abs(scored.forecast) < abs(scored.nearest_prime) < abs(scored.capacity_threshold)
    assert (scored.onset_covered, scored.crossing_covered) == (True, True)


def test_an_interval_is_that_of_departures_of_primes_by_hand(calibration):
    """Variances of both levels, of both slopes and of the offsets, in log10 P; Satterthwaite's degrees of freedom."""
    k, c = world(HELD_OUT).bits, 2.16
    mem, gen = calibration.memorising, calibration.generalising
    offsets = [math.log10(calibration.onsets[p] / calibration.own_crossing(p)) for p in PRIMES]
    place = solve_crossing(c, calibration.laws, HELD_OUT, k)
    m = np.array([mem.by_prime[p] for p in PRIMES])
    g, x = np.array([gen.by_prime[p] for p in PRIMES]), np.log(PRIMES)
    line = np.polyfit(x, g, 1)
    leverage = 1 / 4 + (math.log(HELD_OUT) - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum()
    # How far ln P moves for a change of ln T, from a crossing of slightly other laws.
    moved = solve_crossing(c, calibration.laws._replace(log_b=calibration.laws.log_b + 1e-4), HELD_OUT, k)
    per_log = (math.log10(moved) - math.log10(place)) / 1e-4
    parts = [
        (per_log**2 * m.var(ddof=1) * 5 / 4, 3),
        (per_log**2 * ((g - np.polyval(line, x)) ** 2).sum() / 2 * (1 + leverage), 2),
        (per_log**2 * (k / (c * place) - mem.centre) ** 2 * mem.slope_variance, mem.df),
        (per_log**2 * (math.log(place) - gen.centre) ** 2 * gen.slope_variance, gen.df),
        (np.var(offsets, ddof=1) * 5 / 4, 3),
    ]
    total = sum(variance for variance, _ in parts)
    half = student.ppf(0.975, total**2 / sum(v**2 / df for v, df in parts)) * math.sqrt(total)
    (made,) = make_forecasts(calibration, {HELD_OUT: k})
    centre = math.log10(place) + np.mean(offsets)
    assert math.log10(made.onset.value) == pytest.approx(centre)
    assert math.log10(made.onset.low) == pytest.approx(centre - half, rel=1e-4)
    assert math.log10(made.onset.high) == pytest.approx(centre + half, rel=1e-4)


def test_what_a_prime_showed_is_not_used_in_its_own_forecast(calibration):
    k = calibration.bits[97]
    (made,) = make_forecasts(calibration, {97: k})
    changed = dataclasses.replace(
        calibration, onsets=calibration.onsets | {97: 10.0}, crossings=calibration.crossings | {97: 10.0}
    )
    assert make_forecasts(changed, {97: k}) == [made]
    assert not made.new_prime


def test_beyond_the_primes_of_the_calibration_is_said(calibration):
    inside, beyond = make_forecasts(calibration, {101: world(101).bits, 139: world(139).bits})
    assert inside.within
    assert not beyond.within
    assert beyond.crossing.high / beyond.crossing.low > inside.crossing.high / inside.crossing.low


@pytest.mark.parametrize(("n", "trials"), [(3, 25), (5, 15)])
def test_intervals_hold_what_is_observed_at_new_primes(n, trials):
    """Primes that depart from the laws by 15 % in either time; a smaller version of many more simulated_suites."""
    held = asked = 0
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        worlds = {p: world(p, 0.15 * rng.standard_normal()) for p in (89, 101, 109, 97, 113, 103, 107)}
        known, new = list(worlds)[:n], list(worlds)[5:]
        onset = {p: each.crossing() * 10 ** (-0.16 + 0.03 * rng.standard_normal()) for p, each in worlds.items()}
        crossing = {p: each.crossing() for p, each in worlds.items()}
        runs = pd.concat([simulate_runs(worlds[p], rng, seeds=2, widths=(40, 48, 56, 64, 80)) for p in known])
        fitted = calibrate(runs.reset_index(drop=True), 2.16, onset, crossing, accuracy="eval")
        for scored in score_forecasts(make_forecasts(fitted, {p: worlds[p].bits for p in new}), onset, crossing):
            held += scored.onset_covered + scored.crossing_covered
            asked += 2
    assert asked == 4 * trials
    # 95 % of them, give or take three binomial standard deviations of what two new primes of a world have in common.
    assert 0.86 * asked <= held < asked


def test_without_a_crossing_nothing_is_forecast(calibration):
    at_once = TimeLaws(0.0, 25.0, -50.0, 0.0, 0.0)
    (made,) = make_forecasts(dataclasses.replace(calibration, laws=at_once), {HELD_OUT: world(HELD_OUT).bits})
    assert math.isnan(made.crossing.value)
    assert math.isnan(made.onset.value)
    assert not made.within
    (scored,) = score_forecasts([made], {HELD_OUT: 1000.0}, {})
    assert math.isnan(scored.forecast)
    assert scored.onset_covered is None
    assert score_forecasts([made], {}, {}) == []


def test_one_prime_bounds_its_own_crossing_and_nothing_elsewhere(frame):
    one = calibrate(
        frame[frame["p"] == 97], 2.16, {97: 80_000.0}, {97: 1e5}, accuracy="eval", generalising=(0.02, 1.0), samples=40
    )
    own, other = make_forecasts(one, {97: world(97).bits, HELD_OUT: world(HELD_OUT).bits})
    assert own.crossing.low < world(97).crossing() < own.crossing.high
    assert math.isnan(own.onset.value)
    assert math.isnan(own.nearest_prime)
    assert one.laws.prime_power == 0
    assert math.isnan(other.crossing.low)
    assert other.onset.value == pytest.approx(
        other.crossing.value * 80_000 / solve_crossing(2.16, one.laws, 97, one.bits[97])
    )
    assert math.isnan(other.onset.low)
    assert (other.nearest_prime, other.within) == (80_000, False)
    assert math.isnan(other.power_law)


def test_too_few_cells_are_refused(frame):
    few = frame[(frame["p"] == 97) & frame["dim"].isin([64, 80, 96])]
    with pytest.raises(
        TooFewCellsError, match=r"found 3 cells with T_mem at loads f of 0 to 0\.25, expected at least 5"
    ):
        calibrate(few, 2.16, {}, {}, accuracy="eval")
