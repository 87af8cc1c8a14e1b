"""Times of single cells: by the law, by their neighbours, and how far off."""

import math

import numpy as np
import pandas as pd
import pytest

from grokscope.forecasts.calibration import calibrate
from grokscope.forecasts.times import (
    GUESSES,
    CellForecast,
    TimeCell,
    TimeScore,
    predict_times,
    rms_time_errors,
    score_times,
)
from grokscope.laws.statistics.simulation import Truth, simulate_runs
from grokscope.laws.times.timescales import estimate_timescales

PRIMES, WIDTHS = (89, 97, 107), (40, 48, 56, 64, 80, 96)


def world(p):
    return Truth(p=p, gen_scale=250 * (p / 97) ** 1.5, mem_spread=0.02, gen_spread=0.02)


def cells(p, dim):
    truth = world(p)
    return [TimeCell(quantity, p, dim, truth.n_params(dim), truth.bits) for quantity in ("T_mem", "T_gen")]


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    frame = pd.concat([simulate_runs(world(p), rng, seeds=3, widths=WIDTHS) for p in PRIMES], ignore_index=True)
    known = estimate_timescales(frame, 2.16, accuracy="eval")
    return calibrate(frame, 2.16, {}, {}, accuracy="eval", generalising=(0.02, 1.0)), known


def test_a_new_prime_is_foretold_by_the_law_and_missed_by_its_neighbours(fitted):
    truth = world(101)
    mem, gen = predict_times(*fitted, cells(101, 72))
    params = truth.n_params(72)
    assert mem.law == pytest.approx(float(truth.t_mem(params)), rel=0.05)
    assert gen.law == pytest.approx(float(truth.t_gen(params)), rel=0.05)
    assert mem.new_prime
    assert gen.new_prime
    # The nearest prime is 97: between its widths 64 and 80, and at whichever has the nearer P.
    near = world(97)
    ends = [near.n_params(dim) for dim in (64, 80)]
    by_hand = np.interp(math.log(params), np.log(ends), np.log(near.t_mem(np.array(ends))))
    assert mem.interpolated == pytest.approx(math.exp(by_hand), rel=0.05)
    nearest = min((64, 80), key=lambda dim: abs(math.log(near.n_params(dim) / params)))
    assert gen.nearest_cell == pytest.approx(float(near.t_gen(near.n_params(nearest))), rel=0.05)


def test_loads_at_which_nothing_was_fitted_are_told(fitted):
    narrow, wide = predict_times(*fitted, [cells(101, 20)[0], cells(101, 72)[0]])
    assert narrow.load > 0.25 > wide.load
    assert (narrow.within, wide.within) == (False, True)


def test_scores_are_dex_of_what_was_observed(fitted):
    _, known = fitted
    made = CellForecast("T_gen", 97, 64, 1, 0.1, False, True, 100.0, 1000.0, math.nan)
    unseen = made._replace(dim=999)
    (scored,) = score_times([made, unseen], known, "random")
    observed = next(t.lognormal.value for t in known if (t.quantity, t.group, t.dim) == ("T_gen", 97, 64))
    assert scored.observed == observed
    assert scored.law == pytest.approx(math.log10(observed / 100))
    assert scored.interpolated == pytest.approx(scored.law - 1)
    assert math.isnan(scored.nearest_cell)


def test_typical_errors_are_over_the_cells_at_which_all_speak():
    def one(law, interpolated, nearest):
        return TimeScore(None, 1.0, law, interpolated, nearest)

    found = rms_time_errors([one(0.3, 0.1, 0.0), one(-0.4, 0.1, 0.2), one(9.0, math.nan, 9.0)])
    assert found == pytest.approx({"law": math.sqrt(0.125), "interpolated": 0.1, "nearest_cell": math.sqrt(0.02)})
    assert all(math.isnan(rms_time_errors([])[guess]) for guess in GUESSES)
