"""Modular arithmetic as two tokens: the published split, and every pair once."""

import jax
import numpy as np
import pytest

from grokscope.spec import SpecError
from grokscope.tasks import Pairs, Shuffled


def test_the_published_split() -> None:
    assert (Pairs().n_train, Pairs().n_val) == (8939, 3830)


@pytest.mark.parametrize("op", ["+", "*", "/"])
def test_every_pair_once_with_its_answer(op: str) -> None:
    task = Pairs(13, op)  # type: ignore[arg-type]
    data = task.arrays(jax.random.key(0))
    inputs = np.concatenate([data.train_inputs, data.val_inputs])
    labels = np.concatenate([data.train_targets, data.val_targets])
    assert len(np.unique(inputs, axis=0)) == len(inputs) == task.n_rows
    for (a, b), c in zip(inputs.tolist(), labels.tolist(), strict=True):
        assert c == {"+": (a + b) % 13, "*": a * b % 13, "/": a * pow(max(b, 1), -1, 13) % 13}[op]
    assert (len(data.train_inputs), len(data.val_inputs)) == (task.n_train, task.n_val)


def test_its_shuffled_kin_has_the_same_inputs() -> None:
    task = Pairs(13)
    shuffled = Shuffled(task, "digits").arrays(jax.random.key(3))
    np.testing.assert_array_equal(shuffled.train_inputs, task.arrays(jax.random.key(3)).train_inputs)
    assert shuffled.train_targets.max() < 13


def test_an_empty_training_set_is_refused() -> None:
    with pytest.raises(SpecError, match="fraction"):
        Pairs(13, "+", 0.0)
