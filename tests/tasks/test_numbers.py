"""Tasks of numbers: what they are, how they are split, and their random labels."""

import dataclasses

import jax
import numpy as np
import pytest

from grokscope.registry import kinds
from grokscope.spec import SpecError
from grokscope.tasks import Parity, Scans, Sine, Spirals, Xor
from grokscope.tasks.dataset import padded_rows

KEY = jax.random.key(0)
LABELLED = [Parity(bits=4, fraction=0.6), Spirals(points=50), Scans()]


def test_xor() -> None:
    data = Xor().arrays(KEY)
    assert {(*x, *y) for x, y in zip(data.train_inputs, data.train_targets, strict=True)} == {
        (0, 0, 0),
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
    }


def test_sine() -> None:
    data = Sine().arrays(KEY)
    assert data.train_inputs.shape == (150, 2)
    np.testing.assert_allclose(data.train_inputs[[0, 149]], [[0.0, 0.01], [2.98, 2.99]])
    a, b = data.train_inputs[70]
    assert data.train_targets[70, 0] == pytest.approx((np.sin(a) + np.sin(b)) / 2)
    assert data.train_targets.min() == pytest.approx(0.005, abs=1e-4)
    assert data.train_targets.max() < 1


@pytest.mark.parametrize("task", [Xor(), Sine(), *LABELLED], ids=lambda task: task.kind)
def test_what_is_promised_is_made(task) -> None:
    data = task.arrays(KEY)
    signature = task.signature
    assert (len(data.train_inputs), len(data.val_inputs)) == (task.n_train, task.n_val)
    assert data.train_inputs.shape[1:] == data.val_inputs.shape[1:] == signature.numbers == (signature.length,)
    assert task.row_bucket >= task.n_train + task.n_val
    assert task.kind in kinds("tasks")
    if signature.labelled:
        labels = np.concatenate([data.train_targets, data.val_targets])
        assert set(labels.tolist()) == set(range(signature.classes))
        assert np.bincount(labels).min() > 0.4 * len(labels) / signature.classes


@pytest.mark.parametrize("task", LABELLED, ids=lambda task: task.kind)
def test_random_labels_keep_the_trained_inputs_and_nothing_back(task) -> None:
    data, random = task.arrays(KEY), dataclasses.replace(task, labels="random").arrays(KEY)
    np.testing.assert_array_equal(data.train_inputs, random.train_inputs)
    assert len(random.val_inputs) == len(random.val_targets) == 0
    assert (data.train_targets != random.train_targets).any()


@pytest.mark.parametrize("task", LABELLED, ids=lambda task: task.kind)
def test_another_key_is_another_split(task) -> None:
    one, same, other = (task.arrays(jax.random.key(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.train_inputs, same.train_inputs)
    assert (one.train_inputs != other.train_inputs).any()


def test_parity_counts_bits_over_every_word_once() -> None:
    data = Parity(bits=4, fraction=0.6).arrays(KEY)
    inputs = np.concatenate([data.train_inputs, data.val_inputs])
    assert len({tuple(word) for word in inputs}) == 16
    np.testing.assert_array_equal(np.concatenate([data.train_targets, data.val_targets]), inputs.sum(axis=1) % 2)
    assert Parity(bits=4, fraction=0.6).n_train == 9


def test_spirals_turn_away_from_each_other() -> None:
    inputs, labels = Spirals(points=500, turns=1.5).table(KEY)
    radius, angle = np.hypot(*inputs.T), np.arctan2(inputs[:, 1], inputs[:, 0])
    assert 0.1 <= radius.min() < radius.max() <= 1.0
    turned = (angle - 2 * np.pi * 1.5 * (radius - 0.1) / 0.9) / np.pi
    np.testing.assert_allclose(np.cos(np.pi * (turned - labels)), 1, atol=1e-5)


def test_room_is_not_more_than_a_block_for_few() -> None:
    assert [padded_rows(n) for n in (4, 511, 512, 513, 1797)] == [4, 511, 512, 1024, 2048]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Parity(fraction=0.0), "fraction"),
        (lambda: Parity(bits=15), "bits"),
        (lambda: Spirals(labels="odd"), "labels"),
    ],
)
def test_what_cannot_be_is_refused(make, words) -> None:
    with pytest.raises(SpecError, match=words):
        make()
