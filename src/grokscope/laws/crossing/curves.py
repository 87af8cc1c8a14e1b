"""ln T against ln x in one group: a broken line through the cells, with how sure it is and where it is only a bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from grokscope.laws.arrays import Array
from grokscope.laws.statistics import censored_regression
from grokscope.laws.times.timescales import rounding_error

_FEWEST_TO_BEND = 4


@dataclass(frozen=True)
class Curve:
    """A broken line through cells, straight between them in (ln x, ln T).

    Every cell is a geometric mean, censored runs included, and all cells share one spread between seeds: with two
    seeds a cell has no spread of its own to speak of. A cell none of whose runs arrived is a bound from below.

    Attributes:
        log_x: (k,) ascending.
        log_times: (k,) geometric means, or the mean log of how long the runs were followed.
        bounded: (k,) where the true value is only known to be larger.
        covariance: (k, k) of log_times; zero for bounds, infinite if no cell shows its spread.
        df: degrees of freedom of the spread.
        curvature: second derivative of ln T by ln x, of one parabola through all cells; 0 with fewer than four.
        n: runs.
    """

    log_x: Array
    log_times: Array
    bounded: Array
    covariance: Array
    df: int
    curvature: float
    n: int

    @property
    def noisy(self) -> bool:
        """Whether the spread between seeds could be seen at all."""
        return self.df > 0

    def weights(self, log_x: Array) -> Array:
        """(n, k): what each cell contributes to the line at `log_x` (n,), all inside its range."""
        rows, right = np.arange(len(log_x)), self._right(log_x)
        left = self.log_x[right - 1]
        share = np.clip((log_x - left) / (self.log_x[right] - left), 0, 1)
        found = np.zeros((len(log_x), len(self.log_x)))
        found[rows, right - 1], found[rows, right] = 1 - share, share
        return found

    def chord_error(self, log_x: Array) -> Array:
        """How far a curve so bent departs from its straight line at `log_x` (n,): 0 at the cells themselves."""
        right = self._right(log_x)
        sides = (log_x - self.log_x[right - 1]) * (self.log_x[right] - log_x)
        return np.asarray(0.5 * abs(self.curvature) * np.maximum(sides, 0))

    def draw_noise(self, samples: int, rng: np.random.Generator) -> Array:
        """(samples, k): how the cells might have departed under other seeds, by what these show of their spread."""
        if not self.noisy:
            return np.zeros((samples, len(self.log_times)))
        scale = np.sqrt(self.df / rng.chisquare(self.df, size=(samples, 1)))
        noise = rng.multivariate_normal(np.zeros(len(self.log_times)), self.covariance, size=samples, method="eigh")
        return np.asarray(np.where(self.bounded, 0.0, scale * noise))

    def _right(self, log_x: Array) -> Array:
        """Index of the cell to the right of each `log_x`."""
        return np.clip(np.searchsorted(self.log_x, log_x), 1, len(self.log_x) - 1)


def fit_curve(seen: pd.DataFrame) -> Curve:
    """Fit the curve through the cells of one group.

    Args:
        seen: columns x (positive), time (epochs) and censored; a row a run, as `cells.observations` has them.

    Returns:
        The curve in (ln x, ln epochs).

    Source: method 5.4.
    """
    x, where = np.unique(seen["x"].to_numpy(float), return_inverse=True)
    log_times, censored = np.log(seen["time"].to_numpy(float)), seen["censored"].to_numpy(bool)
    arrived = np.bincount(where[~censored], minlength=len(x)) > 0
    runs = np.bincount(where, minlength=len(x))
    values = np.bincount(where, weights=log_times, minlength=len(x)) / runs
    covariance, df = np.zeros((len(x), len(x))), 0
    if arrived.any():
        used = arrived[where]
        design = np.eye(len(x))[where[used]][:, arrived]
        floor = rounding_error(seen["time"].to_numpy(float)[~censored])
        if int((~censored).sum()) == int(arrived.sum()) and censored[used].any():
            # One arrival a cell and some censored: no spread to be had. The arrivals alone, as they are.
            used &= ~censored
            design = np.eye(len(x))[where[used]][:, arrived]
        found = censored_regression.fit(design, log_times[used], censored[used], floor=floor)
        values[arrived], df = found.coef, found.df
        covariance[np.ix_(arrived, arrived)] = found.covariance
    log_x = np.log(x)
    bend = 2 * float(np.polyfit(log_x[arrived], values[arrived], 2)[0]) if arrived.sum() >= _FEWEST_TO_BEND else 0.0
    return Curve(log_x, values, ~arrived, covariance, df, bend, len(seen))
