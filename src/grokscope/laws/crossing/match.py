"""Whether the crossing of T_mem and T_gen marks where runs begin to grok, along any scale.

The crossing is the race's (see `crossings`); the onset is its rule too, of shares: the next x past the last one at
which most seeds do not grok. So two accounts of grokking can be compared along a scale that multiplies a net's first
parameters, where P does not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from grokscope.laws.crossing.crossings import find_sign_change
from grokscope.laws.crossing.curves import fit_curve
from grokscope.laws.crossing.onset_rule import apply_onset_rule
from grokscope.laws.results import CROSSED, CrossingCode, CurveCrossing, OnsetCode

ONE_SIDED = (CrossingCode.ALWAYS_SLOWER, CrossingCode.ALWAYS_FASTER, CrossingCode.WRONG_WAY)
"""Codes that say where no crossing is, unlike those that say that too little is known."""
MAJORITY = 0.5
SAMPLES = 400


@dataclass(frozen=True)
class CrossingOnsetMatch:
    """Whether the crossing marks where grokking begins.

    Attributes:
        x_axis: the scale.
        crossing: of T_mem below T_gen.
        before: the last x at which most seeds do not grok, NaN if there is none.
        onset: the next x, from which on they do; NaN if there is none.
        code: why there is an onset, or why there is none.
        verdict: `yes` if the crossing, by its interval where it has one, lies between `before` and `onset`; `no` if it
            lies elsewhere or one of the two is and the other is not; else `cannot tell`.
    """

    x_axis: str
    crossing: CurveCrossing
    before: float
    onset: float
    code: OnsetCode
    verdict: Literal["yes", "no", "cannot tell"]


def match_crossing_to_onset(
    mem: pd.DataFrame, gen: pd.DataFrame, groks: pd.DataFrame, *, x_axis: str, seed: int = 0
) -> CrossingOnsetMatch | None:
    """Compare where T_mem falls below T_gen with where most seeds begin to grok.

    Args:
        mem, gen: columns x, time (epochs; where censored, how long the run was followed), censored; a row a run.
        groks: columns x, groks; a row a run.
        x_axis: what x is, such as `w0`.
        seed: of the redrawing that the certainty is from.

    Returns:
        None where fewer than two x have any of the three.

    Source: method 5.5, method 5.6.
    """
    if min(frame["x"].nunique() for frame in (mem, gen, groks)) < 2:
        return None
    crossing = find_sign_change(fit_curve(mem), fit_curve(gen), SAMPLES, np.random.default_rng(seed))
    shares = groks.groupby("x")["groks"].mean()
    scales, most = shares.index.to_numpy(float), (shares.to_numpy() > MAJORITY).astype(float)
    onset, code = apply_onset_rule(scales, most)
    earlier = scales[scales < onset] if code is OnsetCode.FOUND else scales[:0]
    before = float(earlier[-1]) if len(earlier) else float("nan")
    return CrossingOnsetMatch(x_axis, crossing, before, onset, code, _verdict(crossing, before, onset, code))


def _verdict(
    crossing: CurveCrossing, before: float, onset: float, code: OnsetCode
) -> Literal["yes", "no", "cannot tell"]:
    if crossing.code not in (*CROSSED, *ONE_SIDED) or code is OnsetCode.NO_CELLS:
        return "cannot tell"
    crosses, begins = crossing.code in CROSSED, code is OnsetCode.FOUND
    if not crosses and not begins:
        return "cannot tell"
    if not (crosses and begins):
        return "no"
    at, low, high = crossing.x[:3]
    if np.isnan(low) and np.isnan(high):
        low = high = at
    low, high = np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=np.inf)
    return "yes" if low <= onset and high >= before else "no"
