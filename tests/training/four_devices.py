"""Checks of packs on four devices, to be run where JAX finds four: python -m tests.training.four_devices."""

from __future__ import annotations

import jax
import numpy as np

from grokscope.measurements import Watch
from grokscope.nets import Complete
from grokscope.run import Run, Seeds
from grokscope.tasks import Xor
from grokscope.training.advance import advance, compile_advance, stack_lanes
from grokscope.training.devices import lane_bucket, n_shards
from grokscope.training.lane import start_lane
from grokscope.training.optimisers import AdamW
from grokscope.training.outcomes import Job
from grokscope.training.pack import Pack, precision

from .lane_helpers import RUN, matrix, neighbours, run_to_end

EPOCHS = 6
RUNS = [RUN, *neighbours(RUN)]


def one_device_or_four() -> None:
    """The same lanes on one device and on four: the same parameters and records, and the work really is shared."""
    with precision(RUN.shape):
        lanes = stack_lanes([start_lane(run) for run in RUNS])
        assert len(lanes.state.params.sharding.device_set) == 4
        together, records = advance(RUN.shape, lanes, EPOCHS, strategy="vmap")
        assert len(together.state.params.sharding.device_set) == 4
        assert {shard.data.shape[0] for shard in together.state.params.addressable_shards} == {2}
        here = jax.device_put((lanes.fixed, lanes.state), jax.devices()[0])
        state, alone = compile_advance(RUN.shape, "vmap", 1)(*here, np.int32(EPOCHS))
        assert len(state.params.sharding.device_set) == 1
        np.testing.assert_allclose(together.state.params, state.params, rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(together.state.epoch, state.epoch)
        np.testing.assert_array_equal(np.isnan(records), np.isnan(alone))
        np.testing.assert_allclose(records, alone, rtol=1e-9, atol=1e-12)


def uneven() -> None:
    """Lanes that four devices cannot share evenly stay on one; buckets always can be shared."""
    assert [lane_bucket(n) for n in (1, 4, 5, 8, 9, 17, 1000)] == [4, 4, 8, 8, 16, 32, 1024]
    assert [n_shards(n) for n in (1, 3, 4, 6, 12)] == [1, 1, 4, 1, 4]


def a_pack() -> None:
    """A whole pack, of which runs end at different times, gives every run the trace it has alone."""
    runs = [
        Run(
            Xor(),
            Complete(3, 2),
            AdamW(0.01, 0.0),
            Watch(),
            Seeds.all(seed),
            batch_size=-1,
            max_epochs=4 + seed % 3,
            precision="float64",
            loss="squared",
        )
        for seed in range(6)
    ]
    found = run_to_end(Pack(runs[0].shape, "vmap"), [Job(run) for run in runs])
    assert len(found) == len(runs)
    for run in runs:
        alone = run_to_end(Pack(run.shape, "loop"), [Job(run)])[run.identity]
        np.testing.assert_allclose(matrix(found[run.identity].trace), matrix(alone.trace), rtol=1e-9)


if __name__ == "__main__":
    assert jax.local_device_count() == 4, jax.local_devices()
    for part in (uneven, a_pack, one_device_or_four):
        part()
        print(f"{part.__name__}: right", flush=True)
