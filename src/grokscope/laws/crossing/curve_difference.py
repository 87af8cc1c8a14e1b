"""D = ln T_mem - ln T_gen of two curves: its sign, how sure that is, and where it changes (method 5.5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from grokscope.laws.arrays import Array
from grokscope.laws.crossing.curves import Curve
from grokscope.laws.results import CrossingCode

_NAN = float("nan")
_GRID = 400
"""Points at which D is looked at for an interval: its ends are this fine."""


@dataclass(frozen=True)
class CurveDifference:
    """D = ln T_mem - ln T_gen over the widths that both curves span.

    Attributes:
        knots: (k,) ln x at which either curve has a cell, inside the common range.
    """

    mem: Curve
    gen: Curve
    knots: Array

    @classmethod
    def between(cls, mem: Curve, gen: Curve) -> CurveDifference | None:
        """Over the range that both curves span; None if that holds fewer than two cells."""
        low = max(mem.log_x[0], gen.log_x[0])
        high = min(mem.log_x[-1], gen.log_x[-1])
        knots = np.union1d(mem.log_x, gen.log_x)
        knots = knots[(knots >= low) & (knots <= high)]
        return cls(mem, gen, knots) if len(knots) >= 2 else None

    @property
    def noisy(self) -> bool:
        """Whether seeds show the spread of both curves."""
        return self.mem.noisy and self.gen.noisy

    def evaluate(self, x: Array) -> tuple[Array, Array, Array]:
        """Value, least and most of D at ln x (n,), (n,) each: where a curve is a bound, so is D on one side or both."""
        value = self._line(self.mem, x) - self._line(self.gen, x)
        mem_bound, gen_bound = self._bounded(self.mem, x), self._bounded(self.gen, x)
        return value, np.where(gen_bound, -np.inf, value), np.where(mem_bound, np.inf, value)

    def standard_error(self, x: Array) -> tuple[Array, Array]:
        """Standard error of D at ln x (n,) and degrees of freedom by Welch and Satterthwaite, (n,) each.

        Between widths what the straight lines miss of the curves' bend is part of the error.
        """
        parts = []
        for line in (self.mem, self.gen):
            w = line.weights(x)
            parts.append(np.einsum("ij,jk,ik->i", w, line.covariance, w))
        total = parts[0] + parts[1] + self.mem.chord_error(x) ** 2 + self.gen.chord_error(x) ** 2
        with np.errstate(invalid="ignore", divide="ignore"):
            df = total**2 / (parts[0] ** 2 / self.mem.df + parts[1] ** 2 / self.gen.df)
        return np.sqrt(total), np.where(np.isfinite(df), df, max(1, min(self.mem.df, self.gen.df)))

    def significant_signs(self, x: Array, tail: float) -> Array:
        """+1 or -1 where D is significantly so, one-sided at `tail`; 0 where it may be either."""
        _, least, most = self.evaluate(x)
        margin: Array | float = 0.0
        if self.noisy:
            error, df = self.standard_error(x)
            margin = student.isf(tail, df) * error
        return np.where(least - margin > 0, 1, np.where(most + margin < 0, -1, 0))

    def judge(self) -> tuple[CrossingCode, tuple[float, float] | None]:
        """The reason code and, if there is a crossing, ln x of the widths that prove it on either side.

        Significant at 5 % over all widths together (Bonferroni), so that many widths do not make a crossing.
        """
        proven = self.significant_signs(self.knots, 0.05 / len(self.knots))
        where, signs = self.knots[proven != 0], proven[proven != 0]
        changes = np.flatnonzero(np.diff(signs))
        falling = [i for i in changes if signs[i] > 0]
        if len(changes):
            if not falling:
                return CrossingCode.WRONG_WAY, None
            code = CrossingCode.CROSSES if len(changes) == 1 else CrossingCode.MULTIPLE
            return code, (float(where[falling[0]]), float(where[falling[0] + 1]))
        _, least, most = self.evaluate(self.knots)
        if (least > 0).all():
            return CrossingCode.ALWAYS_SLOWER, None
        if (most < 0).all():
            return CrossingCode.ALWAYS_FASTER, None
        unknown = np.isinf(least) & (most >= 0) | np.isinf(most) & (least <= 0)
        if unknown.any() and not ((least > 0).any() and (most < 0).any()):
            return CrossingCode.CENSORED, None
        return CrossingCode.UNPROVEN, None

    def roots(self) -> list[tuple[float, bool]]:
        """(ln x, whether D falls there) of every sign change between neighbouring widths whose sign is known.

        With a bound on one side it is where the bound crosses: the nearest that it can be.
        """
        value, least, most = self.evaluate(self.knots)
        known = (least > 0) | (most < 0)
        x, d = self.knots[known], value[known]
        return [
            (float(x[i] - d[i] * (x[i + 1] - x[i]) / (d[i + 1] - d[i])), bool(d[i] > 0))
            for i in range(len(x) - 1)
            if d[i] * d[i + 1] < 0
        ]

    def certainty(self, samples: int, rng: np.random.Generator) -> float:
        """Share of redrawn pairs of curves that change from positive to negative somewhere; NaN without noise."""
        if not self.noisy:
            return _NAN
        above, below = (
            (line.log_times + line.draw_noise(samples, rng)) @ line.weights(self.knots).T
            for line in (self.mem, self.gen)
        )
        value = above - below
        # Where a curve is only a bound the sign is known on the side on which it lies beyond the other.
        positive = (value > 0) & ~self._bounded(self.gen, self.knots)
        negative = (value < 0) & ~self._bounded(self.mem, self.knots)
        fell = positive.any(axis=1) & negative.any(axis=1)
        n = len(self.knots)
        return float((fell & (positive.argmax(axis=1) < n - 1 - negative[:, ::-1].argmax(axis=1))).mean())

    def interval(self, left: float, right: float, root: float) -> tuple[float, float]:
        """From the last x before `root` where D is significantly positive to the first after it where negative.

        NaN on a side on which there is none before the end of the widths.
        """
        if not self.noisy:
            return _NAN, _NAN
        x = np.union1d(np.linspace(self.knots[0], self.knots[-1], _GRID), self.knots)
        signs = self.significant_signs(x, 0.025)
        before, after = x[(signs > 0) & (x <= root)], x[(signs < 0) & (x >= root)]
        return (float(before[-1]) if len(before) else _NAN, float(after[0]) if len(after) else _NAN)

    def height(self, x: float) -> float:
        """ln T where the curves meet, on the one that is known there."""
        at = np.array([x])
        line = self.mem if self._bounded(self.gen, at)[0] else self.gen
        return float(self._line(line, at)[0])

    def _line(self, line: Curve, x: Array) -> Array:
        return np.asarray(line.weights(x) @ line.log_times)

    def _bounded(self, line: Curve, x: Array) -> Array:
        return np.asarray(line.weights(x)[:, line.bounded].sum(axis=1) > 0)
