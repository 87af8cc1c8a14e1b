"""Composition of permutations, by brute force."""

import math

import jax
import numpy as np
import pytest

from grokscope.spec import SpecError
from grokscope.tasks import Permutations
from grokscope.tasks.permutations import elements, permutation_table

KEY = jax.random.key(0)


@pytest.mark.parametrize("n", [3, 4, 5])
def test_labels_are_compositions_right_factor_first(n: int) -> None:
    images = [tuple(row) for row in elements(n)]
    assert images == sorted(images)
    assert images[0] == tuple(range(n))
    inputs, labels = permutation_table(n)
    order = math.factorial(n)
    assert len(inputs) == len(labels) == order**2
    for row in np.random.default_rng(n).choice(order**2, 36, replace=False):
        a, sign, b, equals = inputs[row]
        assert (sign, equals) == (order, order + 1)
        assert row == a * order + b
        assert images[labels[row]] == tuple(images[a][images[b][i]] for i in range(n))


def test_the_table_is_a_group_that_does_not_commute() -> None:
    grid = permutation_table(4)[1].reshape(24, 24)
    np.testing.assert_array_equal(grid[0], np.arange(24))  # 0 is the identity
    assert all(sorted(line) == list(range(24)) for line in (*grid, *grid.T))  # a Latin square
    assert (grid != grid.T).any()
    a, b, c = 5, 9, 17
    assert grid[grid[a, b], c] == grid[a, grid[b, c]]


def test_the_split_is_random_by_the_data_stream_and_truncates() -> None:
    task = Permutations(4, 0.3)
    assert (task.n_rows, task.n_train, task.n_val) == (576, 172, 404)
    one, again, other = (task.arrays(jax.random.key(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.train_inputs, again.train_inputs)
    assert (one.train_inputs != other.train_inputs).any()
    rows = {tuple(row) for row in np.concatenate([one.train_inputs, one.val_inputs])}
    assert rows == {tuple(row) for row in permutation_table(4)[0]}
    assert {array.dtype for array in one} == {np.dtype(np.int32)}


def test_sizes_of_the_largest() -> None:
    task = Permutations(6)
    assert (task.p, task.signature.vocab, task.n_train) == (720, 722, 259_200)
    assert task.row_bucket % 512 == 0
    assert task.row_bucket >= 518_400
    assert Permutations(5).signature.following == (120,)


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"n": 7}, "n: found 7, expected at most 6"), ({"n": 2}, "n: found 2"), ({"n": 3, "fraction": 1e-4}, "fraction")],
)
def test_impossible_tables_are_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        Permutations(**fields)  # type: ignore[arg-type]
