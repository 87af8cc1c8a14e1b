"""Departures of primes from a law: variances by hand, and intervals as wide as they should be with three primes."""

import math

import numpy as np
import pytest
from scipy.stats import t as student

from grokscope.forecasts.prime_effects import (
    PrimeIntercepts,
    Variance,
    fit_prime_intercepts,
    half_width,
    prime_variance,
    variance_about_mean,
    variance_about_zero,
)

PRIMES = (97, 113, 137)


def fitted(mem, rng, spread=0.01):
    """Levels of ln T = 2 + departure + 5 f at nine loads and two seeds."""
    loads = np.tile(np.linspace(0.05, 0.2, 9), 2 * len(PRIMES))
    primes = np.repeat(PRIMES, 18)
    log_times = 2 + np.repeat(mem, 18) + 5 * loads + spread * rng.standard_normal(len(loads))
    return primes, loads, log_times


def test_levels_are_those_of_every_prime():
    mem = np.array([0.1, -0.2, 0.05])
    primes, loads, log_times = fitted(mem, np.random.default_rng(0))
    found = fit_prime_intercepts(primes, loads, log_times, np.zeros(len(loads), bool), floor=1e-6)
    assert list(found.by_prime) == list(PRIMES)
    assert list(found.by_prime.values()) == pytest.approx(list(2 + mem), abs=0.02)
    assert found.slope == pytest.approx(5, abs=0.1)
    assert found.df == 54 - 4
    assert found.slope_variance == pytest.approx(0.01**2 / (54 * loads.var()), rel=0.4)


def test_a_prime_at_which_nothing_arrived_has_no_level():
    primes, loads, log_times = fitted(np.zeros(3), np.random.default_rng(0))
    found = fit_prime_intercepts(primes, loads, log_times, primes == 113, floor=1e-6)
    assert list(found.by_prime) == [97, 137]
    assert prime_variance(found, 113, powers=False).df == 1
    assert prime_variance(found, 113, powers=True).df == 0
    assert math.isnan(prime_variance(found, 113, powers=True).value)


def test_the_law_has_followed_a_prime_that_was_fitted():
    primes, loads, log_times = fitted(np.array([0.1, -0.2, 0.05]), np.random.default_rng(0))
    found = fit_prime_intercepts(primes, loads, log_times, np.zeros(len(loads), bool), floor=1e-6)
    variance = np.var(list(found.by_prime.values()), ddof=1)
    assert prime_variance(found, 113, powers=False) == pytest.approx((variance * 2 / 3, 2))
    assert prime_variance(found, 127, powers=False) == pytest.approx((variance * 4 / 3, 2))


def test_widths_add_variances_with_satterthwaites_degrees_of_freedom():
    parts = [Variance(0.04, 2), Variance(0.01, 5), Variance(0.0, 0)]
    df = 0.05**2 / (0.04**2 / 2 + 0.01**2 / 5)
    assert half_width(parts) == pytest.approx(student.ppf(0.975, df) * math.sqrt(0.05))
    assert half_width([Variance(0.0, 3)]) == 0
    assert math.isnan(half_width([Variance(0.04, 2), variance_about_mean([1.0])]))
    assert variance_about_mean([1.0, 3.0]) == pytest.approx((3.0, 1))
    assert variance_about_zero([3.0, -4.0]) == pytest.approx((12.5, 2))


def at(values):
    """Levels that are known exactly."""
    return PrimeIntercepts(dict(zip(PRIMES, values, strict=True)), 0.0, 0.0, 0.0, 10)


@pytest.mark.parametrize("spreads", [(1.0, 1.0), (1.0, 0.2), (0.2, 1.0)])
def test_three_primes_hold_a_fourth_as_often_as_they_say(spreads):
    """Departures of T_mem about a constant and of T_gen about a line in ln p, whichever of the two is larger."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(1000):
        mem, gen = (spread * rng.standard_normal(4) for spread in spreads)
        logs = np.log([*PRIMES, 103])
        laws = mem[:3].mean(), np.polyval(np.polyfit(logs[:3], gen[:3], 1), logs[3])
        parts = [prime_variance(at(mem[:3]), 103, powers=False), prime_variance(at(gen[:3]), 103, powers=True)]
        error = (mem[3] - laws[0]) - (gen[3] - laws[1])
        held += abs(error) <= half_width(parts)
    # Satterthwaite's approximation is some 3 % short where nearly all departs with one degree of freedom.
    assert (0.90 if spreads[1] > spreads[0] else 0.92) <= held / 1000 <= 0.98
