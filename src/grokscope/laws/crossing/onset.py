"""Where grokking begins: the delay from memorising to generalising, and the first x that has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from grokscope.laws.arrays import Array
from grokscope.laws.crossing.onset_rule import apply_onset_rule, least_over_seeds, median_over_seeds, onset_indices
from grokscope.laws.results import Accuracy, Delay, Estimate, Onset, OnsetCode
from grokscope.laws.times.cells import AXES, Axes, axes_of
from grokscope.laws.times.threshold_epochs import COLUMNS, ThresholdEpochs

GRID = ((0.99, 0.98), (0.99, 0.99), (0.99, 0.95), (0.98, 0.98), (0.95, 0.95))
"""Thresholds (train, validation) under which the onset is looked for; published figures use the first (method 5.6)."""

_NAN = float("nan")


def measure_delays(
    found: ThresholdEpochs, *, accuracy: Accuracy, train_threshold: float = 0.99, val_threshold: float = 0.98
) -> list[Delay]:
    """Epochs from train to validation accuracy at their thresholds, at least 0, of every run that memorised.

    Where validation never reaches its threshold the delay is what the run shows of it, marked as censored. A run whose
    train accuracy never reaches its own has no delay and is left out.

    Args:
        found: n groks runs of one setting.
        accuracy: which train accuracy the delay starts from.
        train_threshold, val_threshold: fractions of the examples.

    Returns:
        One for every run that memorised, in the order of the runs, in epochs.

    Raises:
        KeyError: the epochs were not read at these thresholds.

    Source: method 5.6.
    """
    train, val = found.reached[accuracy, train_threshold], found.reached["val", val_threshold]
    waited = np.where(np.isnan(val), found.epochs - train, np.maximum(0, val - train))
    columns = (found.runs[name].to_list() for name in ("group_axis", "group", "x_axis", "x", "dim", "seed"))
    rows = zip(*columns, waited.tolist(), np.isnan(val).tolist(), strict=True)
    return [Delay(*row) for row, memorised in zip(rows, ~np.isnan(train), strict=True) if memorised]


def find_onsets(
    found: ThresholdEpochs,
    *,
    accuracy: Accuracy,
    train_threshold: float = 0.99,
    val_threshold: float = 0.98,
    fading: bool = False,
    samples: int = 1000,
    seed: int = 0,
) -> list[Onset]:
    """Find the onset of every group that has runs, from the delays of `measure_delays` by the rule of `find_onset`.

    Args:
        found: groks runs of one setting.
        accuracy: which train accuracy the delay starts from.
        train_threshold, val_threshold: fractions of the examples.
        fading: whether grokking fades as x grows.
        samples: resamples of seeds for the intervals, from `seed`.

    Returns:
        One for every group, in ascending order of groups.

    Raises:
        KeyError: the epochs were not read at these thresholds.

    Source: method 5.6.
    """
    measured = measure_delays(found, accuracy=accuracy, train_threshold=train_threshold, val_threshold=val_threshold)
    by_group: dict[int, list[Delay]] = {int(group): [] for group in sorted(found.runs["group"].unique())}
    for each in measured:
        by_group[each.group].append(each)
    axes = axes_of(found.runs)
    return [
        find_onset(
            of_group,
            axes=axes,
            group=group,
            accuracy=accuracy,
            train_threshold=train_threshold,
            val_threshold=val_threshold,
            fading=fading,
            samples=samples,
            seed=seed,
        )
        for group, of_group in by_group.items()
    ]


def find_onset_grid(
    found: ThresholdEpochs,
    *,
    thresholds: Sequence[tuple[float, float]] = GRID,
    accuracies: Sequence[Accuracy] = tuple(COLUMNS),
    samples: int = 1000,
    seed: int = 0,
) -> list[Onset]:
    """Find the onsets under every pair of thresholds and each train accuracy: how far they depend on the choice.

    Args:
        found: groks runs of one setting.
        thresholds: pairs of fractions (train, validation).
        accuracies: train accuracies that delays start from.
        samples: resamples of seeds for the intervals, from `seed`.

    Returns:
        One for every accuracy, pair and group, in that order.

    Raises:
        KeyError: the epochs were not read at these thresholds.

    Source: method 5.6.
    """
    return [
        each
        for accuracy in accuracies
        for train, val in thresholds
        for each in find_onsets(
            found, accuracy=accuracy, train_threshold=train, val_threshold=val, samples=samples, seed=seed
        )
    ]


def find_onset(
    measured: Sequence[Delay],
    *,
    group: int,
    axes: Axes = AXES,
    accuracy: Accuracy,
    train_threshold: float,
    val_threshold: float,
    fading: bool = False,
    samples: int = 1000,
    seed: int = 0,
) -> Onset:
    """Find the first measured x past the last one at which some seed had no delay, in one group.

    Its interval is of percentiles over resampled seeds, widened towards the x without grokking by one, since
    the onset may lie anywhere between two of them. A side is NaN where more than 2.5 % of resamples have no onset
    there. A censored delay is a lower bound above zero, so that no rule here depends on how long a run was followed.

    Args:
        measured: delays of the group's runs, in any order.
        group, axes: what the onset is said to be of.
        accuracy, train_threshold, val_threshold: what the delays were measured by.
        fading: grokking fades as x grows, as it does along the bits of the data at one width: the same rule from the
            other end.
        samples: resamples of seeds for the intervals, from `seed`.

    Source: method 5.6.
    """
    x, grid = _delay_table(measured)
    if fading:
        x, grid = x[::-1], grid[:, ::-1]
    value, code = apply_onset_rule(x, least_over_seeds(grid))
    if measured and all(each.censored for each in measured):  # a delay that nobody saw the end of is no grokking
        value, code = _NAN, OnsetCode.UNSEEN
    own = onset_indices(grid)
    drawn = (
        np.random.default_rng([seed, group]).integers(len(grid), size=(samples, len(grid))) if len(grid) > 1 else None
    )

    def estimate(value: float, how: str, redrawn: Callable[[Array], Array]) -> Estimate:
        low, high = _NAN, _NAN
        if drawn is not None and not np.isnan(value):
            low, high = _percentiles(x, redrawn(drawn))
        return Estimate(value, *((high, low) if fading else (low, high)), len(measured), how)

    return Onset(
        group_axis=axes.group,
        group=group,
        x_axis=axes.x,
        accuracy=accuracy,
        train_threshold=train_threshold,
        val_threshold=val_threshold,
        x=estimate(
            value,
            "least delay over seeds; percentiles over seeds, by width",
            lambda drawn: onset_indices(least_over_seeds(grid[drawn])),
        ),
        code=code,
        per_seed=tuple(_x_at(x, at) for at in own),
        by_median=estimate(
            apply_onset_rule(x, median_over_seeds(grid))[0],
            "median delay over seeds; percentiles over seeds, by width",
            lambda drawn: onset_indices(median_over_seeds(grid[drawn])),
        ),
        by_seed=estimate(
            _x_at(x, int(_lower_median(own))) if len(own) else _NAN,
            "median of the seeds' own onsets; percentiles over seeds, by width",
            lambda drawn: _lower_median(own[drawn]),
        ),
    )


def _delay_table(measured: Sequence[Delay]) -> tuple[Array, Array]:
    """(x ascending, (seeds, x) least delay in epochs, NaN where there is none)."""
    x, columns = np.unique([float(each.x) for each in measured], return_inverse=True)
    seeds, rows = np.unique([each.seed for each in measured], return_inverse=True)
    grid = np.full((len(seeds), len(x)), np.nan)
    np.fmin.at(grid, (rows, columns), [each.delay for each in measured])
    return x, grid


def _lower_median(at: Array) -> Array:
    """The lower median along the last axis."""
    return np.asarray(np.sort(at, axis=-1)[..., (at.shape[-1] - 1) // 2])


def _x_at(x: Array, at: int) -> float:
    """x at an index; the smallest where the onset lies before it."""
    return float(x[max(at, 0)]) if at < len(x) else _NAN


def _percentiles(x: Array, at: Array) -> tuple[float, float]:
    """Percentiles of indices as x, the lower one a step down; NaN where they lie beyond what was measured."""
    low, high = (int(each) for each in np.quantile(at, [0.025, 0.975], method="nearest"))
    return (float(x[low - 1]) if 0 < low < len(x) else _NAN), _x_at(x, high)
