"""Tests of what a suite claims of its crossings and onsets: a verdict each, with the numbers it rests on.

The published tests (method 5.11) with their defects mended: the prime is in the table, columns that predict nothing of
their own are dropped, cells of one prime are not counted as independent, and the absence of an effect has to be
shown (equivalence within a margin) rather than not noticed. `published_claims` has them as they were published.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from grokscope.laws.arrays import Array
from grokscope.laws.claims.equivalence import ALPHA, MARGIN, judge_equivalence
from grokscope.laws.claims.published_claims import evaluate_published_claims
from grokscope.laws.claims.sufficiency import evaluate_robustness, evaluate_sufficiency
from grokscope.laws.results import Claim, Verdict
from grokscope.laws.statistics import agreement
from grokscope.laws.times.cells import require_columns


def evaluate_claims(
    table: pd.DataFrame,
    *,
    axes: Sequence[str] = (),
    group_axis: str = "p",
    design: Literal["mended", "published"] = "mended",
    margin: float = MARGIN,
    resamples: int = 2000,
    seed: int = 0,
) -> list[Claim]:
    """Test what the cells of a suite say of the crossing as a predictor of the onset.

    Args:
        table: one row per cell, with predicted_onset_x (the crossing), empirical_onset_x (the onset), both on one axis
            (parameters, or bits of the data) and NaN where there is none, and a column per swept axis.
        axes: the swept axes.
        group_axis: what tells the curves apart: a baseline of its own (log10 if numeric), and what cells of other
            settings share data in, so that they are clustered by it.
        design: `published` leaves the slice out, counts constant columns and takes absence of evidence as a pass.
        margin: dex within which a difference counts as none.
        resamples: permutations and bootstrap samples, from `seed`.

    Returns:
        Each with its verdict and the numbers it rests on.

    Raises:
        ValueError: a column is missing.

    Source: method 5.12, and method 5.11 where `design` is `published`.
    """
    require_columns(table, group_axis, "predicted_onset_x", "empirical_onset_x", *axes)
    valid = table[(table["predicted_onset_x"] > 0) & (table["empirical_onset_x"] > 0)].reset_index(drop=True)
    u, e = (np.log10(valid[name].to_numpy(float)) for name in ("predicted_onset_x", "empirical_onset_x"))
    if design == "published":
        return evaluate_published_claims(valid, u, e, axes, resamples=resamples, seed=seed)
    rng = np.random.default_rng(seed)
    groups = valid[group_axis].to_numpy()
    return [
        _evaluate_association(u, e, groups, resamples, rng),
        _evaluate_calibration(u, e, groups, margin, resamples, rng),
        _evaluate_proportion(u, e, groups),
        *evaluate_sufficiency(valid, u, e, groups, axes, group_axis, margin, resamples, rng),
        *evaluate_robustness(valid, e - u, groups, axes, group_axis, margin),
    ]


def _evaluate_association(u: Array, e: Array, groups: Array, resamples: int, rng: np.random.Generator) -> Claim:
    rho, rho_p, tau, tau_p = agreement.rank_correlations(u, e)
    by_prime = [pd.Series(values).groupby(groups).mean().to_numpy(float) for values in (u, e)]
    p = agreement.permutation_p_value(by_prime[0], by_prime[1], resamples, rng)
    low, high = agreement.bootstrap_groups(agreement.spearman, u, e, groups, resamples, rng)
    shown: Verdict = "supported" if p < ALPHA and rho > 0 else "not supported" if high < 0.5 else "cannot tell"
    return Claim(
        "association",
        "Where the crossing lies at larger P, grokking begins at larger P.",
        shown,
        {
            "cells": len(u),
            "primes": len(by_prime[0]),
            "spearman": rho,
            "spearman_low": low,
            "spearman_high": high,
            "spearman_p_pooled": rho_p,
            "permutation_p": p,
            "kendall": tau,
            "kendall_p_pooled": tau_p,
        },
        "Spearman's rho, permutation over means of primes; refuted if the interval over primes lies below 0.5",
    )


def _evaluate_calibration(
    u: Array, e: Array, groups: Array, margin: float, resamples: int, rng: np.random.Generator
) -> Claim:
    residuals = e - u
    mean = agreement.mean_offset(residuals, groups)
    low, high = mean.interval()
    f, p, _, _ = agreement.joint_f_test(u, e)
    ccc = agreement.concordance(u, e) if len(u) >= 3 else float("nan")
    ccc_low, ccc_high = agreement.bootstrap_groups(agreement.concordance, u, e, groups, resamples, rng)
    by_prime = pd.Series(residuals).groupby(groups).mean().to_numpy(float)
    return Claim(
        "calibration",
        f"Grokking begins where the speeds cross, within {margin:g} dex on average.",
        judge_equivalence(mean, -margin, margin),
        {
            "offset_dex": mean.value,
            "offset_low": low,
            "offset_high": high,
            "margin_dex": margin,
            "equivalence_p": mean.equivalence_p_value(-margin, margin),
            "concordance": ccc,
            "concordance_low": ccc_low,
            "concordance_high": ccc_high,
            "joint_f": f,
            "joint_p_pooled": p,
            "median_offset_dex": float(np.median(residuals)) if len(u) else float("nan"),
            "signed_rank_p": agreement.signed_rank_p_value(by_prime),
        },
        "mean log10(onset / crossing) over primes, two one-sided tests; refuted if its 95 % interval is outside",
    )


def _evaluate_proportion(u: Array, e: Array, groups: Array) -> Claim:
    found = agreement.clustered_slope(u, e, groups)
    low, high = found.interval()
    return Claim(
        "proportion",
        "The onset grows in proportion to the crossing (log-log slope between 0.8 and 1.25).",
        judge_equivalence(found, 0.8, 1.25),
        {
            "slope": found.value,
            "slope_low": low,
            "slope_high": high,
            "equivalence_p": found.equivalence_p_value(0.8, 1.25),
        },
        "least squares of log10 onset on log10 crossing, clustered by prime; two one-sided tests",
    )
