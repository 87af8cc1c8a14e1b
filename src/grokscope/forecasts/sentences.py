"""A forecast in words: what it rests on, what it said of every prime, what came of it, and who foretold it best."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from grokscope.forecasts.evaluate import ScoredForecast, StandingForecast
from grokscope.forecasts.scores import PREDICTORS, Score, comparable_scores, rms_errors
from grokscope.forecasts.times import TimeScore, rms_time_errors
from grokscope.report import words

PREDICTOR_LABELS = {
    "forecast": "forecast",
    "crossing": "crossing alone",
    "capacity_threshold": "P_mem",
    "power_law": "power of p",
    "nearest_prime": "nearest prime",
}


GUESS_LABELS = {
    "law": "law",
    "interpolated": "interpolation at the nearest calibrated prime",
    "nearest_cell": "nearest calibrated cell",
}


class ForecastLine(NamedTuple):
    """One prime in words: what was foretold and observed, and the error of each predictor of the onset in dex."""

    title: str
    crossing: str
    crossing_observed: str
    onset: str
    onset_observed: str
    errors: tuple[str, ...]


def row_title(row: ScoredForecast) -> str:
    """The prime and the setting, and whether its widths alone are new."""
    words_of = [f"p = {row.forecast.p}", *(f"{key} {value}" for key, value in row.setting.items())]
    return ", ".join(words_of) + ("" if row.forecast.new_prime else ", new widths")


def forecast_lines(standing: StandingForecast) -> list[ForecastLine]:
    """A line a prime and setting."""
    return [_line(row) for row in standing.rows]


def signed_dex(value: float) -> str:
    """A distance in dex with its sign."""
    return words.ABSENT if math.isnan(value) else f"{value:+.3f}".replace("-", "−")


def describe_basis(standing: StandingForecast) -> str:
    """Say what a forecast was made of and when, and how much could have been known by then."""
    primes = ", ".join(map(str, standing.primes)) or "all"
    dims = ", ".join(map(str, standing.dims)) or "all"
    earlier = f" It superseded {', '.join(standing.superseded)}." if standing.superseded else ""
    return (
        f"By {standing.accuracy} accuracy: {standing.id}, {describe_freezing(standing)}; from "
        f"{standing.n_runs:,} runs at primes {primes} and widths {dims}.{earlier}"
    )


def describe_freezing(standing: StandingForecast) -> str:
    """Say when a forecast was frozen, and how much could have been known by then."""
    done, n = standing.held_out_done, standing.held_out
    known = f"when {done:,} of {n:,} held-out runs were done"
    if done in (0, n):
        known = f"after the fact: all {n:,} held-out runs were done" if done else "before any held-out run was done"
    return f"frozen {standing.made[:16].replace('T', ' ')} UTC, {known}"


def describe_errors(standing: StandingForecast) -> Iterator[str]:
    """Say how far off every predictor was, at new primes and at new widths; what waits; what could not be forecast."""
    for new_prime, where in ((True, "new primes"), (False, "calibrated primes at new widths")):
        scores = standing.scores(new_prime=new_prime)
        if onsets := comparable_scores(scores):
            yield _of_onsets(onsets, where)
        if crossings := [one for one in scores if math.isfinite(one.crossing_error)]:
            yield _of_crossings(crossings, where)
        for quantity in ("T_mem", "T_gen"):
            cells = [each.score for each in standing.times if each.score.forecast.quantity == quantity]
            cells = [each for each in cells if each.forecast.new_prime is new_prime]
            if cells:
                yield _of_times(cells, f"{quantity} of {where}")
    if waiting := [row_title(row) for row in standing.rows if row.waiting]:
        yield f"Not scored yet, since held-out runs are to be done: {'; '.join(waiting)}."
    for setting, reason in standing.refused:
        where = ", ".join(f"{key} {value}" for key, value in setting.items()) or "any prime"
        yield f"No forecast at {where}: {reason}."


def _of_onsets(scores: list[Score], where: str) -> str:
    errors = rms_errors(scores)
    sizes = [f"{PREDICTOR_LABELS[name]} {errors[name]:.3f}" for name in PREDICTORS if not math.isnan(errors[name])]
    held = _coverage([score.onset_covered for score in scores])
    return f"At {len(scores)} {where} the onset was missed, root mean square in dex, by: {', '.join(sizes)}{held}."


def _of_crossings(scores: list[Score], where: str) -> str:
    size = math.sqrt(sum(score.crossing_error**2 for score in scores) / len(scores))
    held = _coverage([score.crossing_covered for score in scores])
    return f"At {len(scores)} {where} the crossing was missed by {size:.3f} dex{held}."


def _of_times(scores: list[TimeScore], what: str) -> str:
    """At the loads at which the law was fitted; where every run was censored nothing was observed."""
    inside = [each for each in scores if each.forecast.within]
    known = [each for each in inside if math.isfinite(each.law)]
    left = [
        f"{n} {why}"
        for n, why in ((len(scores) - len(inside), "at other loads"), (len(inside) - len(known), "censored"))
        if n
    ]
    out = f" ({' and '.join(left)} left out)" if left else ""
    if not known:
        return f"{what}: no cell can be scored{out}."
    sizes = [f"{GUESS_LABELS[name]} {size:.3f}" for name, size in rms_time_errors(known).items()]
    return f"{what} was missed at {len(known)} cells{out}, root mean square in dex, by: {', '.join(sizes)}."


def _coverage(covered: list[bool | None]) -> str:
    bounded = [held for held in covered if held is not None]
    return f"; {sum(bounded)} of {len(bounded)} intervals of the forecast held it" if bounded else ""


def _line(row: ScoredForecast) -> ForecastLine:
    made, score = row.forecast, row.score
    beyond = "" if made.within else " (beyond what was fitted)"
    return ForecastLine(
        title=row_title(row),
        crossing=words.estimate(made.crossing) + beyond,
        crossing_observed=_observed_value(row, score.observed_crossing if score else math.nan, "none proven"),
        onset=words.estimate(made.onset) + beyond,
        onset_observed=_observed_value(row, score.observed_onset if score else math.nan, row.outcome or "not measured"),
        errors=tuple(signed_dex(getattr(score, name) if score else math.nan) for name in PREDICTORS),
    )


def _observed_value(row: ScoredForecast, value: float, otherwise: str) -> str:
    if row.waiting:
        return f"{row.waiting:,} runs to be done"
    return otherwise if math.isnan(value) else words.number(value)
