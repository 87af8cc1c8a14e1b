"""A run before its first step: four random streams of its own, and what shapes share."""

import dataclasses
import itertools

import jax
import numpy as np
import pytest

from grokscope import AdamW, Run
from grokscope.nets import Transformer
from grokscope.nets.dropout import random_words
from grokscope.tasks import Modular, RandomLabels
from grokscope.training.epoch import shuffle_rows
from grokscope.training.lane import STREAMS, start_lane, stream_key

from .lane_helpers import RUN, with_precision

RUN32 = with_precision(RUN, "float32")


def streams(run: Run) -> dict[str, np.ndarray]:
    """What each of a run's four streams decides."""
    lane = start_lane(run)
    fixed = lane.fixed
    return {
        "data": np.column_stack([fixed.inputs, fixed.targets]),
        "init": np.asarray(lane.state.params),
        "order": np.asarray(shuffle_rows(jax.random.fold_in(fixed.order_key, 0), run.shape.rows, fixed.n_train)),
        "dropout": np.asarray(random_words(jax.random.fold_in(fixed.dropout_key, 0), (64,))),
    }


BEFORE = streams(RUN32)


@pytest.mark.parametrize("name", STREAMS)
def test_a_seed_changes_its_own_stream_and_no_other(name: str) -> None:
    after = streams(dataclasses.replace(RUN32, seeds=dataclasses.replace(RUN32.seeds, **{name: 99})))
    for other, value in BEFORE.items():
        assert np.array_equal(after[other], value) == (other != name), other


def test_nothing_but_the_seeds_changes_a_stream() -> None:
    other = dataclasses.replace(RUN32, optimiser=AdamW(0.1, 0.2), max_epochs=3, keep="final")
    after = streams(other)
    for name, value in BEFORE.items():
        np.testing.assert_array_equal(after[name], value, err_msg=name)


def test_equal_seeds_are_four_streams_all_the_same() -> None:
    words = [np.asarray(random_words(stream_key(5, name), (4096,))) for name in STREAMS]
    for one, other in itertools.combinations(words, 2):
        assert np.mean(one == other) < 0.01


def test_data_do_not_depend_on_the_width() -> None:
    wide = dataclasses.replace(RUN32, net=Transformer(16))
    np.testing.assert_array_equal(streams(wide)["data"], BEFORE["data"])


def test_training_rows_first_then_validation_then_room() -> None:
    for run in (RUN32, dataclasses.replace(RUN32, task=RandomLabels(13, 40))):
        fixed, data = start_lane(run).fixed, run.task.arrays(stream_key(run.seeds.data, "data"))
        n, rows = run.task.n_train, run.task.n_train + run.task.n_val
        assert (int(fixed.n_train), int(fixed.n_rows)) == (n, rows)
        assert fixed.inputs.shape == (run.shape.rows, 4)
        np.testing.assert_array_equal(fixed.inputs[:n], data.train_inputs)
        np.testing.assert_array_equal(fixed.targets[:n], data.train_targets)
        np.testing.assert_array_equal(fixed.inputs[n:rows], data.val_inputs)
        np.testing.assert_array_equal(fixed.targets[n:rows], data.val_targets)


def test_as_many_parameters_as_promised() -> None:
    for net in (Transformer(8), Transformer(8, 3, 2), Transformer(8, 1, 4, "intended")):
        run = dataclasses.replace(RUN32, net=net)
        assert start_lane(run).state.params.shape == (run.n_params,)


def test_a_fresh_lane_has_done_nothing() -> None:
    state = start_lane(RUN32).state
    assert int(state.epoch) == 0
    assert not bool(state.done)
    assert state.params.dtype == np.float32


@pytest.mark.parametrize("split", ["sequential", "alternating"])
def test_other_splits_start_too(split: str) -> None:
    run = dataclasses.replace(RUN32, task=Modular(13, split=split))  # type: ignore[arg-type]
    assert int(start_lane(run).fixed.n_train) == run.task.n_train
