"""Do two accounts of grokking meet? Where T_mem falls below T_gen as a scale grows, and from where on runs grok.

The scale is w0, which multiplies a net's first parameters. The crossing is the race's (see `crossing`), along ln w0
instead of ln P; the onset is its rule too: the next w0 past the last one at which most seeds do not grok.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from grokscope.laws.crossing.curves import curve
from grokscope.laws.crossing.onset_rule import place
from grokscope.laws.crossing.sign_change import sign_change
from grokscope.laws.results import Crossing, CrossingCode, OnsetCode

Verdict = Literal["yes", "no", "cannot tell"]
MEETS = (CrossingCode.CROSSES, CrossingCode.MULTIPLE)
ONE_SIDED = (CrossingCode.ALWAYS_SLOWER, CrossingCode.ALWAYS_FASTER, CrossingCode.WRONG_WAY)
"""Codes that say where no crossing is, unlike those that say that too little is known."""
MAJORITY = 0.5
SAMPLES = 400


@dataclass(frozen=True)
class Meeting:
    """Whether the crossing marks where grokking begins.

    Attributes:
        crossing: of T_mem below T_gen; its `n_params` is w0.
        before: the last w0 at which most seeds do not grok, NaN if there is none.
        onset: the next w0, from which on they do; NaN if there is none.
        code: why there is an onset, or why there is none.
        verdict: `yes` if the crossing, by its interval where it has one, lies between `before` and `onset`; `no` if it
            lies elsewhere or one of the two is and the other is not; else `cannot tell`.
    """

    crossing: Crossing
    before: float
    onset: float
    code: OnsetCode
    verdict: Verdict


def meeting(mem: pd.DataFrame, gen: pd.DataFrame, groks: pd.DataFrame, *, seed: int = 0) -> Meeting | None:
    """From observations; None where fewer than two w0 have any of the three.

    Args:
        mem, gen: columns w0, time (epochs; where censored, how long the run was followed), censored; a row a run.
        groks: columns w0, groks; a row a run.
    """
    if min(frame["w0"].nunique() for frame in (mem, gen, groks)) < 2:
        return None
    memorising, generalising = (curve(frame.rename(columns={"w0": "n_params"})) for frame in (mem, gen))
    rng = np.random.default_rng(seed)
    crossing = sign_change(memorising, generalising, 0, "running", "digits", SAMPLES, rng)
    shares = groks.groupby("w0")["groks"].mean()
    scales, most = shares.index.to_numpy(float), (shares.to_numpy() > MAJORITY).astype(float)
    onset, code = place(scales, most)
    earlier = scales[scales < onset] if code is OnsetCode.FOUND else scales[:0]
    before = float(earlier[-1]) if len(earlier) else float("nan")
    return Meeting(crossing, before, onset, code, _verdict(crossing, before, onset, code))


def _verdict(crossing: Crossing, before: float, onset: float, code: OnsetCode) -> Verdict:
    if crossing.code not in (*MEETS, *ONE_SIDED) or code is OnsetCode.NO_CELLS:
        return "cannot tell"
    crosses, begins = crossing.code in MEETS, code is OnsetCode.FOUND
    if not crosses and not begins:
        return "cannot tell"
    if not (crosses and begins):
        return "no"
    at, low, high = crossing.n_params[:3]
    if np.isnan(low) and np.isnan(high):
        low = high = at
    low, high = np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=np.inf)
    return "yes" if low <= onset and high >= before else "no"
