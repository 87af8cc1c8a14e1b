"""Tasks of numbers, transforms, fixed order and snapshots: what studies beside the race ask of the engine."""

import dataclasses

import jax
import numpy as np
import pytest

from grokscope.run import Seeds
from grokscope.training.advance import stack_lanes
from grokscope.training.checkpoint import pack_state, unpack_lane
from grokscope.training.lane import stream_key
from grokscope.training.outcomes import Checkpoint, Job, Snapshot
from grokscope.training.pack import Pack
from grokscope.training.params import named_arrays, net_from_arrays
from grokscope.training.train import train

from .custom_parts import RUN, ZeroBias
from .lane_helpers import RUN as MODULAR
from .lane_helpers import advance_alone

HELD = dataclasses.replace(RUN, transform=ZeroBias(5.0))


def test_a_line_is_found() -> None:
    done = train(RUN)
    assert done.trace.running_loss[0] > 0.5
    assert done.trace.val_loss[-1] < 1e-3
    assert np.isnan(done.trace.running_acc).all()
    assert (done.result.t_gen, done.result.dataset_bits) == (None, 0.0)
    assert np.isnan(done.result.total_bits)


def test_the_recorded_loss_is_the_mean_square() -> None:
    lane, records = advance_alone(RUN, 1)
    arrays = named_arrays(RUN, lane.state.params)
    data = RUN.task.arrays(stream_key(RUN.seeds.data, "data"))
    outputs = data.val_inputs @ arrays["weight"].T + arrays["bias"]
    assert records[0, 4] == pytest.approx(((outputs - data.val_targets) ** 2).mean(), rel=1e-9)


def test_a_transform_has_the_last_word_on_every_step() -> None:
    lane, _ = advance_alone(HELD, 9)
    np.testing.assert_allclose(named_arrays(HELD, lane.state.params)["bias"], 5.0 * 8 / 40)
    assert int(lane.state.transform) == 9 * HELD.steps_per_epoch
    assert HELD.shape == dataclasses.replace(RUN, transform=ZeroBias(7.0)).shape != RUN.shape


def test_a_transform_goes_through_a_checkpoint_and_a_pack() -> None:
    lane, records = advance_alone(HELD, 3)
    with jax.enable_x64(True):
        again, kept = unpack_lane(HELD, pack_state(HELD, lane.state, records))
        stack_lanes([lane, again])
    assert int(again.state.transform) == int(lane.state.transform)
    np.testing.assert_array_equal(kept, records)


def test_a_fixed_order_is_the_data_sets_own() -> None:
    """Two order seeds are two runs only where there is something to shuffle."""
    runs = [dataclasses.replace(RUN, shuffle="never", seeds=dataclasses.replace(RUN.seeds, order=s)) for s in (1, 2)]
    first, second = (advance_alone(run, 5)[0].state.params for run in runs)
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - advance_alone(RUN, 5)[0].state.params).max() > 1e-6


@pytest.mark.parametrize("strategy", ["loop", "vmap"])
@pytest.mark.parametrize("run", [HELD, MODULAR], ids=["numbers", "modular"])
def test_snapshots_are_the_parameters_at_their_epochs(run: object, strategy: str) -> None:
    run = dataclasses.replace(run, snapshot_every=7, max_epochs=20)  # type: ignore[type-var]
    pack = Pack(run.shape, strategy)  # type: ignore[arg-type]
    events = list(pack.add([Job(run)]))
    while pack.slots:
        events += pack.step()
    taken = [event for event in events if isinstance(event, Snapshot)]
    assert [event.epoch for event in taken] == [0, 7, 14]
    from safetensors.numpy import load

    for event in taken:
        lane, _ = advance_alone(run, event.epoch)
        for name, array in named_arrays(run, lane.state.params).items():
            np.testing.assert_allclose(load(event.params)[name], array, atol=1e-9, err_msg=name)


def test_a_chunk_s_snapshots_come_before_its_checkpoints() -> None:
    """The ledger must have a run's snapshots before a checkpoint of it is kept: so it takes those of all lanes at once,
    and not a transaction a lane."""
    runs = [dataclasses.replace(HELD, snapshot_every=5, max_epochs=20, seeds=Seeds.all(s)) for s in range(3)]
    pack = Pack(runs[0].shape, "vmap", chunk_seconds=0.0)
    pack.add([Job(run) for run in runs])
    kinds = []
    while pack.slots:
        kinds += [type(event) for event in pack.step() if isinstance(event, Snapshot | Checkpoint)]
    turns = [kind for i, kind in enumerate(kinds) if kind is not (kinds[i - 1] if i else None)]
    assert kinds.count(Snapshot) == 3 * 4
    assert turns.count(Snapshot) == 4


def test_named_parameters_make_the_net_again() -> None:
    for run in (RUN, MODULAR):
        lane, _ = advance_alone(run, 1)
        with jax.enable_x64(True):
            again = net_from_arrays(run, named_arrays(run, lane.state.params))
            flat = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(again) if hasattr(leaf, "shape")])
        np.testing.assert_array_equal(np.sort(flat), np.sort(lane.state.params))
