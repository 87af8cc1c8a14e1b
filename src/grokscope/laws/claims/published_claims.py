"""The hypothesis tests as they were published (method 5.11), defects included, for comparison with the mended ones.

The slice (the prime) is in no model; a constant axis counts as a column; not finding an effect counts as a pass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from grokscope.laws.arrays import Array
from grokscope.laws.claims import nested_models
from grokscope.laws.results import Claim, Verdict
from grokscope.laws.statistics import agreement

_ALPHA = 0.05
_HOW = "as published"


def evaluate_published_claims(
    valid: pd.DataFrame, u: Array, e: Array, axes: Sequence[str], *, resamples: int, seed: int
) -> list[Claim]:
    """Test predictiveness, calibration and sufficiency as published.

    Args:
        valid: (n rows) cells with both onsets.
        u, e: (n,) log10 of predicted and observed onset.
        axes: what the published code took as swept, constant or not.
        resamples: permutations and bootstrap samples, from `seed`.

    Source: method 5.11.
    """
    each_alone = np.arange(len(u))
    rho, rho_p, tau, tau_p = agreement.rank_correlations(u, e)
    permutation_p = agreement.permutation_p_value(u, e, resamples, np.random.default_rng(seed))
    low, high = agreement.bootstrap_groups(
        agreement.concordance, u, e, each_alone, resamples, np.random.default_rng(seed)
    )
    f, p, slope, intercept = agreement.joint_f_test(u, e)
    block = nested_models.design_columns(valid, axes)
    m0, m1 = nested_models.fit_model(e, nominal=True), nested_models.fit_model(e, u[:, None], nominal=True)
    m2 = nested_models.fit_model(e, block, nominal=True) if axes else None
    m3 = nested_models.fit_model(e, u[:, None], block, nominal=True) if axes else None
    return [
        Claim(
            "predictiveness",
            "The crossing ranks the onsets.",
            _passes(permutation_p, below=True),
            {
                "n": len(u),
                "spearman": rho,
                "spearman_p": rho_p,
                "permutation_p": permutation_p,
                "kendall": tau,
                "kendall_p": tau_p,
            },
            _HOW,
        ),
        Claim(
            "calibration",
            "Onset equals crossing.",
            _passes(p, below=False),
            {
                "concordance": agreement.concordance(u, e) if len(u) >= 3 else float("nan"),
                "concordance_low": low,
                "concordance_high": high,
                "joint_f": f,
                "joint_p": p,
                "slope": slope,
                "intercept": intercept,
                "median_offset_dex": float(np.median(e - u)) if len(u) else float("nan"),
                "signed_rank_p": agreement.signed_rank_p_value(e - u),
            },
            _HOW + "; passes if the joint F is not significant",
        ),
        _nested("M1 vs M0", "The crossing predicts the onset.", m1, m0, below=True),
        _nested("M3 vs M2", "The crossing adds to the axes.", m3, m2, below=True),
        _nested("M3 vs M1", "The axes add nothing to the crossing.", m3, m1, below=False),
    ]


def _nested(
    name: str,
    statement: str,
    big: nested_models.LinearModel | None,
    small: nested_models.LinearModel | None,
    *,
    below: bool,
) -> Claim:
    found, nan = nested_models.f_test(big, small), float("nan")
    numbers = {
        "f": found.f,
        "p": found.p,
        "r2": big.r_squared if big else nan,
        "adjusted_r2": big.adjusted if big else nan,
        "r2_smaller": small.r_squared if small else nan,
        "adjusted_r2_smaller": small.adjusted if small else nan,
    }
    how = _HOW + ", nominal columns counted, the slice left out"
    return Claim(name, statement, _passes(found.p, below=below), numbers, how)


def _passes(p: float, *, below: bool) -> Verdict:
    if math.isnan(p):
        return "cannot tell"
    return "supported" if (p < _ALPHA) == below else "not supported"
