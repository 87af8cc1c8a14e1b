"""Observations that forecasts are about: the onset and the crossing of every prime among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from grokscope.forecasts.split import PROBE
from grokscope.laws.crossing.crossings import find_crossings
from grokscope.laws.crossing.onset import find_onsets
from grokscope.laws.results import CROSSED, Accuracy, OnsetCode
from grokscope.laws.times.threshold_epochs import ThresholdEpochs, read_threshold_epochs
from grokscope.ledger import Ledger
from grokscope.ledger.reader import LazyTraces

Thresholds = tuple[float, float]
"""Fractions of train and validation examples between which a delay is counted."""


class Observations(NamedTuple):
    """By prime: P of the onsets and of the crossings that were found, and why there is an onset or none."""

    onsets: Mapping[int, float]
    crossings: Mapping[int, float]
    codes: Mapping[int, str]


def read_arrivals(ledger: Ledger, frame: pd.DataFrame, thresholds: Thresholds) -> ThresholdEpochs:
    """Read when these runs, of one setting, reached their thresholds; no other run's trace is read."""
    traced = LazyTraces(ledger, list(frame.loc[frame["measurement"] == "groks", "id"]))
    return read_threshold_epochs(frame, traced, [thresholds])


def observe(frame: pd.DataFrame, seen: ThresholdEpochs, accuracy: Accuracy, thresholds: Thresholds) -> Observations:
    """Find the onset and the crossing of every prime among finished runs of one setting.

    An onset at or below the smallest width is no place, and is left out.
    """
    train, val = thresholds
    every = find_onsets(seen, accuracy=accuracy, train_threshold=train, val_threshold=val, samples=1)
    met = find_crossings(frame, accuracy=accuracy, probe=PROBE, samples=1)
    return Observations(
        onsets={one.group: one.x.value for one in every if one.code is OnsetCode.FOUND},
        crossings={one.group: one.x.value for one in met if one.code in CROSSED},
        codes={one.group: str(one.code) for one in every},
    )
