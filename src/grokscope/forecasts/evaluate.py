"""Standing forecasts beside what came of them, as plain data: here held-out runs are read, and no forecast changes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import pandas as pd

from grokscope.forecasts.freeze import ENDED
from grokscope.forecasts.observe import Observations, Thresholds, observe, read_arrivals
from grokscope.forecasts.payload import forecast_from, times_from
from grokscope.forecasts.predict import Forecast
from grokscope.forecasts.scores import Score, score_forecasts
from grokscope.forecasts.split import describe_runs, split_by
from grokscope.forecasts.times import TimeScore, score_times
from grokscope.laws.results import Accuracy
from grokscope.laws.times.cells import select_setting
from grokscope.laws.times.threshold_epochs import ThresholdEpochs
from grokscope.laws.times.timescales import estimate_timescales
from grokscope.ledger import KeptForecast, Ledger
from grokscope.suite import CalibrationOptions, Suite


class ScoredForecast(NamedTuple):
    """A forecast at one prime of one setting, and what came of it.

    Attributes:
        waiting: held-out runs of it that are neither done nor failed; it is scored when there are none.
        score: None before, and where neither a crossing nor an onset was observed.
        outcome: why there is an onset, or why there is none; empty before.
    """

    setting: Mapping[str, object]
    forecast: Forecast
    waiting: int
    score: Score | None
    outcome: str


class ScoredTime(NamedTuple):
    """T_mem or T_gen of a held-out cell of one setting: as foretold, as observed, and how far off."""

    setting: Mapping[str, object]
    score: TimeScore


@dataclass(frozen=True)
class StandingForecast:
    """A forecast that the ledger holds and nothing has superseded, with its scores.

    Attributes:
        made: when it was frozen, UTC in ISO 8601.
        primes, dims: the calibration's; empty for all.
        n_runs: runs that it was calibrated on.
        held_out, held_out_done: runs held out, and how many of them were done when it was frozen.
        superseded: ids of earlier forecasts that it took the place of, oldest first.
        refused: (setting, reason) where the laws could not be fitted.
        rows: in order of setting and prime.
        times: of the cells at primes that are scored.
    """

    id: str
    made: str
    accuracy: Accuracy
    probe: str
    primes: tuple[int, ...]
    dims: tuple[int, ...]
    n_runs: int
    held_out: int
    held_out_done: int
    superseded: tuple[str, ...]
    refused: tuple[tuple[Mapping[str, object], str], ...]
    rows: tuple[ScoredForecast, ...]
    times: tuple[ScoredTime, ...] = ()

    def scores(self, *, new_prime: bool) -> tuple[Score, ...]:
        """Scores at the primes that are held out whole, or at those of which only widths are."""
        return tuple(r.score for r in self.rows if r.score is not None and r.forecast.new_prime is new_prime)


ReadArrivals = Callable[[tuple[str, ...], Thresholds], ThresholdEpochs]


def standing_forecasts(suite: Suite, ledger: Ledger, frame: pd.DataFrame) -> tuple[StandingForecast, ...]:
    """Every forecast of the suite that stands, scored at the primes whose held-out runs have all ended.

    Args:
        frame: the suite's finished runs, tidy; of them only those are read that a forecast held out.
    """
    kept = ledger.forecasts.all(suite.name)
    stand = [one for one in kept if one.superseded_by is None]
    stand.sort(key=lambda one: (one.accuracy != "running", one.probe))  # As everywhere: the published accuracy first.

    @functools.cache
    def seen(identities: tuple[str, ...], thresholds: Thresholds) -> ThresholdEpochs:
        """Traces are read once, whatever the accuracies."""
        return read_arrivals(ledger, frame[frame["id"].isin(identities)], thresholds)

    return tuple(_evaluate(suite, ledger, one, kept, frame, seen) for one in stand)


def _evaluate(
    suite: Suite,
    ledger: Ledger,
    kept: KeptForecast,
    every: Sequence[KeptForecast],
    frame: pd.DataFrame,
    seen: ReadArrivals,
) -> StandingForecast:
    said, accuracy = kept.payload, cast(Accuracy, kept.accuracy)
    calibrate = CalibrationOptions(**said["calibrate"])
    held_out = describe_runs(split_by(suite, calibrate, said["laws"]["max_dim"]).held_out)
    held_out["state"] = held_out["id"].map(ledger.states(list(held_out["id"])))
    outcome = frame[frame["id"].isin(set(held_out["id"]))]
    train, val = said["laws"]["thresholds"]
    axes = sorted({name for part in said["parts"] for name in part["setting"]})
    rows: list[ScoredForecast] = []
    times: list[ScoredTime] = []
    for part in said["parts"]:
        setting, forecasts = part["setting"], [forecast_from(each) for each in part.get("forecasts", ())]
        waiting = _unfinished(select_setting(held_out, setting, axes))
        ended = select_setting(outcome, setting, axes)
        ended = ended[ended["p"].isin([p for p, n in waiting.items() if n == 0])]
        found = observe(ended, seen(tuple(ended["id"]), (train, val)), accuracy, (train, val))
        rows += _score_rows(setting, forecasts, waiting, found)
        if "times" in part:
            scales = estimate_timescales(ended, part["calibration"]["capacity_constant"], accuracy=accuracy)
            scored = score_times(times_from(part["times"]), scales, kept.probe)
            times += [ScoredTime(setting, each) for each in scored]
    return StandingForecast(
        id=kept.id,
        made=kept.made,
        accuracy=accuracy,
        probe=kept.probe,
        primes=calibrate.primes,
        dims=calibrate.dims,
        n_runs=len(said["runs"]),
        held_out=said["held_out"]["runs"],
        held_out_done=said["held_out"]["done"],
        superseded=tuple(_superseded_ids(kept, every)),
        refused=tuple((part["setting"], part["refused"]) for part in said["parts"] if "refused" in part),
        rows=tuple(rows),
        times=tuple(times),
    )


def _unfinished(due: pd.DataFrame) -> dict[int, int]:
    """By prime, how many of these runs have not ended."""
    return {int(p): int((~rows["state"].isin(ENDED)).sum()) for p, rows in due.groupby("p")}


def _score_rows(
    setting: Mapping[str, Any], forecasts: Sequence[Forecast], waiting: Mapping[int, int], found: Observations
) -> Iterator[ScoredForecast]:
    scores = {one.p: one for one in score_forecasts(forecasts, found.onsets, found.crossings)}
    for made in forecasts:
        # A prime that the suite no longer trains waits for runs that nobody will do.
        yield ScoredForecast(setting, made, waiting.get(made.p, 1), scores.get(made.p), found.codes.get(made.p, ""))


def _superseded_ids(kept: KeptForecast, every: Sequence[KeptForecast]) -> list[str]:
    """Ids of those that this one took the place of, oldest first."""
    before = [one for one in every if one.superseded_by == kept.id]
    return [identity for one in before for identity in (*_superseded_ids(one, every), one.id)]
