"""The task's own inputs with labels that cannot be generalised."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from grokscope.run import Task
from grokscope.spec import SpecError
from grokscope.tasks import Digits, Modular, Parity, RandomLabels, Scans, Shuffled, Sine
from grokscope.tasks.shuffled import LABELS

P31 = Modular(31)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**31 - 1),
    labels=st.sampled_from(LABELS),
    split=st.sampled_from(["random", "sequential", "alternating"]),
)
def test_inputs_are_those_of_the_task_in_the_same_order(seed: int, labels: str, split: str) -> None:
    task = Modular(7, "+", 0.6, split)  # type: ignore[arg-type]
    key = jax.random.key(seed)
    shuffled, true = Shuffled(task, labels).arrays(key), task.arrays(key)  # type: ignore[arg-type]
    np.testing.assert_array_equal(shuffled.train_inputs, true.train_inputs)
    assert len(shuffled.val_inputs) == len(shuffled.val_targets) == 0
    if labels == "permuted":
        assert sorted(shuffled.train_targets.tolist()) == sorted(true.train_targets.tolist())
    assert shuffled.train_targets.max() < {"vocab": 9, "digits": 7, "permuted": 7}[labels]


@pytest.mark.parametrize(("labels", "n_labels"), [("vocab", 33), ("digits", 31)])
def test_labels_are_uniform_over_their_ids(labels: str, n_labels: int) -> None:
    drawn = [Shuffled(P31, labels).arrays(jax.random.key(seed)).train_targets for seed in range(8)]  # type: ignore[arg-type]
    counts = np.bincount(np.concatenate(drawn), minlength=n_labels)
    assert len(counts) == n_labels
    assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("labels", LABELS)
def test_labels_say_nothing_of_the_true_ones(labels: str) -> None:
    key = jax.random.key(3)
    true, new = P31.arrays(key).train_targets, Shuffled(P31, labels).arrays(key).train_targets  # type: ignore[arg-type]
    n = len(true)
    assert abs(np.corrcoef(true, new)[0, 1]) < 5 / np.sqrt(n)
    assert np.mean(true == new) < 1 / 31 + 5 * np.sqrt(1 / 31 / n)


@pytest.mark.parametrize("labels", LABELS)
def test_labels_follow_the_data_seed(labels: str) -> None:
    one, again, other = (Shuffled(P31, labels).arrays(jax.random.key(s)).train_targets for s in (1, 1, 2))  # type: ignore[arg-type]
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_sizes_are_those_of_the_task() -> None:
    task = Shuffled(Modular(97, "*"))
    assert (task.n_train, task.n_val, task.group) == (4704, 0, 97)
    assert task.row_bucket == Modular(97).row_bucket
    assert task.signature == Modular(97).signature


def test_unknown_labels_and_strange_inputs_are_refused() -> None:
    with pytest.raises(SpecError, match="labels: found 'true', expected one of vocab, digits, permuted"):
        Shuffled(P31, "true")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="inputs_of: found 97, expected a spec"):
        Shuffled(97)  # type: ignore[arg-type]
    for strange in (Sine(), RandomLabels(13, 20), Shuffled(P31)):
        with pytest.raises(SpecError, match="expected a task with classes, whose labels are its own"):
            Shuffled(strange)


@pytest.mark.parametrize("task", [Parity(bits=4), Scans(0.1), Digits()])
def test_any_task_with_classes_can_be_shuffled(task: Task) -> None:
    key = jax.random.key(0)
    true, shuffled = task.arrays(key), Shuffled(task, "permuted").arrays(key)
    np.testing.assert_array_equal(true.train_inputs, shuffled.train_inputs)
    assert not np.array_equal(true.train_targets, shuffled.train_targets)
    assert sorted(true.train_targets) == sorted(shuffled.train_targets)
    assert len(shuffled.val_inputs) == 0
    assert shuffled.val_inputs.shape[1:] == true.val_inputs.shape[1:]
