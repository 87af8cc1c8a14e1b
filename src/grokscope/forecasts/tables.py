"""The report's tables of forecasts, as frames."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from grokscope.forecasts.evaluate import StandingForecast
from grokscope.forecasts.scores import PREDICTORS
from grokscope.forecasts.times import GUESSES
from grokscope.report.words import interval_columns


def forecasts(standing: Sequence[StandingForecast]) -> pd.DataFrame:
    """A row a standing forecast, setting and prime: what was foretold, what was observed, every error in dex."""
    rows = [
        {"forecast": one.id, "made": one.made, "accuracy": one.accuracy, "probe": one.probe}
        | {"calibration_runs": one.n_runs, "held_out": one.held_out, "held_out_done": one.held_out_done}
        | dict(row.setting)
        | {"p": row.forecast.p, "new_prime": row.forecast.new_prime, "within": row.forecast.within}
        | interval_columns("crossing", row.forecast.crossing)
        | interval_columns("onset", row.forecast.onset)
        | {name: getattr(row.forecast, name) for name in PREDICTORS[2:]}
        | {"waiting": row.waiting, "onset_code": row.outcome}
        | {name: getattr(row.score, name, math.nan) for name in ("observed_crossing", "observed_onset")}
        | {f"dex_{name}": getattr(row.score, name, math.nan) for name in PREDICTORS}
        | {"dex_of_crossing": getattr(row.score, "crossing_error", math.nan)}
        | {name: getattr(row.score, name, None) for name in ("onset_covered", "crossing_covered")}
        for one in standing
        for row in one.rows
    ]
    return pd.DataFrame(rows)


def forecast_times(standing: Sequence[StandingForecast]) -> pd.DataFrame:
    """A row a standing forecast, setting and held-out cell: T in epochs foretold and observed, every error in dex."""
    rows = [
        {"forecast": one.id, "accuracy": one.accuracy}
        | dict(each.setting)
        | each.score.forecast._asdict()
        | {"observed": each.score.observed}
        | {f"dex_{guess}": getattr(each.score, guess) for guess in GUESSES}
        for one in standing
        for each in one.times
    ]
    return pd.DataFrame(rows)
