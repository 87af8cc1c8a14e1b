"""What a report shows of forecasts, as plain data: what was foretold, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from grokscope.forecasts.predict import Forecast
from grokscope.forecasts.scores import Score
from grokscope.forecasts.times import TimeScore
from grokscope.laws.results import Accuracy


class Foretold(NamedTuple):
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


class ForetoldTime(NamedTuple):
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
    rows: tuple[Foretold, ...]
    times: tuple[ForetoldTime, ...] = ()

    def scores(self, *, new_prime: bool) -> tuple[Score, ...]:
        """Scores at the primes that are held out whole, or at those of which only widths are."""
        return tuple(r.score for r in self.rows if r.score is not None and r.forecast.new_prime is new_prime)
