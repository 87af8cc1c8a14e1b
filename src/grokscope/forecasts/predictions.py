"""What calibration runs foretell of held-out ones, setting by setting, as a forecast keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from grokscope.forecasts.calibration import TooFewCellsError, calibrate
from grokscope.forecasts.observed import Thresholds, observed
from grokscope.forecasts.payload import plain
from grokscope.forecasts.predict import forecast
from grokscope.forecasts.split import PROBE
from grokscope.forecasts.times import Cell, foretell
from grokscope.laws.capacity import capacity
from grokscope.laws.results import Accuracy
from grokscope.laws.times.arrivals import Arrivals
from grokscope.laws.times.cells import of_setting
from grokscope.laws.times.timescales import timescales
from grokscope.suite import Analysis


class Known(NamedTuple):
    """The finished calibration runs of one setting."""

    setting: Mapping[str, object]
    frame: pd.DataFrame
    arrived: Arrivals


def foretold(
    known: Sequence[Known], outlook: pd.DataFrame, analysis: Analysis, accuracy: Accuracy
) -> list[dict[str, Any]]:
    """Of every setting its fitted laws and their forecasts, or why there are none, as JSON values.

    Args:
        known: the finished calibration runs and no others.
        outlook: the held-out runs as `split.described` has them: no outcome.
    """
    axes = sorted({name for part in known for name in part.setting})
    return [_foretold(part, of_setting(outlook, part.setting, axes), analysis, accuracy) for part in known]


def _foretold(part: Known, ahead: pd.DataFrame, analysis: Analysis, accuracy: Accuracy) -> dict[str, Any]:
    tasks = ahead[ahead["measurement"] == "groks"]
    bits = {int(p): float(k) for p, k in zip(tasks["p"], tasks["bits"], strict=True)}
    constant = analysis.pinned_capacity or capacity(part.frame).constant.value
    seen = observed(part.frame, part.arrived, accuracy, thresholds(analysis))
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
        return {"setting": plain(part.setting), "refused": str(error)}
    shown = plain(fitted)
    del shown["redrawn"]  # Two hundred rows that the seed gives again.
    times = foretell(fitted, timescales(part.frame, constant, accuracy=accuracy), _cells(ahead))
    return {
        "setting": plain(part.setting),
        "calibration": shown,
        "forecasts": plain(forecast(fitted, bits)),
        "times": plain(times),
    }


def _cells(ahead: pd.DataFrame) -> list[Cell]:
    """The cells of held-out runs, each once, ascending."""
    columns = ["measurement", "p", "dim", "n_params", "bits"]
    rows = ahead[columns].drop_duplicates().sort_values(["measurement", "p", "n_params"], ascending=[False, True, True])
    return [
        Cell("T_mem" if kind == "speed" else "T_gen", int(p), int(dim), int(params), float(bits))
        for kind, p, dim, params, bits in rows.itertuples(index=False)
    ]


def thresholds(analysis: Analysis) -> Thresholds:
    """From which accuracies on a run has memorised and has generalised."""
    main = analysis.families[0]
    return main.delay_train_threshold, main.delay_val_threshold
