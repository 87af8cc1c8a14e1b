"""How good a forecast was: what was observed at held-out primes against it, and against guesses that know no law."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grokscope.forecasts.predict import Forecast
from grokscope.laws.results import Estimate
from grokscope.laws.statistics.agreement import dex

PREDICTORS = ("forecast", "crossing", "capacity_threshold", "power_law", "nearest_prime")
"""Ways to foretell the onset, each a field of `Score`: ours, the crossing itself, and three that know no law."""

_NAN = float("nan")


@dataclass(frozen=True)
class Score:
    """Observations at one prime, and log10(observed onset / predicted), in dex, of every predictor.

    Attributes:
        observed_crossing, observed_onset: in parameters; NaN where there is none.
        forecast, crossing, capacity_threshold, power_law, nearest_prime: dex of the onset; NaN where unknown.
        crossing_error: log10(observed crossing / forecast crossing), in dex.
        onset_covered, crossing_covered: whether the interval holds it; None without interval or observation.
    """

    p: int
    observed_crossing: float
    observed_onset: float
    forecast: float
    crossing: float
    capacity_threshold: float
    power_law: float
    nearest_prime: float
    crossing_error: float
    onset_covered: bool | None
    crossing_covered: bool | None


def score_forecasts(
    forecasts: Iterable[Forecast], onsets: Mapping[int, float], crossings: Mapping[int, float]
) -> list[Score]:
    """Score how far, in dex, each forecast and each baseline was off; a prime with neither observation is left out.

    Args:
        onsets, crossings: P of what was observed on held-out runs alone, by prime.

    Source: method 6.5.
    """
    return [
        _score(made, onsets.get(made.p, _NAN), crossings.get(made.p, _NAN))
        for made in forecasts
        if onsets.get(made.p, _NAN) > 0 or crossings.get(made.p, _NAN) > 0
    ]


def rms_errors(scores: Sequence[Score]) -> dict[str, float]:
    """Root mean square in dex of every predictor of the onset, all over the same primes; NaN where it never spoke.

    Source: method 6.5.
    """
    shared = comparable_scores(scores)
    return {
        name: math.sqrt(sum(getattr(score, name) ** 2 for score in shared) / len(shared)) if shared else _NAN
        for name in PREDICTORS
    }


def comparable_scores(scores: Sequence[Score]) -> list[Score]:
    """Select the scores at which every predictor of the onset speaks that speaks anywhere (method 6.5)."""
    spoke = [name for name in PREDICTORS if any(math.isfinite(getattr(score, name)) for score in scores)]
    return [score for score in scores if spoke and all(math.isfinite(getattr(score, name)) for name in spoke)]


def _score(made: Forecast, onset: float, crossing: float) -> Score:
    return Score(
        p=made.p,
        observed_crossing=crossing,
        observed_onset=onset,
        forecast=dex(onset, made.onset.value),
        crossing=dex(onset, made.crossing.value),
        capacity_threshold=dex(onset, made.capacity_threshold),
        power_law=dex(onset, made.power_law),
        nearest_prime=dex(onset, made.nearest_prime),
        crossing_error=dex(crossing, made.crossing.value),
        onset_covered=_covers(made.onset, onset),
        crossing_covered=_covers(made.crossing, crossing),
    )


def _covers(expected: Estimate, observed: float) -> bool | None:
    if any(map(math.isnan, (expected.low, expected.high, observed))):
        return None
    return expected.low <= observed <= expected.high
