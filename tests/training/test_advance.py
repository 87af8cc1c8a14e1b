"""A run is the same run wherever it is done: alone, among others, in long chunks or short, with room to spare."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grokscope import AdamW
from grokscope.run import Run
from grokscope.training.advance import STRATEGIES, Strategy, advance, compile_advance
from grokscope.training.chunk_clock import CHUNK_SECONDS
from grokscope.training.lane import start_lane
from grokscope.training.outcomes import Job
from grokscope.training.pack import Pack, precision
from grokscope.training.train import train

from .lane_helpers import (
    RUN,
    STEPS_100,
    UNREACHABLE,
    advance_alone,
    advance_stacked,
    matrix,
    neighbours,
    relative_distance,
    run_to_end,
    with_precision,
)

LONG = dataclasses.replace(RUN, measurement=UNREACHABLE)
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}


def among_others(run: Run, strategy: Strategy) -> tuple[np.ndarray, np.ndarray]:
    """The parameters of a run in the fourth place of a pack of eight, and its records."""
    others = neighbours(run)
    runs = [*others[:3], run, *others[3:]]
    if strategy == "vmap":
        lanes, records = advance_stacked(runs, STEPS_100)
        return np.asarray(lanes.state.params)[3], records[3]
    pack = Pack(run.shape, "loop")
    pack.clock.seconds_per_epoch = CHUNK_SECONDS / (8 * STEPS_100)
    pack.add([Job(each) for each in runs])
    for _ in pack.step():
        pass
    place = [slot.run for slot in pack.slots].index(run)
    return np.asarray(pack.slots[place].lane.state.params), pack.slots[place].records[0]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_alone_and_among_others(precision: str, strategy: Strategy) -> None:
    run = with_precision(LONG, precision)
    alone, records = advance_alone(run, STEPS_100)
    assert int(alone.state.epoch) == STEPS_100
    assert STEPS_100 * run.steps_per_epoch >= 100
    params, others = among_others(run, strategy)
    assert len(others) == STEPS_100
    assert params.dtype == precision
    assert relative_distance(alone.state.params, params) <= TOLERANCE[precision]
    if precision == "float64":
        np.testing.assert_allclose(others, records, atol=1e-8)


def test_it_did_learn_something_meanwhile() -> None:
    lane, records = advance_alone(LONG, STEPS_100)
    assert relative_distance(start_params(LONG), lane.state.params) > 0.1
    assert np.isfinite(records).all()


def start_params(run: Run) -> np.ndarray:
    with precision(run.shape):
        return np.asarray(start_lane(run).state.params)


def test_chunks_of_any_length_give_the_same_bits() -> None:
    whole, records = advance_alone(LONG, STEPS_100)
    with precision(LONG.shape):
        lane, parts = start_lane(LONG), []
        for n_epochs in (1, 3, 10, STEPS_100 - 14):
            lane, part = advance(LONG.shape, lane, n_epochs, strategy="loop")
            parts.append(np.asarray(part)[:n_epochs])
    assert_same_bits(whole.state, lane.state)
    np.testing.assert_array_equal(np.concatenate(parts), records)


def test_the_room_for_rows_changes_nothing() -> None:
    narrow, records = advance_alone(LONG, 10)
    with precision(LONG.shape):
        lane = start_lane(LONG)
        room = ((0, LONG.shape.rows), (0, 0))
        wide = lane.fixed._replace(
            inputs=jnp.pad(lane.fixed.inputs, room, constant_values=3), targets=jnp.pad(lane.fixed.targets, room[0])
        )
        shape = dataclasses.replace(LONG.shape, rows=2 * LONG.shape.rows)
        roomy, others = advance(shape, lane._replace(fixed=wide), 10, strategy="loop")
    assert (
        relative_distance(narrow.state.params, roomy.state.params) < 1e-12
    )  # two programs: sums may be taken in another order
    np.testing.assert_allclose(np.asarray(others)[:10], records, rtol=1e-12)


def test_a_lane_that_is_done_stays_as_it_is() -> None:
    short = dataclasses.replace(LONG, max_epochs=5)
    lane, records = advance_alone(short, 20)
    assert int(lane.state.epoch) == 5
    assert bool(lane.state.done)
    assert np.isfinite(records[:5]).all()
    assert np.isnan(records[5:]).all()
    with precision(short.shape):
        again, after = advance(short.shape, lane, 20, strategy="loop")
    assert_same_bits(lane.state, again.state)
    assert np.isnan(np.asarray(after)).all()
    assert_same_bits(lane.state._replace(done=jnp.array(False)), advance_alone(LONG, 5)[0].state)


def test_a_done_neighbour_stays_as_it_is() -> None:
    runs = [LONG, *neighbours(LONG)]
    lanes, records = advance_stacked(runs, 20)
    ended = [run.max_epochs for run in runs].index(5)
    assert int(lanes.state.epoch[ended]) == 5
    assert relative_distance(advance_alone(runs[ended], 5)[0].state.params, lanes.state.params[ended]) < 1e-9
    assert np.isnan(records[ended][5:]).all()
    assert int(lanes.state.epoch[0]) == 20


def assert_same_bits(one: object, other: object) -> None:
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_array_equal(a, b)


def test_numbers_never_compile_again() -> None:
    """Other tests may have compiled other widths of this shape, so it is counted from here on."""
    runs = [LONG, *neighbours(LONG)]
    assert len({run.shape for run in runs}) == 1
    alone: Any = compile_advance(LONG.shape, "loop", 1)
    together: Any = compile_advance(LONG.shape, "vmap", 1)
    advance_alone(LONG, 1)
    advance_stacked(runs, 1)
    before = alone._cache_size(), together._cache_size()
    for run in runs:
        advance_alone(run, 1)
    for n_epochs in (1, 2, 3):
        advance_alone(LONG, n_epochs)
    advance_stacked(runs[::-1], 2)
    assert (alone._cache_size(), together._cache_size()) == before


def test_a_refilled_place_is_as_good_as_a_new_pack() -> None:
    pack = Pack(LONG.shape, "vmap", chunk_seconds=1e-6)
    runs = [dataclasses.replace(run, max_epochs=5 if i == 2 else 30) for i, run in enumerate([LONG, *neighbours(LONG)])]
    late = dataclasses.replace(LONG, optimiser=AdamW(2e-3, 0.5), max_epochs=6)
    pack.add([Job(run) for run in runs])
    came = []
    while len(pack.slots) == 8:
        came += list(pack.step())
    assert [event.run for event in came if hasattr(event, "result")]
    pack.add([Job(late)])
    for _ in range(20):
        came = [event for event in pack.step() if hasattr(event, "result") and event.run == late]
        if came:
            break
    alone = train(late)
    np.testing.assert_allclose(matrix(came[0].trace), matrix(alone.trace), atol=1e-9)
    assert came[0].result.epochs == alone.result.epochs == 6


def test_a_lane_of_nan_leaves_its_neighbours_alone() -> None:
    """Same layout, same bits: whatever the eighth lane does."""
    calm = with_precision(dataclasses.replace(LONG, max_epochs=STEPS_100), "float32")
    wild = dataclasses.replace(calm, optimiser=AdamW(lr=1e3, weight_decay=1.0))
    others = neighbours(calm)
    with_calm, calm_records = advance_stacked([*others, calm], STEPS_100)
    with_wild, wild_records = advance_stacked([*others, wild], STEPS_100)
    np.testing.assert_array_equal(with_calm.state.params[:7], with_wild.state.params[:7])
    np.testing.assert_array_equal(calm_records[:7], wild_records[:7])
    assert bool(with_wild.state.done[7])
    assert int(with_wild.state.epoch[7]) < STEPS_100


def test_64_bit_mode_around_a_32_bit_run_changes_nothing() -> None:
    run = with_precision(dataclasses.replace(LONG, max_epochs=6), "float32")
    outside = train(run)
    with jax.enable_x64(True):
        inside = train(run)
    np.testing.assert_array_equal(matrix(inside.trace), matrix(outside.trace))
    assert inside.trace.train_loss.dtype == np.float32


def test_a_64_bit_run_needs_no_64_bit_mode_around_it() -> None:
    run = dataclasses.replace(LONG, max_epochs=3)
    done = run_to_end(Pack(run.shape, "loop"), [Job(run)])[run.identity]
    assert done.trace.train_loss.dtype == np.float64
