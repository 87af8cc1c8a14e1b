"""T_mem against load: the form that made the data is found, and its numbers with it."""

import math

import numpy as np
import pytest

from grokscope.laws.statistics.simulation import Truth, simulate_runs
from grokscope.laws.times.memorisation import FORMS, fit_memorisation, predict_memorisation
from run_frames import curves

TRUTH = Truth(mem_spread=0.05)


@pytest.fixture(scope="module")
def laws():
    return fit_memorisation(
        simulate_runs(TRUTH, np.random.default_rng(0), seeds=3), TRUTH.bits_per_param, accuracy="eval", samples=30
    )


def test_the_published_form_wins_where_it_is_true(laws):
    pooled, of_prime = laws
    assert (pooled.group, of_prime.group) == (None, 97)
    exponential = next(form for form in pooled.forms if form.name == "exponential")
    assert exponential.delta < 2
    assert exponential.a.low < TRUTH.mem_rate < exponential.a.high
    assert exponential.b.low < TRUTH.mem_scale < exponential.b.high
    assert exponential.r_squared > 0.99
    assert {form.name for form in pooled.forms} == set(FORMS)
    assert [form.delta for form in pooled.forms] == sorted(form.delta for form in pooled.forms)
    assert sum(form.share_best for form in pooled.forms) == pytest.approx(1)
    stretched = next(form for form in pooled.forms if form.name == "stretched exponential")
    assert stretched.exponent == pytest.approx(1, abs=0.1)


def test_censored_runs_are_in_the_likelihood_and_counted(laws):
    assert laws[0].n_censored == 6
    assert laws[0].n == 27
    assert laws[0].low_load == pytest.approx(TRUTH.bits / (2.16 * TRUTH.n_params(128)))
    assert laws[0].high_load == pytest.approx(TRUTH.bits / (2.16 * TRUTH.n_params(32)))


def test_prediction_follows_the_form(laws):
    exponential = next(form for form in laws[0].forms if form.name == "exponential")
    expected = exponential.b.value * math.exp(exponential.a.value * 0.1)
    assert predict_memorisation(exponential, 0.1) == pytest.approx(expected)


def test_a_power_law_is_told_from_an_exponential():
    bits = 30_866.0
    params = [round(bits / (2.16 * f)) for f in np.geomspace(0.02, 0.5, 12)]
    frame = curves({p: 2000 * (bits / (2.16 * p)) ** 1.5 for p in params}, {}, seeds=(0.98, 1.02))
    best = fit_memorisation(frame, 2.16, accuracy="eval", samples=0)[0].forms[0]
    assert best.name == "power"
    assert best.a.value == pytest.approx(1.5, abs=0.02)
    assert math.isnan(best.share_best)


def test_overfull_nets_are_left_out_and_few_cells_give_no_law():
    frame = curves({10_000: 900.0} | {p: 1e7 / p for p in range(20_000, 70_000, 10_000)}, {})
    law = fit_memorisation(frame, 2.16, accuracy="eval", samples=0)[0]
    assert (law.n, law.n_left_out) == (5, 1)
    assert fit_memorisation(frame[frame["n_params"] < 60_000], 2.16, accuracy="eval") == []


def test_without_c_there_is_no_load():
    with pytest.raises(ValueError, match="capacity_constant: found nan"):
        fit_memorisation(curves({}, {1000: 1.0}), math.nan, accuracy="eval")
