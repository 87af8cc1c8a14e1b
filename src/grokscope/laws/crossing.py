"""Where memorising becomes faster than generalising: the sign change of D = ln T_mem - ln T_gen along ln P.

The curves are those of `curves`: broken lines in (ln P, ln T) through geometric means, censoring included. A crossing
is stated only if D is significantly positive at a width and significantly negative at another. Its interval is the
set of P at which D = 0 is not refused (Fieller's way: Student's t of D with the spread pooled over widths), because
percentiles of resampled seeds cover far less than they say when a cell has two or four of them.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pandas as pd

from grokscope.laws.cells import observations
from grokscope.laws.closest import closest_approach
from grokscope.laws.curves import Curve, curve
from grokscope.laws.difference import Difference
from grokscope.laws.results import Accuracy, Crossing, CrossingCode, Estimate

_NAN = float("nan")


def crossings(
    frame: pd.DataFrame,
    *,
    accuracy: Accuracy,
    probe: str = "random",
    rule: Literal["sign change", "published"] = "sign change",
    samples: int = 400,
    seed: int = 0,
) -> list[Crossing]:
    """The crossing of every prime that has both curves' runs, or the reason why it has none.

    Args:
        frame: one row per finished run of one setting.
        accuracy: which train accuracy T_mem is by.
        probe: which data were memorised.
        rule: `published` is the closest approach of plain means (spec 5.5), whether or not they cross.
        samples: redrawn suites for the certainty (and, under `published`, for the interval).
        seed: of the redrawing.

    Raises:
        ValueError: a column is missing or settings are mixed.
    """
    memorising = observations(frame, "T_mem", accuracy=accuracy, probe=probe)
    generalising = observations(frame, "T_gen")
    found = []
    for p in sorted(set(memorising["p"]) & set(generalising["p"])):
        rng = np.random.default_rng([seed, int(p)])
        mem, gen = memorising[memorising["p"] == p], generalising[generalising["p"] == p]
        if rule == "published":
            found.append(closest_approach(mem, gen, int(p), accuracy, probe, samples, rng))
        else:
            found.append(sign_change(curve(mem), curve(gen), int(p), accuracy, probe, samples, rng))
    return found


def sign_change(
    mem: Curve, gen: Curve, p: int, accuracy: Accuracy, probe: str, samples: int, rng: np.random.Generator
) -> Crossing:
    """The crossing of two curves, with its interval and its certainty."""
    difference = Difference.between(mem, gen)
    n = mem.n + gen.n

    def result(code: CrossingCode, place: Estimate, log_time: float, every: tuple[float, ...]) -> Crossing:
        certainty = _certainty(mem, gen, samples, rng) if difference is not None else _NAN
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


def _certainty(mem: Curve, gen: Curve, samples: int, rng: np.random.Generator) -> float:
    if not (mem.noisy and gen.noisy):
        return _NAN
    crossed = 0
    for _ in range(samples):
        difference = Difference.between(mem.redrawn(rng), gen.redrawn(rng))
        crossed += difference is not None and any(falling for _, falling in difference.roots())
    return crossed / samples


def _nowhere(n: int) -> Estimate:
    return Estimate(_NAN, _NAN, _NAN, n, "no crossing")
