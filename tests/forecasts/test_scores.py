"""Errors in dex of a forecast and of the guesses beside it."""

import math

import pytest

from grokscope.forecasts.scores import PREDICTORS, Score, comparable_scores, rms_errors

NAN = float("nan")


def test_scores_by_hand():
    def scored(p, forecast, rival):
        return Score(p, NAN, 1000.0, forecast, 0.1, rival, NAN, 0.2, NAN, True, None)

    scores = [scored(97, 0.03, 0.5), scored(101, -0.04, -0.5), scored(103, 0.5, NAN)]
    assert [one.p for one in comparable_scores(scores)] == [97, 101]
    errors = rms_errors(scores)
    assert errors["forecast"] == pytest.approx(math.sqrt((0.03**2 + 0.04**2) / 2))
    assert (errors["crossing"], errors["capacity_threshold"]) == pytest.approx((0.1, 0.5))
    assert math.isnan(errors["power_law"])
    assert set(errors) == set(PREDICTORS)
    assert all(math.isnan(error) for error in rms_errors([]).values())
