"""The forecasts that stand, beside what came of them: here held-out runs are looked at, and no forecast changes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import pandas as pd

from grokscope.forecasts.freeze import ENDED
from grokscope.forecasts.observed import Observed, Thresholds, arrived, observed
from grokscope.forecasts.payload import forecast_from, times_from
from grokscope.forecasts.predict import Forecast
from grokscope.forecasts.scores import score
from grokscope.forecasts.split import described, split_by
from grokscope.forecasts.standing import Foretold, ForetoldTime, StandingForecast
from grokscope.forecasts.times import score as score_times
from grokscope.laws.results import Accuracy
from grokscope.laws.times.arrivals import Arrivals
from grokscope.laws.times.cells import of_setting, with_axes
from grokscope.laws.times.timescales import timescales
from grokscope.ledger import KeptForecast, Ledger
from grokscope.suite import Calibration, Suite

Seen = Callable[[tuple[str, ...], Thresholds], Arrivals]


def standing_forecasts(suite: Suite, ledger: Ledger, frame: pd.DataFrame) -> tuple[StandingForecast, ...]:
    """Every forecast of the suite that stands, scored at the primes whose held-out runs have all ended.

    Args:
        frame: the suite's finished runs, tidy; of them only those are read that a forecast held out.
    """
    frame = with_axes(frame)
    kept = ledger.forecasts.all(suite.name)
    stand = [one for one in kept if one.superseded_by is None]
    stand.sort(key=lambda one: (one.accuracy != "running", one.probe))  # As everywhere: the published accuracy first.

    @functools.cache
    def seen(identities: tuple[str, ...], thresholds: Thresholds) -> Arrivals:
        """Traces are read once, whatever the accuracies."""
        return arrived(ledger, frame[frame["id"].isin(identities)], thresholds)

    return tuple(_compared(suite, ledger, one, kept, frame, seen) for one in stand)


def _compared(
    suite: Suite, ledger: Ledger, kept: KeptForecast, every: Sequence[KeptForecast], frame: pd.DataFrame, seen: Seen
) -> StandingForecast:
    said, accuracy = kept.payload, cast(Accuracy, kept.accuracy)
    calibrate = Calibration(**said["calibrate"])
    held_out = described(split_by(suite, calibrate, said["laws"]["max_dim"]).held_out)
    held_out["state"] = held_out["id"].map(ledger.states(list(held_out["id"])))
    outcome = frame[frame["id"].isin(set(held_out["id"]))]
    train, val = said["laws"]["thresholds"]
    axes = sorted({name for part in said["parts"] for name in part["setting"]})
    rows: list[Foretold] = []
    times: list[ForetoldTime] = []
    for part in said["parts"]:
        setting, forecasts = part["setting"], [forecast_from(each) for each in part.get("forecasts", ())]
        waiting = _waiting(of_setting(held_out, setting, axes))
        ended = of_setting(outcome, setting, axes)
        ended = ended[ended["p"].isin([p for p, n in waiting.items() if n == 0])]
        found = observed(ended, seen(tuple(ended["id"]), (train, val)), accuracy, (train, val))
        rows += _rows(setting, forecasts, waiting, found)
        if "times" in part:
            scales = timescales(ended, part["calibration"]["capacity_constant"], accuracy=accuracy)
            scored = score_times(times_from(part["times"]), scales, kept.probe)
            times += [ForetoldTime(setting, each) for each in scored]
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
        superseded=tuple(_earlier(kept, every)),
        refused=tuple((part["setting"], part["refused"]) for part in said["parts"] if "refused" in part),
        rows=tuple(rows),
        times=tuple(times),
    )


def _waiting(due: pd.DataFrame) -> dict[int, int]:
    """By prime, how many of these runs have not ended."""
    return {int(p): int((~rows["state"].isin(ENDED)).sum()) for p, rows in due.groupby("p")}


def _rows(
    setting: Mapping[str, Any], forecasts: Sequence[Forecast], waiting: Mapping[int, int], found: Observed
) -> Iterator[Foretold]:
    scores = {one.p: one for one in score(forecasts, found.onsets, found.crossings)}
    for made in forecasts:
        # A prime that the suite no longer trains waits for runs that nobody will do.
        yield Foretold(setting, made, waiting.get(made.p, 1), scores.get(made.p), found.codes.get(made.p, ""))


def _earlier(kept: KeptForecast, every: Sequence[KeptForecast]) -> list[str]:
    """Ids of those that this one took the place of, oldest first."""
    before = [one for one in every if one.superseded_by == kept.id]
    return [identity for one in before for identity in (*_earlier(one, every), one.id)]
