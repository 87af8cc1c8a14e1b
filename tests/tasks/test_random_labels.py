"""Random data: uniform over every id at every place, whatever the operation, and its own for every data seed."""

import jax
import numpy as np
import pytest
from scipy import stats

from grokscope.spec import SpecError
from grokscope.tasks import Modular, RandomLabels

DATA = RandomLabels(13, 20_000).arrays(jax.random.key(4))


def test_every_position_and_the_label_are_uniform_over_all_ids() -> None:
    for column in (*DATA.train_inputs.T, DATA.train_targets):
        counts = np.bincount(column, minlength=15)
        assert len(counts) == 15
        assert stats.chisquare(counts).pvalue > 1e-4


def test_positions_and_label_are_independent() -> None:
    columns = np.column_stack([DATA.train_inputs, DATA.train_targets])
    for i in range(5):
        for j in range(i):
            counts = np.bincount(columns[:, i] * 15 + columns[:, j], minlength=225)
            assert stats.chisquare(counts).pvalue > 1e-4


def test_shapes_and_types() -> None:
    assert DATA.train_inputs.shape == (20_000, 4)
    assert DATA.val_inputs.shape == (0, 4)
    assert DATA.val_targets.shape == (0,)
    assert {array.dtype for array in DATA} == {np.dtype(np.int32)}


def test_the_data_seed_is_all_that_matters() -> None:
    task = RandomLabels(13, 50)
    one, again, other = (task.arrays(jax.random.key(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.train_inputs, again.train_inputs)
    np.testing.assert_array_equal(one.train_targets, again.train_targets)
    assert not np.array_equal(one.train_inputs, other.train_inputs)
    assert not np.array_equal(one.train_targets, other.train_targets)


def test_repeated_inputs_stay() -> None:
    data = RandomLabels(2, 2000).arrays(jax.random.key(0))
    assert len(np.unique(data.train_inputs, axis=0)) == 4**4
    assert len(data.train_inputs) == 2000


def test_64_bit_mode_changes_no_datum() -> None:
    task = RandomLabels(13, 50)
    with jax.enable_x64(True):
        wide = task.arrays(jax.random.key(1))
    for array, other in zip(wide, task.arrays(jax.random.key(1)), strict=True):
        np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize(("fields", "words"), [({"p": 1}, "p: found 1"), ({"n": 0}, "n: found 0"), ({"n": 1.5}, "n: ")])
def test_impossible_data_are_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        RandomLabels(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [1, 4656, 9409, 9410, 30_000])
def test_there_is_room_for_the_rows(n: int) -> None:
    bucket = RandomLabels(97, n).row_bucket
    assert bucket >= n
    assert bucket % 512 == 0
    if n <= 97 * 97:
        assert bucket == Modular(97).row_bucket
