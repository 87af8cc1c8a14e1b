"""Whether the crossing says all there is to say of the onset: beside the prime, and across every swept axis."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from grokscope.laws.claims import designs
from grokscope.laws.claims.verdicts import ALPHA, Verdict, holm, verdict
from grokscope.laws.results import Claim
from grokscope.laws.statistics import agreement
from grokscope.laws.statistics.normal import Array


def sufficiency(
    valid: pd.DataFrame,
    u: Array,
    e: Array,
    groups: Array,
    axes: Sequence[str],
    group_axis: str,
    margin: float,
    resamples: int,
    rng: np.random.Generator,
) -> list[Claim]:
    """Three claims from nested models of the onset: nothing, the crossing, everything else, both.

    Args:
        valid: (n rows) cells with both places, with the columns of the slice and of the axes.
        u, e: (n,) log10 of crossing and of onset.
        groups: (n,) what cells share data: the prime.
        axes, group_axis: everything else; the slice in log10 if it is numeric.
        margin: dex within which a difference counts as none.
        resamples: bootstrap samples, drawn with `rng`.

    Source: spec 5.8, its two defects mended.
    """
    axis_block = np.hstack([_slice(valid, group_axis), designs.columns(valid, axes)])
    crossing = u[:, None]
    m0, m1 = designs.model(e), designs.model(e, crossing)
    m2, m3 = designs.model(e, axis_block), designs.model(e, crossing, axis_block)
    beside = f"log10 {group_axis}" + "".join(f", {axis}" for axis in axes)
    return [
        _gain("crossing predicts", "The crossing predicts the onset.", m1, m0, e, groups),
        _gain("crossing adds", f"The crossing predicts what {beside} alone does not.", m3, m2, e, groups),
        _nothing_missing(beside, m3, m1, crossing, axis_block, e, groups, margin, resamples, rng),
    ]


def _gain(
    name: str, statement: str, big: designs.Model | None, small: designs.Model | None, e: Array, groups: Array
) -> Claim:
    found = designs.clustered(big, small, e, groups)
    nan = float("nan")
    numbers = {"f": found.f, "p": found.p, "added_columns": float(found.added), "df": float(found.df)}
    numbers |= {
        "adjusted_r2_with": big.adjusted if big else nan,
        "adjusted_r2_without": small.adjusted if small else nan,
    }
    worse = big is not None and small is not None and found.p >= ALPHA and big.adjusted <= small.adjusted
    shown: Verdict = "supported" if found.p < ALPHA else "not supported" if worse else "cannot tell"
    return Claim(
        name,
        statement,
        shown,
        numbers,
        "nested least squares, F clustered by prime; refuted if it is not significant and adjusted R2 does not rise",
    )


def _nothing_missing(
    beside: str,
    big: designs.Model | None,
    small: designs.Model | None,
    crossing: Array,
    axis_block: Array,
    e: Array,
    groups: Array,
    margin: float,
    resamples: int,
    rng: np.random.Generator,
) -> Claim:
    """How far the prediction moves, in dex, when everything else is given too: nothing is missing if it hardly does."""
    nan = float("nan")
    test = designs.clustered(big, small, e, groups)
    moved = float(np.sqrt(np.mean((big.fitted - small.fitted) ** 2))) if big and small else nan

    def shift(_: Array, index: Array) -> float:
        rows = index.astype(int)
        again = designs.model(e[rows], crossing[rows], axis_block[rows]), designs.model(e[rows], crossing[rows])
        return float(np.sqrt(np.mean((again[0].fitted - again[1].fitted) ** 2))) if again[0] and again[1] else nan

    low = high = nan
    if big and small:
        every = np.arange(len(e), dtype=float)
        low, high = agreement.resampled(shift, every, every, groups, min(resamples, 500), rng)
    shown: Verdict = (
        "supported" if high < margin else "not supported" if test.p < ALPHA and low > margin else "cannot tell"
    )
    return Claim(
        "crossing suffices",
        f"Given the crossing, {beside} moves the predicted onset by less than {margin:g} dex.",
        shown,
        {"moved_dex": moved, "moved_low": low, "moved_high": high, "margin_dex": margin, "f": test.f, "p": test.p},
        "root mean square shift of the fit, percentiles over primes; supported if all below the margin, refuted if all "
        "above and F is significant",
    )


def robustness(
    valid: pd.DataFrame, residuals: Array, groups: Array, axes: Sequence[str], group_axis: str, margin: float
) -> list[Claim]:
    """A claim per axis, the slice first: the offset of onset from crossing does not depend on it.

    Args:
        residuals: (n,) log10(onset / crossing) of the cells `valid`; the others as in `sufficiency`.

    Source: spec 5.8; an equivalence test in place of a missing effect that passes (spec 8, row 11).
    """
    found = []
    for axis in (group_axis, *axes):
        block = _slice(valid, group_axis) if axis == group_axis else designs.columns(valid, [axis])
        null = designs.model(residuals)
        test = designs.clustered(designs.model(residuals, block), null, residuals, groups)
        spans = [_across(block[:, j], residuals, groups) for j in range(block.shape[1])]
        verdicts = [verdict(span, -margin, margin) for span in spans]
        found.append((axis, test.p, spans, verdicts))
    adjusted = holm([p for _, p, _, _ in found])
    return [
        Claim(
            f"robust to {axis}",
            f"The offset of onset from crossing changes by less than {margin:g} dex over the range of {axis}.",
            "not supported"
            if "not supported" in verdicts
            else "supported"
            if verdicts and set(verdicts) == {"supported"}
            else "cannot tell",
            {"p": p, "p_holm": p_holm, "margin_dex": margin} | _largest(spans),
            "least squares of log10(onset / crossing), clustered by prime, two one-sided tests of its change",
        )
        for (axis, p, spans, verdicts), p_holm in zip(found, adjusted, strict=True)
    ]


def _across(x: Array, y: Array, groups: Array) -> agreement.Interval:
    """What the slope comes to over the whole range of x, in dex."""
    found, span = agreement.slope(x, y, groups), float(np.ptp(x)) if len(x) else 0.0
    return agreement.Interval(found.value * span, found.error * span, found.df)


def _largest(spans: Sequence[agreement.Interval]) -> dict[str, float]:
    known = [span for span in spans if math.isfinite(span.value)]
    if not known:
        return {"change_dex": float("nan"), "change_low": float("nan"), "change_high": float("nan")}
    largest = max(known, key=lambda span: abs(span.value))
    low, high = largest.bounds()
    return {"change_dex": largest.value, "change_low": low, "change_high": high}


def _slice(valid: pd.DataFrame, group_axis: str) -> Array:
    block = designs.columns(valid, [group_axis])
    return np.log10(block) if pd.api.types.is_numeric_dtype(valid[group_axis]) else block
