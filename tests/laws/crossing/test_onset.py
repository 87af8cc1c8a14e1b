"""Delays from traces, and the first width past the last one without a delay."""

import math

import numpy as np
import pandas as pd
import pytest

from grokscope.laws.crossing.onset import GRID, find_onset, find_onset_grid, find_onsets, measure_delays
from grokscope.laws.results import Delay, OnsetCode
from grokscope.laws.times.threshold_epochs import read_threshold_epochs
from run_frames import run


def trace(epochs=100, *, train=None, val=None, plateau=None, eval_from=None):
    """Accuracies of 0.5 that jump to 1 at a 0-based epoch; validation to `plateau` if given."""

    def jump(at, to=1.0):
        column = np.full(epochs, 0.5)
        if at is not None:
            column[at:] = to
        return column

    return pd.DataFrame(
        {"running_acc": jump(train), "train_acc": jump(eval_from), "val_acc": jump(val, plateau or 1.0)},
        index=pd.RangeIndex(1, epochs + 1, name="epoch"),
    )


def groks(**traces):
    rows = [run("groks", 1000, 50.0, seed=i) | {"id": name, "n_val": 1000} for i, name in enumerate(traces)]
    return pd.DataFrame(rows), traces


def only(one, **options):
    frame, traces = groks(only=one)
    return measured(frame, traces, **options)


def measured(frame, traces, **options):
    asked = {"train_threshold": 0.99, "val_threshold": 0.98} | options
    found = read_threshold_epochs(frame, traces, [(asked["train_threshold"], asked["val_threshold"])])
    return measure_delays(found, **({"accuracy": "running"} | asked))


def test_delay_between_the_two_arrivals():
    (found,) = only(trace(train=10, val=40))
    assert (found.delay, found.censored) == (30, False)


def test_validation_first_is_no_delay():
    assert only(trace(train=40, val=10))[0].delay == 0


def test_validation_never_is_a_lower_bound():
    (found,) = only(trace(train=10))
    assert (found.delay, found.censored) == (90, True)


def test_train_never_is_dropped_and_so_is_a_run_without_a_trace():
    assert only(trace(val=40)) == []
    frame, _ = groks(only=trace())
    assert measured(frame, {}) == []


def test_plateau_between_the_thresholds():
    one = trace(train=10, val=40, plateau=0.985)
    assert only(one, val_threshold=0.98)[0] == Delay("p", 97, "n_params", 1000, 1, 0, 30, False)
    assert only(one, val_threshold=0.99)[0] == Delay("p", 97, "n_params", 1000, 1, 0, 90, True)


def test_eval_accuracy_starts_the_delay_earlier():
    one = trace(train=30, val=40, eval_from=20)
    assert only(one)[0].delay == 10
    assert only(one, accuracy="eval")[0].delay == 20


def test_a_trace_without_its_column_is_refused():
    with pytest.raises(ValueError, match="column val_acc missing"):
        only(trace().drop(columns="val_acc"))


def delay(x, seed, epochs, *, censored=False):
    return Delay("p", 97, "n_params", x, 1, seed, epochs, censored)


def found(*seeds, **options):
    """Onset from {P: delay} of each seed."""
    every = [delay(p, s, float(d)) for s, table in enumerate(seeds) for p, d in table.items()]
    return find_onset(every, group=97, accuracy="running", train_threshold=0.99, val_threshold=0.98, **options)


@pytest.mark.parametrize(
    ("table", "value", "code"),
    [
        ({1: 0, 2: 0, 3: 0, 4: 5, 5: 12}, 4, OnsetCode.FOUND),
        ({1: 5, 2: 0, 3: 8, 4: 12}, 3, OnsetCode.FOUND),
        ({1: 5, 2: 3}, 1, OnsetCode.FROM_SMALLEST),
        ({1: 5, 2: 0}, math.nan, OnsetCode.NOT_YET),
        ({1: 0, 2: 0}, math.nan, OnsetCode.NEVER),
        ({}, math.nan, OnsetCode.NO_CELLS),
    ],
)
def test_conformance_of_the_rule(table, value, code):
    seen = found(table)
    assert seen.x.value == pytest.approx(value, nan_ok=True)
    assert seen.code is code


def test_where_no_run_was_seen_to_generalise_no_onset_is_claimed():
    unseen = [delay(p, seed, 90.0, censored=True) for p in (1, 2) for seed in (0, 1)]
    thresholds = {"accuracy": "running", "train_threshold": 0.99, "val_threshold": 0.98}
    seen = find_onset(unseen, group=97, **thresholds)
    assert seen.code is OnsetCode.UNSEEN
    assert math.isnan(seen.x.value)
    assert find_onset([*unseen, delay(2, 2, 90.0)], group=97, **thresholds).code is OnsetCode.FROM_SMALLEST


def test_least_delay_over_seeds_decides_and_every_seed_has_its_own():
    seen = found({1: 5, 2: 5, 3: 5}, {1: 5, 2: 0, 3: 5}, {1: 5, 2: 0, 3: 0})
    assert seen.code is OnsetCode.NOT_YET
    assert math.isnan(seen.x.value)
    assert seen.per_seed == pytest.approx((1, 3, math.nan), nan_ok=True)


def test_a_width_that_one_seed_lacks():
    seen = found({1: 0, 2: 5}, {1: 0, 2: 0, 3: 5})
    assert seen.x.value == 3
    assert seen.per_seed == (2, 3)


def test_interval_spans_the_grid_and_the_seeds():
    agreed = found({1: 0, 2: 0, 3: 5}, {1: 0, 2: 0, 3: 5})
    assert (agreed.x.low, agreed.x.high) == (2, 3)
    split = found({1: 0, 2: 5, 3: 5, 4: 9}, {1: 0, 2: 0, 3: 0, 4: 9})
    assert (split.x.value, split.x.low, split.x.high) == (4, 1, 4)
    assert split == found({1: 0, 2: 5, 3: 5, 4: 9}, {1: 0, 2: 0, 3: 0, 4: 9})
    smallest = found({1: 5, 2: 5}, {1: 5, 2: 5})
    assert math.isnan(smallest.x.low)
    assert smallest.x.high == 1
    assert math.isnan(found({1: 0, 2: 5}).x.low)


def test_the_grid_of_thresholds():
    frame, traces = groks(a=trace(train=10, eval_from=5, val=40), b=trace(train=10, eval_from=5, val=10))
    found = read_threshold_epochs(frame, traces, GRID)
    grid = find_onset_grid(found, samples=10)
    assert len(grid) == 2 * len(GRID)
    assert {(one.accuracy, one.train_threshold, one.val_threshold) for one in grid} == {
        (accuracy, *pair) for accuracy in ("running", "eval") for pair in GRID
    }
    # At the only width seed b has no delay by running accuracy, and one of 5 by eval accuracy.
    assert {one.accuracy: one.code for one in grid} == {"running": OnsetCode.NEVER, "eval": OnsetCode.FROM_SMALLEST}
    nothing = frame.assign(t=0), {"a": trace(val=10), "b": trace()}
    assert [one.code for one in find_onsets(read_threshold_epochs(*nothing, GRID), accuracy="eval")] == [
        OnsetCode.NO_CELLS
    ]


def test_the_median_of_seeds_does_not_move_with_their_number():
    early, late = {1: 0, 2: 5, 3: 5, 4: 9}, {1: 0, 2: 0, 3: 0, 4: 9}
    few, many = found(early, early, late), found(*[early] * 8, *[late] * 4)
    assert few.x.value == many.x.value == 4
    for seen in (few, many):
        assert seen.by_seed.value == 2
        assert seen.by_median.value == 2
        assert seen.by_seed.low == 1
    assert many.by_seed.high <= few.by_seed.high
