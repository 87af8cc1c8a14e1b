"""The published rule for the crossing: closest approach of two lines through plain means (method 5.5)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokscope.laws.arrays import Array
from grokscope.laws.results import CrossingCode, CurveCrossing, Estimate

_NAN = float("nan")


def find_closest_approach(
    mem: pd.DataFrame, gen: pd.DataFrame, samples: int, rng: np.random.Generator
) -> CurveCrossing:
    """Find the x at which two lines are nearest. It is returned even where they never cross: the code says so.

    Censored runs are dropped and cells are plain means, as published. The interval, which the published rule has
    not, is of percentiles over seeds resampled within their cells.

    Args:
        mem, gen: a row per run of one group, with columns x, time (epochs) and censored.
        samples: resamples of seeds, drawn with `rng`.

    Returns:
        x and its interval in the units of x; NaN where the lines have less than two points in common.

    Source: method 5.5.
    """
    n = len(mem) + len(gen)
    cells = _cells(mem), _cells(gen)
    whole = [_mean_line(each) for each in cells]
    found = closest_approach_of_lines(_known_part(whole[0], 0), _known_part(whole[1], 0))
    if found is None:
        nowhere = Estimate(_NAN, _NAN, _NAN, n, "closest approach, as published")
        return CurveCrossing(nowhere, _NAN, CrossingCode.TOO_FEW, (), _NAN)
    lines = [_resample(each, samples, rng) for each in cells]
    redrawn = [closest_approach_of_lines(_known_part(lines[0], i), _known_part(lines[1], i)) for i in range(samples)]
    nearest = [again[0] for again in redrawn if again is not None]
    low, high = np.percentile(nearest, [2.5, 97.5]) if nearest else (_NAN, _NAN)
    x, epochs, code, every = found
    crossed = [again is not None and bool(again[3]) for again in redrawn]
    estimate = Estimate(x, float(low), float(high), n, "closest approach, as published; percentiles over seeds")
    return CurveCrossing(estimate, epochs, code, every, float(np.mean(crossed)) if crossed else _NAN)


def closest_approach_of_lines(
    mem: tuple[Array, Array], gen: tuple[Array, Array]
) -> tuple[float, float, CrossingCode, tuple[float, ...]] | None:
    """Find where two lines are nearest, interpolated straight in (x, epochs).

    Args:
        mem, gen: x ascending and epochs, (k,) each, all positive.

    Returns:
        x, epochs (the mean of both), code and every x at which the sign changes; None if the lines have no range in
        common.

    Source: method 5.5.
    """
    if min(len(mem[0]), len(gen[0])) < 2:
        return None
    low, high = max(mem[0][0], gen[0][0]), min(mem[0][-1], gen[0][-1])
    if low >= high:
        return None
    x = np.geomspace(low, high, 1000)
    t_mem, t_gen = np.interp(x, *mem), np.interp(x, *gen)
    gap = np.log(t_mem) - np.log(t_gen)
    nearest = int(np.argmin(np.abs(gap)))
    changes = np.flatnonzero(np.diff(gap > 0))
    return (
        float(x[nearest]),
        float((t_mem[nearest] + t_gen[nearest]) / 2),
        _code(gap, changes),
        tuple(float(x[i]) for i in changes),
    )


def _code(gap: Array, changes: Array) -> CrossingCode:
    if len(changes) > 1:
        return CrossingCode.MULTIPLE
    if len(changes) == 1:
        return CrossingCode.CROSSES if gap[0] > 0 else CrossingCode.WRONG_WAY
    return CrossingCode.ALWAYS_SLOWER if gap[0] > 0 else CrossingCode.ALWAYS_FASTER


def _cells(seen: pd.DataFrame) -> list[tuple[float, Array]]:
    """(x, times with NaN where censored) of every cell, x ascending."""
    times = seen["time"].where(~seen["censored"]).to_numpy(float)
    return [(float(x), times[rows]) for x, rows in sorted(seen.groupby("x").indices.items())]


def _mean_line(cells: list[tuple[float, Array]]) -> tuple[Array, Array]:
    """(x, (1, cells) mean of the uncensored times, NaN where none is)."""
    return np.array([x for x, _ in cells]), np.array([_means(times[None])[0] for _, times in cells])[None]


def _resample(cells: list[tuple[float, Array]], samples: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """(x, (samples, cells) the same means of runs resampled within their cells)."""
    means = [_means(times[rng.integers(len(times), size=(samples, len(times)))]) for _, times in cells]
    return np.array([x for x, _ in cells]), np.array(means).reshape(len(cells), samples).T


def _means(times: Array) -> Array:
    seen = ~np.isnan(times)
    n = seen.sum(axis=1)
    return np.where(n > 0, np.where(seen, times, 0).sum(axis=1) / np.maximum(n, 1), _NAN)


def _known_part(means: tuple[Array, Array], sample: int) -> tuple[Array, Array]:
    """(x, mean) of the cells that have one."""
    x, times = means[0], means[1][sample]
    return x[~np.isnan(times)], times[~np.isnan(times)]
