"""A lane between two chunks as bytes: goes on to the same bits, and is refused when anything is wrong with it."""

import dataclasses

import jax
import numpy as np
import pytest

from grokscope import Seeds
from grokscope.nets import Transformer
from grokscope.training.advance import advance
from grokscope.training.checkpoint import CheckpointError, pack_state, unpack_lane
from grokscope.training.outcomes import Checkpoint, Finished, Job
from grokscope.training.pack import Pack, precision
from grokscope.training.train import train

from .lanes import RUN, UNREACHABLE, advanced, finished, in_precision

LONG = dataclasses.replace(RUN, measurement=UNREACHABLE, max_epochs=20)


def checkpoint() -> bytes:
    lane, records = advanced(LONG, 7)
    return pack_state(lane.state, records)


HALF = checkpoint()


@pytest.mark.parametrize("precise", ["float64", "float32"])
def test_goes_on_to_the_same_bits(precise: str) -> None:
    run = in_precision(LONG, precise)
    lane, records = advanced(run, 7)
    data = pack_state(lane.state, records)
    with precision(run.shape):
        back, before = unpack_lane(run, data)
        for a, b in zip(jax.tree.leaves(lane.state), jax.tree.leaves(back.state), strict=True):
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype
        resumed, after = advance(run.shape, back, 10, strategy="loop")
    straight, whole = advanced(run, 17)
    np.testing.assert_array_equal(resumed.state.params, straight.state.params)
    np.testing.assert_array_equal(np.concatenate([before, np.asarray(after)[:10]]), whole)


def test_a_pack_resumes_from_what_a_pack_said() -> None:
    first = Pack(LONG.shape, "loop")
    first.add([Job(LONG)])
    said = [event for event in first.step() if isinstance(event, Checkpoint)]
    assert [event.run for event in said] == [LONG]
    assert said[0].epoch == 4
    second = Pack(LONG.shape, "loop", say=pytest.fail)
    resumed = finished(second, [Job(LONG, said[0].state)])[LONG.identity]
    np.testing.assert_array_equal(np.array(resumed.trace), np.array(train(LONG).trace))
    assert resumed.result.epochs == 20


def test_a_checkpoint_of_one_strategy_goes_on_in_the_other() -> None:
    first = Pack(LONG.shape, "loop")
    first.add([Job(LONG)])
    (said,) = [event for event in first.step() if isinstance(event, Checkpoint)]
    others = [dataclasses.replace(LONG, seeds=Seeds.all(seed)) for seed in range(7)]
    resumed = finished(Pack(LONG.shape, "vmap"), [*map(Job, others), Job(LONG, said.state)])[LONG.identity]
    np.testing.assert_allclose(np.array(resumed.trace), np.array(train(LONG).trace), atol=1e-8)


DAMAGED = {
    "nothing": b"",
    "cut short": HALF[:-1],
    "half": HALF[: len(HALF) // 2],
    "digest only": HALF[:32],
    "longer": HALF + b"\0",
    "first bit": bytes([HALF[0] ^ 1]) + HALF[1:],
    "a bit in the middle": HALF[:-1000] + bytes([HALF[-1000] ^ 16]) + HALF[-999:],
    "last bit": HALF[:-1] + bytes([HALF[-1] ^ 128]),
    "noise": np.random.default_rng(0).bytes(500),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damage_is_found(damage: str) -> None:
    with precision(LONG.shape), pytest.raises(CheckpointError, match=LONG.identity):
        unpack_lane(LONG, DAMAGED[damage])


@pytest.mark.parametrize("damage", ["nothing", "half", "a bit in the middle"])
def test_damage_means_a_fresh_start_and_a_word(damage: str) -> None:
    words: list[str] = []
    done = finished(Pack(LONG.shape, "loop", say=words.append), [Job(LONG, DAMAGED[damage])])[LONG.identity]
    assert isinstance(done, Finished)
    np.testing.assert_array_equal(np.array(done.trace), np.array(train(LONG).trace))
    assert len(words) == 1
    assert LONG.identity in words[0]


@pytest.mark.parametrize(
    "fields",
    [{"net": Transformer(16)}, {"net": Transformer(8, 3)}, {"precision": "float32"}],
    ids=["wider", "deeper", "less precise"],
)
def test_a_checkpoint_of_another_shape_is_refused(fields: dict[str, object]) -> None:
    other = dataclasses.replace(LONG, **fields)  # type: ignore[arg-type]
    with precision(other.shape), pytest.raises(CheckpointError, match=other.identity):
        unpack_lane(other, HALF)


def test_a_checkpoint_of_another_run_of_the_same_shape_is_refused() -> None:
    other = dataclasses.replace(LONG, seeds=Seeds.all(77))
    with precision(other.shape), pytest.raises(CheckpointError, match=other.identity):
        unpack_lane(other, HALF)
