"""What laws return: frozen values that say how sure they are, how many runs they rest on, and how they were made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

Accuracy = Literal["running", "eval"]


class Estimate(NamedTuple):
    """A number with its 95 % interval. `value`, `low` or `high` is NaN where the data do not bound it.

    Attributes:
        n: runs it rests on.
        how: one short phrase: estimator and interval.
    """

    value: float
    low: float
    high: float
    n: int
    how: str


@dataclass(frozen=True)
class Timescale:
    """T_mem or T_gen of one cell (one prime, one width), from its seeds, in epochs.

    Attributes:
        quantity: `T_mem` or `T_gen`.
        accuracy: which accuracy reached the threshold; T_gen is always by eval accuracy.
        probe: `random`, `vocab`, `digits`, `permuted` for T_mem; `task` for T_gen.
        load: f = K / (C * P), or NaN without C.
        median: Kaplan-Meier median with its interval; NaN where over half of the runs are censored.
        lognormal: geometric mean of a log-normal accelerated-failure model, censoring included.
        published_mean: arithmetic mean over the uncensored runs alone (biased low when any are censored), or NaN.
        n_censored: runs that ended before they arrived.
        longest: most epochs that any run of the cell was followed.
    """

    quantity: Literal["T_mem", "T_gen"]
    accuracy: Accuracy
    probe: str
    p: int
    dim: int
    n_params: int
    dataset_bits: float
    load: float
    median: Estimate
    lognormal: Estimate
    published_mean: float
    n_censored: int
    longest: int

    @property
    def biased(self) -> bool:
        """Whether dropping the censored runs, as published, leaves a mean that is too low."""
        return 0 < self.n_censored < self.lognormal.n


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
        n_params: P at the crossing (the first, if several), with an interval from the bootstrap over seeds.
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


@dataclass(frozen=True)
class Capacity:
    """Bits against P.

    Attributes:
        constant: C, bits per parameter: slope of the fit that is used, interval over seeds and widths.
        published_rule: slope and intercept of least squares through the largest total of every P, as published.
        saturated_only: slope through the widths that were given more bits than they held.
        points: (n_params, dim, p, largest total bits, saturated) per width.
        low_params, high_params: the range of P where C was measured.
        source: `measured`, or why the published 2.16 was used instead.
    """

    constant: Estimate
    published_rule: tuple[float, float]
    saturated_only: Estimate | None
    points: tuple[tuple[int, int, int, float, bool], ...]
    low_params: float
    high_params: float
    source: str


@dataclass(frozen=True)
class Form:
    """One way for T_mem to depend on the load f, fitted: ln T_mem is linear in a feature of f.

    Attributes:
        name: `exponential`, `power`, `stretched exponential` or `logarithmic`; see `memorisation.FORMS`.
        b: T_mem in epochs where the feature is 0.
        a: slope of ln T_mem against the feature.
        exponent: c of the stretched exponential b exp(a f^c); NaN elsewhere.
        aic: Akaike's criterion in ln T, and `delta`, how far it is above the best form's.
        share_best: share of bootstrap samples in which this form is best; NaN with too few cells.
        r_squared: of ln T over the runs that arrived.
    """

    name: str
    b: Estimate
    a: Estimate
    exponent: float
    aic: float
    delta: float
    share_best: float
    r_squared: float


@dataclass(frozen=True)
class MemorisationLaw:
    """T_mem against f = K / (C P), at one prime or pooled over all.

    Attributes:
        p: the prime, or None where pooled.
        forms: best first by AIC.
        low_load, high_load: the f between which it is fitted; it says nothing of others.
        n, n_censored: runs, and how many of them had not memorised when they ended.
        n_left_out: runs at f >= 1, where memorising everything is impossible.
    """

    p: int | None
    accuracy: Accuracy
    probe: str
    forms: tuple[Form, ...]
    low_load: float
    high_load: float
    n: int
    n_censored: int
    n_left_out: int


@dataclass(frozen=True)
class ProbeRatio:
    """T_mem on one probe's data over T_mem on random inputs, at one prime and width: value, interval, runs."""

    p: int
    dim: int
    n_params: int
    load: float
    probe: str
    accuracy: Accuracy
    ratio: Estimate


@dataclass(frozen=True)
class Claim:
    """A statement that a suite tests.

    Attributes:
        numbers: what the verdict rests on, by name.
        how: the test, and what would have made the verdict another.
    """

    name: str
    statement: str
    verdict: Literal["supported", "not supported", "cannot tell"]
    numbers: dict[str, float]
    how: str
