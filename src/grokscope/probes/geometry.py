"""The path that parameters take, measured by diagonal Fisher information of one or more kinds and by plain distance.

A step is s = theta(next) - theta(here); <a, b>_F = sum_i F_i a_i b_i with the F of the snapshot where they meet.
Snapshots stream through: three vectors of parameters and the start are held, however many snapshots there are.
Source: method 8.8; Manning-Coe et al. 2025, section 5; arc length, straightness and curvature are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

SMALLEST = 1e-30
"""A norm below this has no direction."""
STIFF = 0.1
"""F from which on a parameter is stiff: an absolute threshold, as published, at the gap of the spectrum."""

LEAST_RISE = 0.2
"""A smaller rise of the speed, as a share of where it begins, is noise and no window."""

Vector = Float[np.ndarray, " P"]
Parts = Mapping[str, Bool[np.ndarray, " P"]]
Places = Mapping[str, slice | Int[np.ndarray, " part"]]
Metric = Vector | float
Metrics = Mapping[str, Metric]

EUCLIDEAN: Metrics = {"euclidean": 1.0}
"""Beside whichever kinds of F there are."""


class Here(NamedTuple):
    """One snapshot of a path, for one part of the parameters. NaN where there is no such step.

    Attributes:
        part: `all`, `stiff` or `sloppy`.
        metric: the name of a kind of F, or `euclidean`.
        speed: length of the step from here.
        turn: cosine between the step to here and the step from here.
        origin: cosine between the step from here and the way to the origin; 1 is pure decay.
        norm: sum of theta^2, square root of it; plain distance in either metric.
        curvature: angle between the two steps over half the sum of their lengths, radians per length.
        arc, chord: length of the path so far, and the straight way from its first snapshot, both in the metric of
            the last snapshot, so that chord / arc, the straightness, is at most 1.
    """

    epoch: int
    part: str
    metric: str
    speed: float
    turn: float
    origin: float
    norm: float
    curvature: float
    arc: float
    chord: float

    @property
    def straightness(self) -> float:
        """Chord over arc, from 0 to 1; NaN before the first step."""
        return self.chord / self.arc if self.arc > SMALLEST else np.nan


def split(fisher: Vector) -> dict[str, Bool[np.ndarray, " P"]]:
    """All parameters; the stiff and the sloppy ones by the last snapshot's F."""
    stiff = fisher >= STIFF
    return {"all": np.ones(len(fisher), bool), "stiff": stiff, "sloppy": ~stiff}


def path(
    snapshots: Iterable[tuple[int, Vector, Mapping[str, Vector]]], parts: Parts, last: Mapping[str, Vector]
) -> Iterator[Here]:
    """Every snapshot of (epoch, theta, F by kind), part by part, by each kind of F and by plain distance.

    Args:
        parts: which parameters each part has (see `split`).
        last: F of the last snapshot by kind, the fixed metrics of arc and chord.
    """
    start: Vector | None = None
    before: Vector | None = None
    here: tuple[int, Vector, Metrics] | None = None
    fixed = {**last, **EUCLIDEAN}
    arcs = {(name, metric): 0.0 for name in parts for metric in fixed}
    # a slice copies nothing, and numbers of places are taken faster than a mask
    places: Places = {name: slice(None) if part.all() else np.flatnonzero(part) for name, part in parts.items()}
    for epoch, theta, fishers in snapshots:
        theta = np.asarray(theta, np.float64)
        start = theta if start is None else start
        if here is not None:
            yield from _all_parts(start, before, here, theta, places, fixed, arcs)
            before = here[1]
        here = (epoch, theta, {kind: np.asarray(f, np.float64) for kind, f in fishers.items()} | dict(EUCLIDEAN))
    if here is not None and start is not None:
        yield from _all_parts(start, before, here, None, places, fixed, arcs)


def _all_parts(
    start: Vector,
    before: Vector | None,
    here: tuple[int, Vector, Metrics],
    after: Vector | None,
    parts: Places,
    last: Metrics,
    arcs: dict[tuple[str, str], float],
) -> Iterator[Here]:
    for name, part in parts.items():
        now = here[1][part]
        came = None if before is None else now - before[part]
        goes = None if after is None else after[part] - now
        for metric in last:
            at, fixed = _within(here[2][metric], part), _within(last[metric], part)
            if came is not None:
                arcs[name, metric] += length(came, fixed)
            yield Here(
                epoch=here[0],
                part=name,
                metric=metric,
                speed=np.nan if goes is None else length(goes, at),
                turn=np.nan if came is None or goes is None else cosine(came, goes, at),
                origin=np.nan if goes is None else cosine(goes, -now, at),
                norm=length(now, 1.0),
                curvature=np.nan if came is None or goes is None else bend(came, goes, at),
                arc=arcs[name, metric],
                chord=length(now - start[part], fixed),
            )


def _within(metric: Metric, part: slice | Int[np.ndarray, " part"]) -> Metric:
    """A metric on a part of the parameters."""
    return metric if isinstance(metric, float) else metric[part]


def length(s: Vector, metric: Metric) -> float:
    """|s| = sqrt(sum F_i s_i^2)."""
    return float(np.sqrt(np.sum(metric * s * s)))


def cosine(a: Vector, b: Vector, metric: Metric) -> float:
    """<a, b> / (|a| |b|), in [-1, 1]; NaN where either has no direction."""
    sizes = length(a, metric), length(b, metric)
    if min(sizes) < SMALLEST:
        return float("nan")
    return float(np.clip(np.sum(metric * a * b) / sizes[0] / sizes[1], -1, 1))


def bend(a: Vector, b: Vector, metric: Metric) -> float:
    """Discrete curvature arccos(cosine) / ((|a| + |b|) / 2)."""
    return float(np.arccos(cosine(a, b, metric)) / ((length(a, metric) + length(b, metric)) / 2 or np.nan))


def moving_median(values: Float[np.ndarray, " n"], width: int) -> Float[np.ndarray, " n"]:
    """Median of an odd number of neighbours; towards the ends of as many as there are on both sides."""
    reach = [min(width // 2, i, len(values) - 1 - i) for i in range(len(values))]
    return np.array([np.median(values[i - r : i + r + 1]) for i, r in enumerate(reach)])


def turning_points(
    epochs: Float[np.ndarray, " n"], speed: Float[np.ndarray, " n"], *, smooth: int = 5
) -> Float[np.ndarray, " zeros"]:
    """Epochs where the gradient of the speed changes sign, by lines between its values.

    The gradient is the difference of two steps' speeds and stands midway between their beginnings.
    """
    smoothed = moving_median(np.asarray(speed, np.float64), smooth)
    gradient, middle = np.diff(smoothed) / np.diff(epochs), (epochs[1:] + epochs[:-1]) / 2
    moving = gradient != 0  # a median has level stretches: they are part of the way before them
    gradient, middle = gradient[moving], middle[moving]
    changes = np.flatnonzero(np.sign(gradient[1:]) != np.sign(gradient[:-1]))
    low, high = gradient[changes], gradient[changes + 1]
    zeros: np.ndarray = middle[changes] + (middle[changes + 1] - middle[changes]) * low / (low - high)
    return zeros


def window(
    epochs: Float[np.ndarray, " n"], speed: Float[np.ndarray, " n"], *, smooth: int = 5
) -> tuple[float, float] | None:
    """Where grokking begins and ends by speed alone: the rise to its highest peak that is no beginning of the path.

    Between the last turning point before that peak and the peak. None where no rise is by at least `LEAST_RISE`.
    """
    zeros = turning_points(epochs, speed, smooth=smooth)
    if len(zeros) < 2:
        return None
    smoothed = moving_median(np.asarray(speed, np.float64), smooth)
    heights = np.interp(zeros, epochs, smoothed)
    rises = np.where(heights[1:] >= (1 + LEAST_RISE) * heights[:-1], np.diff(heights), -np.inf)
    best = int(np.argmax(rises))
    return (float(zeros[best]), float(zeros[best + 1])) if rises[best] > 0 else None
