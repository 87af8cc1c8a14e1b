"""Where along P something happens: the crossing, the onset, and the delays that the onset is read from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

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


@dataclass(frozen=True)
class Crossing:
    """Where T_mem(P) falls below T_gen(P).

    Attributes:
        accuracy: which T_mem it is for.
        n_params: P at the crossing (the first, if several); in its interval seeds leave open which is faster.
        epochs: the height of the crossing.
        code: reason code, always set.
        all: P of every crossing of the two curves as drawn, with a sign change in either direction, proven or not.
        certainty: share of bootstrap samples that have a crossing; NaN where one run a cell shows no noise.
        rule: `sign change` or `published` (closest approach, no sign change needed).
    """

    p: int
    accuracy: Accuracy
    probe: str
    n_params: Estimate
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
    """Where grokking is first observed: the next measured P past the last one with no delay.

    Attributes:
        accuracy: which train accuracy the delay starts from.
        train_threshold, val_threshold: fractions.
        n_params: P by the published rule (least delay over seeds), interval over seeds; NaN where there is none.
        per_seed: P of each seed's own onset (the smallest if it groks there already), NaN where it has none.
        by_median: P by the same rule on the median delay over seeds instead of the least.
        by_seed: median of `per_seed`. Unlike the published rule it does not move with the number of seeds.
    """

    p: int
    accuracy: Accuracy
    train_threshold: float
    val_threshold: float
    n_params: Estimate
    code: OnsetCode
    per_seed: tuple[float, ...]
    by_median: Estimate
    by_seed: Estimate


@dataclass(frozen=True)
class Delay:
    """One run's delay from memorising to generalising. `censored`: it had not generalised when it ended."""

    p: int
    dim: int
    n_params: int
    seed: int
    delay: float
    censored: bool
