"""When a statement counts as shown, when as refuted, and when neither."""

from __future__ import annotations

import math
from collections.abc import Sequence

from grokscope.laws.results import Verdict
from grokscope.laws.statistics.agreement import StudentEstimate

ALPHA = 0.05
MARGIN = 0.1
"""dex: differences smaller than this (a factor of 1.26 in P, about one step between widths) count as none."""


def judge_equivalence(found: StudentEstimate, low: float, high: float) -> Verdict:
    """Judge whether a value lies in [low, high]: shown, refuted, or neither.

    Shown by two one-sided tests at 5 % (Schuirmann 1987), refuted by a 95 % interval wholly outside.
    Source: method 5.12.
    """
    bounds = found.interval()
    if found.equivalence_p_value(low, high) < ALPHA:
        return "supported"
    return "not supported" if bounds[0] > high or bounds[1] < low else "cannot tell"


def adjust_holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values by Holm's rule: largest so far of p (k - rank), at most 1. NaN stays NaN and does not count.

    Source: method 5.11.
    """
    adjusted = [float("nan")] * len(p_values)
    order = sorted((i for i, p in enumerate(p_values) if not math.isnan(p)), key=lambda i: p_values[i])
    so_far = 0.0
    for rank, i in enumerate(order):
        so_far = max(so_far, min(1.0, p_values[i] * (len(order) - rank)))
        adjusted[i] = so_far
    return adjusted
