"""What the ledger keeps of a forecast: each setting's fitted laws and their predictions, as JSON values and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

import pandas as pd

from grokscope.forecasts.calibration import TooFewCellsError, calibrate
from grokscope.forecasts.observe import Thresholds, observe
from grokscope.forecasts.predict import Forecast, make_forecasts
from grokscope.forecasts.split import PROBE
from grokscope.forecasts.times import CellForecast, TimeCell, predict_times
from grokscope.laws.capacity import estimate_capacity
from grokscope.laws.results import Accuracy, Estimate
from grokscope.laws.times.cells import select_setting
from grokscope.laws.times.threshold_epochs import ThresholdEpochs
from grokscope.laws.times.timescales import estimate_timescales
from grokscope.suite import Analysis


def to_plain(value: Any) -> Any:
    """Dataclasses and named tuples as objects, a number that is not finite as null, NumPy's as Python's."""
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "_asdict"):
        return to_plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): to_plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(each) for each in value]
    if hasattr(value, "item"):
        return to_plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def forecast_from(kept: Mapping[str, Any]) -> Forecast:
    """The forecast at one prime from what `to_plain` made of it."""
    return Forecast(**_with_nan(kept) | {name: Estimate(**_with_nan(kept[name])) for name in ("crossing", "onset")})


def times_from(kept: Sequence[Mapping[str, Any]]) -> list[CellForecast]:
    """The times at cells from what `to_plain` made of them; of an infinite one nothing is known."""
    return [CellForecast(**_with_nan(each)) for each in kept]


def _with_nan(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: math.nan if value is None else value for name, value in kept.items()}


class CalibrationRuns(NamedTuple):
    """The finished calibration runs of one setting."""

    setting: Mapping[str, object]
    frame: pd.DataFrame
    arrived: ThresholdEpochs


def predict_settings(
    known: Sequence[CalibrationRuns], outlook: pd.DataFrame, analysis: Analysis, accuracy: Accuracy
) -> list[dict[str, Any]]:
    """Fit the laws of every setting and forecast by them, or say why that cannot be, as JSON values.

    Args:
        known: the finished calibration runs and no others.
        outlook: the held-out runs as `split.describe_runs` has them: no outcome.
    """
    axes = sorted({name for part in known for name in part.setting})
    return [_predict_setting(part, select_setting(outlook, part.setting, axes), analysis, accuracy) for part in known]


def _predict_setting(
    part: CalibrationRuns, ahead: pd.DataFrame, analysis: Analysis, accuracy: Accuracy
) -> dict[str, Any]:
    tasks = ahead[ahead["measurement"] == "groks"]
    bits = {int(p): float(k) for p, k in zip(tasks["p"], tasks["bits"], strict=True)}
    constant = analysis.pinned_capacity or estimate_capacity(part.frame).constant.value
    seen = observe(part.frame, part.arrived, accuracy, delay_thresholds(analysis))
    try:
        fitted = calibrate(
            part.frame,
            constant,
            seen.onsets,
            seen.crossings,
            accuracy=accuracy,
            probe=PROBE,
            seed=analysis.bootstrap_seed,
        )
    except TooFewCellsError as error:
        return {"setting": to_plain(part.setting), "refused": str(error)}
    shown = to_plain(fitted)
    del shown["redrawn"]  # Two hundred rows that the seed gives again.
    times = predict_times(fitted, estimate_timescales(part.frame, constant, accuracy=accuracy), _cells(ahead))
    return {
        "setting": to_plain(part.setting),
        "calibration": shown,
        "forecasts": to_plain(make_forecasts(fitted, bits)),
        "times": to_plain(times),
    }


def _cells(ahead: pd.DataFrame) -> list[TimeCell]:
    """The cells of held-out runs, each once, ascending."""
    columns = ["measurement", "p", "dim", "n_params", "bits"]
    rows = ahead[columns].drop_duplicates().sort_values(["measurement", "p", "n_params"], ascending=[False, True, True])
    return [
        TimeCell("T_mem" if kind == "speed" else "T_gen", int(p), int(dim), int(params), float(bits))
        for kind, p, dim, params, bits in rows.itertuples(index=False)
    ]


def delay_thresholds(analysis: Analysis) -> Thresholds:
    """The train and the validation accuracy from which on a run has memorised and has generalised."""
    main = analysis.families[0]
    return main.delay_train_threshold, main.delay_val_threshold
