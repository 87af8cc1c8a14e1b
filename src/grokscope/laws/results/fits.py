"""What is fitted over many cells: the capacity constant, the law of T_mem, its ratios between probes."""

from __future__ import annotations

from dataclasses import dataclass

from grokscope.laws.results.estimates import Accuracy, Estimate


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
