"""Lanes come together, part and come together again, and none notices."""

from __future__ import annotations

import dataclasses
import random

import jax
import numpy as np
import pytest

from grokscope import Seeds
from grokscope.training.devices import lane_bucket
from grokscope.training.lane import Lane, start_lane
from grokscope.training.pack import precision
from grokscope.training.stacking import AnyLane, StackedLane, restack, to_host

from .lane_helpers import RUN, neighbours


def lanes(n: int) -> list[Lane]:
    runs = (2 * [RUN, *neighbours(RUN)])[:n]
    with precision(RUN.shape):
        return [start_lane(dataclasses.replace(run, seeds=Seeds.all(seed))) for seed, run in enumerate(runs)]


def words(lane: AnyLane) -> list[np.ndarray]:
    """All that a lane is, its keys as the words they are made of."""
    leaves = jax.tree.leaves((lane.fixed, lane.state))
    keys = [jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key) for leaf in leaves]
    return [np.asarray(jax.random.key_data(x) if key else x) for x, key in zip(leaves, keys, strict=True)]


def assert_same(one: AnyLane, other: AnyLane) -> None:
    for mine, theirs in zip(words(one), words(other), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("seed", range(3))
def test_every_lane_stays_what_it_is_whoever_comes_and_goes(seed: int) -> None:
    chance, whole = random.Random(seed), lanes(16)
    with precision(RUN.shape):
        here: list[tuple[Lane, AnyLane]] = []
        for _ in range(6):
            here = chance.sample(here, chance.randint(0, len(here)))
            absent = [lane for lane in whole if all(lane is not original for original, _ in here)]
            coming = chance.sample(absent, chance.randint(0 if here else 1, len(absent)))
            here += [(lane, lane) for lane in coming]
            chance.shuffle(here)
            rows = restack([place for _, place in here])
            here = [(lane, row) for (lane, _), row in zip(here, rows, strict=True)]
            together = rows[0].stack
            assert together.width == lane_bucket(len(here))
            assert len({row.row for row in rows}) == len(rows)
            assert together.used == {row.row for row in rows}
            for lane, row in here:
                assert_same(lane, row)
            unused = sorted(set(range(together.width)) - together.used)
            assert together.state.done[unused].all(), "a row that is nobody's does not move"


def test_who_stays_keeps_its_row_and_nothing_moves_for_nothing() -> None:
    with precision(RUN.shape):
        first, *others, last = restack(lanes(8))
        assert restack([last, first, *others]) == [last, first, *others], "in whatever order"
        (new,) = lanes(1)
        after = restack([*others, new, last])
        kept, came = after[:-2] + after[-1:], after[-2]
        assert [row.row for row in kept] == [row.row for row in [*others, last]]
        assert came.row == first.row, "in the place that is free"


def test_a_lane_that_rests_is_out_of_the_devices_memory() -> None:
    with precision(RUN.shape):
        row = restack(lanes(2))[1]
        resting = to_host(row)
        assert not isinstance(resting, StackedLane)
        assert_same(row, resting)
        keys = jax.dtypes.prng_key
        held = [leaf for leaf in jax.tree.leaves(resting) if not jax.dtypes.issubdtype(leaf.dtype, keys)]
        assert all(isinstance(leaf, np.ndarray) for leaf in held)
