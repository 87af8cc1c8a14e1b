"""How many epochs a chunk has, and how long it may take."""

from __future__ import annotations

import pytest

from grokscope.training.advance import MAX_CHUNK_EPOCHS
from grokscope.training.chunk_clock import FIRST_CHUNK, ChunkClock


def timed_clock(strategy: str, chunk_seconds: float = 10.0) -> ChunkClock:
    """A clock that has seen a chunk of four lanes: 5 epochs each in 2 seconds."""
    clock = ChunkClock(strategy, chunk_seconds)  # type: ignore[arg-type]
    clock.record(60.0, [4, 4, 4, 4])
    clock.expected_seconds(set(), 4, 5)
    clock.record(2.0, [5, 5, 5, 5])
    return clock


def test_the_first_chunk_compiles_and_is_not_timed() -> None:
    clock = ChunkClock("loop", 10.0)
    clock.record(60.0, [4])
    assert clock.seconds_per_epoch is None
    assert clock.next_epochs(1, MAX_CHUNK_EPOCHS) == FIRST_CHUNK
    assert clock.next_epochs(1, 3) == 3


@pytest.mark.parametrize(("strategy", "each", "epochs"), [("loop", 0.1, 25), ("vmap", 0.4, 25)])
def test_a_chunk_takes_as_long_as_it_should(strategy: str, each: float, epochs: int) -> None:
    clock = timed_clock(strategy)
    assert clock.seconds_per_epoch == pytest.approx(each)
    assert clock.next_epochs(4, MAX_CHUNK_EPOCHS) == epochs
    assert clock.next_epochs(4, 7) == 7
    assert timed_clock(strategy, 0.01).next_epochs(4, MAX_CHUNK_EPOCHS) == 1
    assert timed_clock(strategy, 1e6).next_epochs(4, MAX_CHUNK_EPOCHS) == MAX_CHUNK_EPOCHS


def test_lanes_that_take_turns_share_a_chunk() -> None:
    assert timed_clock("loop").next_epochs(8, MAX_CHUNK_EPOCHS) == 12
    assert timed_clock("vmap").next_epochs(8, MAX_CHUNK_EPOCHS) == 25


@pytest.mark.parametrize(("strategy", "seconds"), [("vmap", 2.0), ("loop", 1.0)])
def test_a_new_program_compiles_so_nobody_knows_how_long_it_takes_and_it_is_not_timed(
    strategy: str, seconds: float
) -> None:
    clock = timed_clock(strategy)
    before = clock.seconds_per_epoch
    assert clock.expected_seconds({(4, True)}, 4, 5) is None
    clock.record(60.0, [5, 5])
    assert clock.seconds_per_epoch == before
    assert clock.expected_seconds({(4, True)}, 2, 5) == pytest.approx(seconds)
    assert clock.expected_seconds({(4, True), (4, False)}, 2, 5) is None
    assert clock.expected_seconds({(4, False)}, 2, 5) == pytest.approx(seconds)


@pytest.mark.parametrize("strategy", ["vmap", "loop"])
def test_chunks_that_are_cut_short_end_with_a_checkpoint_once_there_is_training_to_lose(strategy: str) -> None:
    """Compiling is not training, nor is waiting for whoever writes checkpoints, however long that takes."""
    clock = ChunkClock(strategy, 10.0)  # type: ignore[arg-type]
    clock.record(60.0, [4, 4])
    due = [clock.checkpoint_due(always=False)]
    for _ in range(6):
        clock.expected_seconds(set(), 2, 2)
        clock.record(2.0, [2, 2])
        due.append(clock.checkpoint_due(always=False))
    assert due == [False, False, False, True, False, False, True]


def test_chunks_that_are_cut_short_do_not_each_end_with_a_checkpoint() -> None:
    assert [
        ChunkClock("loop", 1e6).checkpoint_due(always=False),
        ChunkClock("loop", 1e6).checkpoint_due(always=True),
    ] == [False, True]
    assert ChunkClock("loop", 0.0).checkpoint_due(always=False)
