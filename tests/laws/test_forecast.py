"""Forecasts at primes that the laws have not seen."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from grokscope.laws.calibration import calibrate
from grokscope.laws.forecast import forecast, score
from grokscope.laws.simulated import Truth, suite

OFFSET = 10**-0.16


def world(p):
    """T_gen grows with p, so that the power of p has something to find."""
    return Truth(p=p, gen_scale=250 * (p / 97) ** 1.5, mem_spread=0.03, gen_spread=0.03)


PRIMES, HELD_OUT = (89, 97, 101, 107), 113


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    return pd.concat([suite(world(p), rng, seeds=3) for p in (*PRIMES, HELD_OUT)], ignore_index=True)


@pytest.fixture(scope="module")
def calibration(frame):
    onsets = {p: world(p).crossing() * OFFSET for p in (*PRIMES, HELD_OUT)}
    return calibrate(frame, 2.16, onsets, primes=PRIMES, accuracy="eval", window=(0.02, 1.0), samples=40)


def test_the_laws_are_recovered(calibration):
    log_b, a = calibration.memorising
    assert math.exp(log_b) == pytest.approx(12.5, rel=0.05)
    assert a == pytest.approx(25.14, rel=0.02)
    _, prime_power, power = calibration.generalising
    assert prime_power == pytest.approx(1.5, abs=0.3)
    assert power == pytest.approx(-0.8, abs=0.03)
    assert set(calibration.onsets) == set(PRIMES)


def test_a_held_out_prime_is_predicted(calibration):
    truth = world(HELD_OUT)
    (made,) = forecast(calibration, {HELD_OUT: truth.bits})
    assert made.crossing.value == pytest.approx(truth.crossing(), rel=0.03)
    assert made.crossing.low < truth.crossing() < made.crossing.high
    assert made.capacity_threshold == pytest.approx(truth.bits / 2.16)
    assert made.nearest_prime == calibration.onsets[107]
    assert made.within
    (scored,) = score([made], {HELD_OUT: truth.crossing() * OFFSET})
    assert abs(scored.forecast) < 0.02
    assert abs(scored.forecast) < abs(scored.nearest_prime) < abs(scored.capacity_threshold)
    assert scored.covered


def test_the_held_out_prime_is_not_looked_at(frame, calibration):
    without = frame[frame["p"] != HELD_OUT]
    again = calibrate(without, 2.16, calibration.onsets, primes=PRIMES, accuracy="eval", window=(0.02, 1.0), samples=40)
    assert again == calibration


def test_without_a_crossing_nothing_is_forecast(calibration):
    at_once = dataclasses.replace(calibration, generalising=(-50.0, 0.0, 0.0), redrawn=())
    (made,) = forecast(at_once, {HELD_OUT: world(HELD_OUT).bits})
    assert math.isnan(made.crossing.value)
    assert math.isnan(made.onset.value)
    assert not made.within
    assert math.isnan(score([made], {HELD_OUT: 1000.0})[0].forecast)
    assert score([made], {}) == []


def test_without_onsets_only_the_crossing_is_forecast(frame):
    one = calibrate(frame, 2.16, {}, primes=[97], accuracy="eval", window=(0.02, 1.0), samples=5)
    (made,) = forecast(one, {97: world(97).bits})
    assert made.crossing.value == pytest.approx(world(97).crossing(), rel=0.05)
    assert math.isnan(made.onset.value)
    assert math.isnan(made.power_law)
    assert math.isnan(made.nearest_prime)
    assert one.generalising[1] == 0


def test_too_few_cells_are_refused(frame):
    with pytest.raises(ValueError, match="found 3 cells with T_mem, expected at least 5"):
        calibrate(frame, 2.16, {}, primes=[97], dims=[64, 80, 96], accuracy="eval")
