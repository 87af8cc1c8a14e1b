"""Where along x something happens: the crossing of T_mem and T_gen, and the onset of grokking."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from grokscope.laws.results.estimates import Accuracy, Estimate


class CrossingCode(StrEnum):
    """Why there is a crossing, or why there is none."""

    CROSSES = "crosses"
    MULTIPLE = "crosses more than once"
    ALWAYS_SLOWER = "memorising slower at every width"
    ALWAYS_FASTER = "memorising faster at every width"
    WRONG_WAY = "crosses only the other way"
    TOO_FEW = "fewer than two common widths"
    UNPROVEN = "a sign change, but within the noise between seeds"
    CENSORED = "too many runs ended before they arrived to tell"


CROSSED = (CrossingCode.CROSSES, CrossingCode.MULTIPLE)
"""Codes of a crossing that is proven."""


class CurveCrossing(NamedTuple):
    """Where the first of two curves of ln T against ln x falls below the second.

    Attributes:
        x: the crossing (the first, if several); in its interval seeds leave open which is faster.
        epochs: the height of the crossing.
        code: reason code, always set.
        all: x of every crossing of the two curves as drawn, with a sign change in either direction, proven or not.
        certainty: share of bootstrap samples that have a crossing; NaN where one run a cell shows no noise.
    """

    x: Estimate
    epochs: float
    code: CrossingCode
    all: tuple[float, ...]
    certainty: float


@dataclass(frozen=True)
class Crossing:
    """Where T_mem falls below T_gen along x, in one group.

    Attributes:
        accuracy, probe: which T_mem it is for.
        x, epochs, code, all, certainty: as in `CurveCrossing`.
        rule: `sign change` or `published` (closest approach, no sign change needed).
    """

    group_axis: str
    group: int
    x_axis: str
    x: Estimate
    accuracy: Accuracy
    probe: str
    epochs: float
    code: CrossingCode
    all: tuple[float, ...]
    certainty: float
    rule: Literal["sign change", "published"]


class OnsetCode(StrEnum):
    """Why there is an onset, or why there is none."""

    FOUND = "found"
    FROM_SMALLEST = "grokking at the smallest width already"
    NOT_YET = "no grokking at the largest width"
    NEVER = "no grokking at any width"
    UNSEEN = "no run generalised before it ended"
    NO_CELLS = "no width has both accuracies"


@dataclass(frozen=True)
class Onset:
    """Where grokking is first observed in one group: the next measured x past the last one with no delay.

    Attributes:
        accuracy: which train accuracy the delay starts from.
        train_threshold, val_threshold: fractions.
        x: by the published rule (least delay over seeds), interval over seeds; NaN where there is none.
        per_seed: x of each seed's own onset (the smallest if it groks there already), NaN where it has none.
        by_median: x by the same rule on the median delay over seeds instead of the least.
        by_seed: median of `per_seed`. Unlike the published rule it does not move with the number of seeds.
    """

    group_axis: str
    group: int
    x_axis: str
    x: Estimate
    accuracy: Accuracy
    train_threshold: float
    val_threshold: float
    code: OnsetCode
    per_seed: tuple[float, ...]
    by_median: Estimate
    by_seed: Estimate
