"""Arrivals: one look at each trace gives what every pair of thresholds asks."""

import numpy as np
import pandas as pd
import pytest

from grokscope.laws.crossing.onset import find_onsets, measure_delays
from grokscope.laws.results import OnsetCode
from grokscope.laws.times.cells import with_axes
from grokscope.laws.times.threshold_epochs import read_threshold_epochs
from run_frames import run


def trace(train, val, epochs=50):
    """Columns that jump to 1 at a 0-based epoch."""
    step = {name: (np.arange(epochs) >= at).astype(np.float32) for name, at in (("train", train), ("val", val))}
    return {"running_acc": step["train"], "train_acc": step["train"], "val_acc": step["val"]}


class Counting(dict):
    """A mapping that counts its look-ups."""

    looked = 0

    def get(self, *key):
        self.looked += 1
        return super().get(*key)


def suite(zero_from=3):
    """One width, primes 11 to 15 growing: grokking only while p is below `zero_from` places from the start."""
    rows, traces = [], Counting()
    for place, p in enumerate((11, 12, 13, 14, 15)):
        for seed in range(3):
            one = run("groks", 1000 + p, 40.0, p=p, seed=seed, dataset_bits=100.0 * p, dim=8)
            rows.append(one)
            traces[one["id"]] = trace(10, 30 if place < zero_from else 5)
    return pd.DataFrame(rows), traces


def test_each_trace_is_read_once():
    frame, traces = suite()
    found = read_threshold_epochs(frame, traces, [(0.99, 0.98), (0.99, 0.95), (0.5, 0.95)])
    assert traces.looked == len(frame)
    assert set(found.reached) == {("running", 0.99), ("running", 0.5), ("eval", 0.99), ("eval", 0.5)} | {
        ("val", 0.98),
        ("val", 0.95),
    }
    assert (found.epochs == 50).all()
    assert [d.delay for d in measure_delays(found, accuracy="eval", val_threshold=0.95)][:3] == [20, 20, 20]


def test_what_was_not_asked_for_is_refused():
    frame, traces = suite()
    with pytest.raises(KeyError):
        measure_delays(read_threshold_epochs(frame, traces, [(0.99, 0.98)]), accuracy="eval", val_threshold=0.5)


@pytest.mark.parametrize(
    ("zero_from", "value", "code"),
    [
        # Grokking at the smallest three of five: the rule from the large end finds the third.
        (3, 1300.0, OnsetCode.FOUND),
        (5, 1500.0, OnsetCode.FROM_SMALLEST),
        (0, np.nan, OnsetCode.NEVER),
    ],
)
def test_where_grokking_fades_the_onset_is_looked_for_from_the_other_end(zero_from, value, code):
    frame, traces = suite(zero_from)
    found = read_threshold_epochs(frame, traces, [(0.99, 0.98)])
    view = found.along(with_axes(found.runs, "dim", "dataset_bits"))
    (seen,) = find_onsets(view, accuracy="eval", fading=True, samples=50)
    assert (seen.group_axis, seen.group, seen.x_axis) == ("dim", 8, "dataset_bits")
    assert seen.x.value == pytest.approx(value, nan_ok=True)
    assert seen.code is code
    if code is OnsetCode.FOUND:
        # A width of uncertainty towards the data without grokking.
        assert (seen.x.low, seen.x.high) == (1300, 1400)
        (other,) = find_onsets(view, accuracy="eval", samples=50)
        assert other.code is OnsetCode.NOT_YET


def test_a_part_of_the_runs():
    frame, traces = suite()
    found = read_threshold_epochs(frame, traces, [(0.99, 0.98)])
    few = found.select(found.runs.index[found.runs["p"] == 12])
    assert list(few.runs["p"]) == [12] * 3
    assert all(len(epochs) == 3 for epochs in few.reached.values())
