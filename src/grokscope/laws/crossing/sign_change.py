"""Where memorising becomes faster than generalising: the sign change of D = ln T_mem - ln T_gen along ln P.

The curves are those of `curves`: broken lines in (ln P, ln T) through geometric means, censoring included. A crossing
is stated only if D is significantly positive at a width and significantly negative at another. Its interval is the
set of P at which D = 0 is not refused (Fieller's way: Student's t of D with the spread pooled over widths), because
percentiles of resampled seeds cover far less than they say when a cell has two or four of them.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from grokscope.laws.crossing.closest_approach import closest_approach
from grokscope.laws.crossing.curves import Curve, curve
from grokscope.laws.crossing.difference import Difference
from grokscope.laws.results import Accuracy, Crossing, CrossingCode, Estimate
from grokscope.laws.times.cells import observations

_NAN = float("nan")
_FROM_THE_OTHER_SIDE = {
    CrossingCode.ALWAYS_SLOWER: CrossingCode.ALWAYS_FASTER,
    CrossingCode.ALWAYS_FASTER: CrossingCode.ALWAYS_SLOWER,
}


def crossings(
    frame: pd.DataFrame,
    *,
    accuracy: Accuracy,
    probe: str = "random",
    rule: Literal["sign change", "published"] = "sign change",
    rising: bool = False,
    samples: int = 400,
    seed: int = 0,
) -> list[Crossing]:
    """The crossing of every prime that has both curves' runs, or the reason why it has none.

    Args:
        frame: one row per finished run of one setting.
        accuracy: which train accuracy T_mem is by.
        probe: which data were memorised.
        rule: `published` is the closest approach of plain means (spec 5.5), whether or not they cross.
        rising: T_mem is looked for to rise above T_gen, as it does where P stands for the bits of the data at one
            width: more data take longer to memorise (see `cells.along`).
        samples: redrawn suites for the certainty (and, under `published`, for the interval).
        seed: of the redrawing.

    Raises:
        ValueError: a column is missing or settings are mixed.

    Source: spec 5.5, its recommended rule unless `published`.
    """
    memorising = observations(frame, "T_mem", accuracy=accuracy, probe=probe)
    generalising = observations(frame, "T_gen")
    found = []
    for p in sorted(set(memorising["p"]) & set(generalising["p"])):
        rng = np.random.default_rng([seed, int(p)])
        mem, gen = memorising[memorising["p"] == p], generalising[generalising["p"] == p]
        # Looked at from the other side, one curve's rise above the other is the other's fall below it.
        first, second = (gen, mem) if rising else (mem, gen)
        if rule == "published":
            made = closest_approach(first, second, int(p), accuracy, probe, samples, rng)
        else:
            made = sign_change(curve(first), curve(second), int(p), accuracy, probe, samples, rng)
        found.append(replace(made, code=_FROM_THE_OTHER_SIDE.get(made.code, made.code)) if rising else made)
    return found


def sign_change(
    mem: Curve, gen: Curve, p: int, accuracy: Accuracy, probe: str, samples: int, rng: np.random.Generator
) -> Crossing:
    """Where the first of two curves falls below the second, in parameters, with its interval and its certainty.

    ln T against ln P, a change of sign proven on both sides, or a code that says what is missing. Source: spec 5.5.
    """
    difference = Difference.between(mem, gen)
    n = mem.n + gen.n

    def result(code: CrossingCode, place: Estimate, log_time: float, every: tuple[float, ...]) -> Crossing:
        certainty = difference.certainty(samples, rng) if difference is not None else _NAN
        return Crossing(p, accuracy, probe, place, math.exp(log_time), code, every, certainty, "sign change")

    if difference is None:
        return result(CrossingCode.TOO_FEW, _nowhere(n), _NAN, ())
    code, bracket = difference.verdict()
    roots = difference.roots()
    every = tuple(math.exp(x) for x, _ in roots)
    if bracket is None:
        return result(code, _nowhere(n), _NAN, every)
    left, right = bracket
    place = next(x for x, falling in roots if falling and left <= x <= right)
    low, high = difference.interval(left, right, place)
    how = "sign change of ln T against ln P, interval by inverting Student's t of the difference"
    if not difference.noisy:
        how = "sign change of ln T against ln P; one run a cell gives no interval"
    estimate = Estimate(math.exp(place), math.exp(low), math.exp(high), n, how)
    return result(code, estimate, float(difference.height(place)), every)


def _nowhere(n: int) -> Estimate:
    return Estimate(_NAN, _NAN, _NAN, n, "no crossing")
