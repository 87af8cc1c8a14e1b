"""A lane between two chunks as bytes: goes on to the same bits, and is refused when anything is wrong with it."""

import dataclasses
import hashlib
from collections.abc import Callable

import jax
import numpy as np
import pytest

from grokscope import Seeds
from grokscope.nets import Transformer
from grokscope.run import Run
from grokscope.training.advance import advance
from grokscope.training.checkpoint import CheckpointError, unpack_lane
from grokscope.training.outcomes import Checkpoint, Finished, Job
from grokscope.training.pack import Pack, precision
from grokscope.training.train import train

from .lane_helpers import RUN, UNREACHABLE, advance_alone, matrix, run_to_end, with_precision

LONG = dataclasses.replace(RUN, measurement=UNREACHABLE, max_epochs=20)


@pytest.fixture(scope="module")
def half() -> bytes:
    """What a pack says of the run after the first of its chunks."""
    return first_said(LONG).state


def first_said(run: Run) -> Checkpoint:
    pack = Pack(run.shape, "loop")
    pack.add([Job(run)])
    (said,) = [event for event in pack.step() if isinstance(event, Checkpoint)]
    return said


@pytest.mark.parametrize("precise", ["float64", "float32"])
def test_goes_on_to_the_same_bits(precise: str) -> None:
    run = with_precision(LONG, precise)
    said = first_said(run)
    lane, records = advance_alone(run, said.epoch)
    with precision(run.shape):
        back, before = unpack_lane(run, said.state)
        for a, b in zip(jax.tree.leaves(lane.state), jax.tree.leaves(back.state), strict=True):
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype
        resumed, after = advance(run.shape, back, 10, strategy="loop")
    np.testing.assert_array_equal(before, records)
    straight, whole = advance_alone(run, said.epoch + 10)
    np.testing.assert_array_equal(resumed.state.params, straight.state.params)
    np.testing.assert_array_equal(np.concatenate([before, np.asarray(after)[:10]]), whole)


def test_a_pack_resumes_from_what_a_pack_said() -> None:
    said = first_said(LONG)
    assert (said.run, said.epoch) == (LONG, 4)
    second = Pack(LONG.shape, "loop", say=pytest.fail)
    resumed = run_to_end(second, [Job(LONG, said.state)])[LONG.identity]
    np.testing.assert_array_equal(matrix(resumed.trace), matrix(train(LONG).trace))
    assert resumed.result.epochs == 20


def test_a_checkpoint_of_one_strategy_goes_on_in_the_other() -> None:
    said = first_said(LONG)
    others = [dataclasses.replace(LONG, seeds=Seeds.all(seed)) for seed in range(7)]
    resumed = run_to_end(Pack(LONG.shape, "vmap"), [*map(Job, others), Job(LONG, said.state)])[LONG.identity]
    np.testing.assert_allclose(matrix(resumed.trace), matrix(train(LONG).trace), atol=1e-8)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda whole: b"",
    "cut short": lambda whole: whole[:-1],
    "half": lambda whole: whole[: len(whole) // 2],
    "digest only": lambda whole: whole[:32],
    "longer": lambda whole: whole + b"\0",
    "first bit": lambda whole: bytes([whole[0] ^ 1]) + whole[1:],
    "a bit in the middle": lambda whole: whole[:-1000] + bytes([whole[-1000] ^ 16]) + whole[-999:],
    "last bit": lambda whole: whole[:-1] + bytes([whole[-1] ^ 128]),
    "noise": lambda whole: np.random.default_rng(0).bytes(500),
    "whole noise": lambda whole: hashlib.blake2b(b"noise", digest_size=32).digest() + b"noise",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found(damage: str, half: bytes) -> None:
    with precision(LONG.shape), pytest.raises(CheckpointError, match=LONG.identity):
        unpack_lane(LONG, DAMAGE[damage](half))


@pytest.mark.parametrize("damage", ["nothing", "half", "a bit in the middle"])
def test_damage_means_a_fresh_start_and_a_word(damage: str, half: bytes) -> None:
    words: list[str] = []
    job = Job(LONG, DAMAGE[damage](half))
    done = run_to_end(Pack(LONG.shape, "loop", say=words.append), [job])[LONG.identity]
    assert isinstance(done, Finished)
    np.testing.assert_array_equal(matrix(done.trace), matrix(train(LONG).trace))
    assert len(words) == 1
    assert LONG.identity in words[0]


@pytest.mark.parametrize(
    "fields",
    [{"net": Transformer(16)}, {"net": Transformer(8, 3)}, {"precision": "float32"}],
    ids=["wider", "deeper", "less precise"],
)
def test_a_checkpoint_of_another_shape_is_refused(fields: dict[str, object], half: bytes) -> None:
    other = dataclasses.replace(LONG, **fields)  # type: ignore[arg-type]
    with precision(other.shape), pytest.raises(CheckpointError, match=other.identity):
        unpack_lane(other, half)


def test_a_checkpoint_of_another_run_of_the_same_shape_is_refused(half: bytes) -> None:
    other = dataclasses.replace(LONG, seeds=Seeds.all(77))
    with precision(other.shape), pytest.raises(CheckpointError, match=other.identity):
        unpack_lane(other, half)
