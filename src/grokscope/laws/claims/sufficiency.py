"""Sufficiency: does the crossing tell all of the onset, beside the prime and across every swept axis? (method 5.12)"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from grokscope.laws.arrays import Array
from grokscope.laws.claims import nested_models
from grokscope.laws.claims.equivalence import ALPHA, adjust_holm, judge_equivalence
from grokscope.laws.results import Claim, Verdict
from grokscope.laws.statistics import agreement


def evaluate_sufficiency(
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
    """Test three claims by nested models of the onset: nothing, the crossing, everything else, both.

    Args:
        valid: (n rows) cells with both a crossing and an onset, with the columns of the group and of the axes.
        u, e: (n,) log10 of crossing and of onset.
        groups: (n,) what cells share data: the prime.
        axes, group_axis: everything else; the group in log10 if it is numeric.
        margin: dex within which a difference counts as none.
        resamples: bootstrap samples, drawn with `rng`.

    Source: method 5.12.
    """
    axis_block = np.hstack([_group_columns(valid, group_axis), nested_models.design_columns(valid, axes)])
    crossing = u[:, None]
    m0, m1 = nested_models.fit_model(e), nested_models.fit_model(e, crossing)
    m2, m3 = nested_models.fit_model(e, axis_block), nested_models.fit_model(e, crossing, axis_block)
    beside = f"log10 {group_axis}" + "".join(f", {axis}" for axis in axes)
    return [
        _evaluate_gain("crossing predicts", "The crossing predicts the onset.", m1, m0, e, groups),
        _evaluate_gain("crossing adds", f"The crossing predicts what {beside} alone does not.", m3, m2, e, groups),
        _evaluate_sufficiency(beside, m3, m1, crossing, axis_block, e, groups, margin, resamples, rng),
    ]


def _evaluate_gain(
    name: str,
    statement: str,
    big: nested_models.LinearModel | None,
    small: nested_models.LinearModel | None,
    e: Array,
    groups: Array,
) -> Claim:
    found = nested_models.clustered_f_test(big, small, e, groups)
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


def _evaluate_sufficiency(
    beside: str,
    big: nested_models.LinearModel | None,
    small: nested_models.LinearModel | None,
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
    test = nested_models.clustered_f_test(big, small, e, groups)
    moved = float(np.sqrt(np.mean((big.fitted - small.fitted) ** 2))) if big and small else nan

    def shift(_: Array, index: Array) -> float:
        rows = index.astype(int)
        again = (
            nested_models.fit_model(e[rows], crossing[rows], axis_block[rows]),
            nested_models.fit_model(e[rows], crossing[rows]),
        )
        return float(np.sqrt(np.mean((again[0].fitted - again[1].fitted) ** 2))) if again[0] and again[1] else nan

    low = high = nan
    if big and small:
        every = np.arange(len(e), dtype=float)
        low, high = agreement.bootstrap_groups(shift, every, every, groups, min(resamples, 500), rng)
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


def evaluate_robustness(
    valid: pd.DataFrame, residuals: Array, groups: Array, axes: Sequence[str], group_axis: str, margin: float
) -> list[Claim]:
    """Test, for the group and every axis, that the offset of onset from crossing does not depend on it.

    Args:
        residuals: (n,) log10(onset / crossing) of the cells `valid`; the others as in `evaluate_sufficiency`.

    Source: method 5.12.
    """
    found = []
    for axis in (group_axis, *axes):
        block = _group_columns(valid, group_axis) if axis == group_axis else nested_models.design_columns(valid, [axis])
        null = nested_models.fit_model(residuals)
        test = nested_models.clustered_f_test(nested_models.fit_model(residuals, block), null, residuals, groups)
        spans = [_change_over_range(block[:, j], residuals, groups) for j in range(block.shape[1])]
        verdicts = [judge_equivalence(span, -margin, margin) for span in spans]
        found.append((axis, test.p, spans, verdicts))
    adjusted = adjust_holm([p for _, p, _, _ in found])
    return [
        Claim(
            f"robust to {axis}",
            f"The offset of onset from crossing changes by less than {margin:g} dex over the range of {axis}.",
            "not supported"
            if "not supported" in verdicts
            else "supported"
            if verdicts and set(verdicts) == {"supported"}
            else "cannot tell",
            {"p": p, "p_holm": p_holm, "margin_dex": margin} | _largest_change(spans),
            "least squares of log10(onset / crossing), clustered by prime, two one-sided tests of its change",
        )
        for (axis, p, spans, verdicts), p_holm in zip(found, adjusted, strict=True)
    ]


def _change_over_range(x: Array, y: Array, groups: Array) -> agreement.StudentEstimate:
    """Change over the whole range of x that the slope comes to, in dex."""
    found, span = agreement.clustered_slope(x, y, groups), float(np.ptp(x)) if len(x) else 0.0
    return agreement.StudentEstimate(found.value * span, found.error * span, found.df)


def _largest_change(spans: Sequence[agreement.StudentEstimate]) -> dict[str, float]:
    known = [span for span in spans if math.isfinite(span.value)]
    if not known:
        return {"change_dex": float("nan"), "change_low": float("nan"), "change_high": float("nan")}
    largest = max(known, key=lambda span: abs(span.value))
    low, high = largest.interval()
    return {"change_dex": largest.value, "change_low": low, "change_high": high}


def _group_columns(valid: pd.DataFrame, group_axis: str) -> Array:
    block = nested_models.design_columns(valid, [group_axis])
    return np.log10(block) if pd.api.types.is_numeric_dtype(valid[group_axis]) else block
