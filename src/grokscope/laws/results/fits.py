"""Fits over many cells: the capacity constant and the law of T_mem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from grokscope.laws.results.estimates import Accuracy, Estimate


class CapacityPoint(NamedTuple):
    """The largest total of bits that networks of one P held. `saturated`: they were given enough to be full."""

    n_params: int
    dim: int
    total_bits: float
    saturated: bool


@dataclass(frozen=True)
class Capacity:
    """Bits against P.

    Attributes:
        constant: C, bits per parameter: slope of the fit that is used, interval over seeds and widths.
        published_rule: slope and intercept of least squares through the largest total of every P, as published.
        saturated_only: slope through the widths that were given more bits than they held.
        points: one for every P, ascending.
        low_params, high_params: the range of P where C was measured.
        source: `measured`, or why the published 2.16 was used instead.
    """

    constant: Estimate
    published_rule: tuple[float, float]
    saturated_only: Estimate | None
    points: tuple[CapacityPoint, ...]
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
        r_squared: of ln T over the runs that reached the threshold.
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
    """T_mem against f = K / (C P), in one group or pooled over all.

    Attributes:
        group: None where pooled.
        forms: best first by AIC.
        low_load, high_load: the f between which it is fitted; it says nothing of others.
        n, n_censored: runs, and how many of them had not memorised when they ended.
        n_left_out: runs at f >= 1, where memorising everything is impossible.
    """

    group_axis: str
    group: int | None
    accuracy: Accuracy
    probe: str
    forms: tuple[Form, ...]
    low_load: float
    high_load: float
    n: int
    n_censored: int
    n_left_out: int
