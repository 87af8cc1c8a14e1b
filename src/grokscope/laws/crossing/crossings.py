"""Where memorising becomes faster than generalising: the sign change of D = ln T_mem - ln T_gen along ln x.

The curves are those of `curves`: broken lines in (ln x, ln T) through geometric means, censoring included. A crossing
is stated only if D is significantly positive at one x and significantly negative at another. Its interval is the
set of x at which D = 0 is not refused (Fieller's way: Student's t of D with the spread pooled over cells), because
percentiles of resampled seeds cover far less than they say when a cell has two or four of them.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pandas as pd

from grokscope.laws.crossing.closest_approach import find_closest_approach
from grokscope.laws.crossing.curve_difference import CurveDifference
from grokscope.laws.crossing.curves import Curve, fit_curve
from grokscope.laws.results import Accuracy, Crossing, CrossingCode, CurveCrossing, Estimate
from grokscope.laws.times.cells import axes_of, observations

_NAN = float("nan")
_SYMBOLS = {"n_params": "P", "dataset_bits": "K", "dim": "d"}
_FROM_THE_OTHER_SIDE = {
    CrossingCode.ALWAYS_SLOWER: CrossingCode.ALWAYS_FASTER,
    CrossingCode.ALWAYS_FASTER: CrossingCode.ALWAYS_SLOWER,
}


def find_crossings(
    frame: pd.DataFrame,
    *,
    accuracy: Accuracy,
    probe: str = "random",
    rule: Literal["sign change", "published"] = "sign change",
    rising: bool = False,
    samples: int = 400,
    seed: int = 0,
) -> list[Crossing]:
    """Find the crossing of every group that has both curves' runs, or the reason why it has none.

    Args:
        frame: one row per finished run of one setting, with the columns of `cells.with_axes`.
        accuracy: which train accuracy T_mem is by.
        probe: which data were memorised.
        rule: `published` is the closest approach of plain means (method 5.5), whether or not they cross.
        rising: T_mem is looked for to rise above T_gen, as it does along the bits of the data: more data take longer
            to memorise.
        samples: redrawn suites for the certainty (and, under `published`, for the interval).
        seed: of the redrawing.

    Returns:
        One for every group, in ascending order of groups.

    Raises:
        ValueError: a column is missing or settings are mixed.

    Source: method 5.5.
    """
    memorising = observations(frame, "T_mem", accuracy=accuracy, probe=probe)
    generalising = observations(frame, "T_gen")
    axes, found = axes_of(memorising), []
    for group in sorted(set(memorising["group"]) & set(generalising["group"])):
        rng = np.random.default_rng([seed, int(group)])
        mem, gen = memorising[memorising["group"] == group], generalising[generalising["group"] == group]
        # Looked at from the other side, one curve's rise above the other is the other's fall below it.
        first, second = (gen, mem) if rising else (mem, gen)
        if rule == "published":
            made = find_closest_approach(first, second, samples, rng)
        else:
            made = find_sign_change(
                fit_curve(first), fit_curve(second), samples, rng, symbol=_SYMBOLS.get(axes.x, axes.x)
            )
        if rising:
            made = made._replace(code=_FROM_THE_OTHER_SIDE.get(made.code, made.code))
        found.append(
            Crossing(
                group_axis=axes.group,
                group=int(group),
                x_axis=axes.x,
                accuracy=accuracy,
                probe=probe,
                rule=rule,
                **made._asdict(),
            )
        )
    return found


def find_sign_change(
    mem: Curve, gen: Curve, samples: int, rng: np.random.Generator, *, symbol: str = "x"
) -> CurveCrossing:
    """Find where the first of two curves falls below the second, with its interval and its certainty.

    ln T against ln x, a change of sign proven on both sides, or a code that says what is missing.

    Args:
        mem, gen: curves of ln T, T in epochs, against ln x.
        samples: redrawn pairs of curves for the certainty, drawn with `rng`.
        symbol: of x, for the words that say how it was found.

    Returns:
        x and its interval in the units of x; NaN without a crossing.

    Source: method 5.5.
    """
    difference = CurveDifference.between(mem, gen)
    n = mem.n + gen.n

    def result(code: CrossingCode, x: Estimate, log_time: float, every: tuple[float, ...]) -> CurveCrossing:
        certainty = difference.certainty(samples, rng) if difference is not None else _NAN
        return CurveCrossing(x, math.exp(log_time), code, every, certainty)

    if difference is None:
        return result(CrossingCode.TOO_FEW, _nowhere(n), _NAN, ())
    code, bracket = difference.judge()
    roots = difference.roots()
    every = tuple(math.exp(x) for x, _ in roots)
    if bracket is None:
        return result(code, _nowhere(n), _NAN, every)
    left, right = bracket
    root = next(x for x, falling in roots if falling and left <= x <= right)
    low, high = difference.interval(left, right, root)
    how = f"sign change of ln T against ln {symbol}, interval by inverting Student's t of the difference"
    if not difference.noisy:
        how = f"sign change of ln T against ln {symbol}; one run a cell gives no interval"
    estimate = Estimate(math.exp(root), math.exp(low), math.exp(high), n, how)
    return result(code, estimate, float(difference.height(root)), every)


def _nowhere(n: int) -> Estimate:
    return Estimate(_NAN, _NAN, _NAN, n, "no crossing")
