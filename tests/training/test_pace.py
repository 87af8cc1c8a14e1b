"""How many epochs a chunk has, and how long it may take."""

from __future__ import annotations

import pytest

from grokscope.training.advance import CHUNK
from grokscope.training.pace import FIRST_CHUNK, Pace


def timed(strategy: str, chunk_seconds: float = 10.0) -> Pace:
    """A pace that has seen a chunk of four lanes: 5 epochs each in 2 seconds."""
    pace = Pace(strategy, chunk_seconds)  # type: ignore[arg-type]
    pace.took(60.0, [4, 4, 4, 4])
    pace.expected(set(), 4, 5)
    pace.took(2.0, [5, 5, 5, 5])
    return pace


def test_the_first_chunk_compiles_and_is_not_timed() -> None:
    pace = Pace("loop", 10.0)
    pace.took(60.0, [4])
    assert pace.seconds_per_epoch is None
    assert pace.epochs(1, CHUNK) == FIRST_CHUNK
    assert pace.epochs(1, 3) == 3


@pytest.mark.parametrize(("strategy", "each", "epochs"), [("loop", 0.1, 25), ("vmap", 0.4, 25)])
def test_a_chunk_takes_as_long_as_it_should(strategy: str, each: float, epochs: int) -> None:
    pace = timed(strategy)
    assert pace.seconds_per_epoch == pytest.approx(each)
    assert pace.epochs(4, CHUNK) == epochs
    assert pace.epochs(4, 7) == 7
    assert timed(strategy, 0.01).epochs(4, CHUNK) == 1
    assert timed(strategy, 1e6).epochs(4, CHUNK) == CHUNK


def test_lanes_that_take_turns_share_a_chunk() -> None:
    assert timed("loop").epochs(8, CHUNK) == 12
    assert timed("vmap").epochs(8, CHUNK) == 25


@pytest.mark.parametrize(("strategy", "seconds"), [("vmap", 2.0), ("loop", 1.0)])
def test_a_new_program_compiles_so_nobody_knows_how_long_it_takes_and_it_is_not_timed(
    strategy: str, seconds: float
) -> None:
    pace = timed(strategy)
    before = pace.seconds_per_epoch
    assert pace.expected({(4, True)}, 4, 5) is None
    pace.took(60.0, [5, 5])
    assert pace.seconds_per_epoch == before
    assert pace.expected({(4, True)}, 2, 5) == pytest.approx(seconds)
    assert pace.expected({(4, True), (4, False)}, 2, 5) is None
    assert pace.expected({(4, False)}, 2, 5) == pytest.approx(seconds)


@pytest.mark.parametrize("strategy", ["vmap", "loop"])
def test_chunks_that_are_cut_short_end_with_a_checkpoint_once_there_is_training_to_lose(strategy: str) -> None:
    """Compiling is not training, nor is waiting for whoever writes checkpoints, however long that takes."""
    pace = Pace(strategy, 10.0)  # type: ignore[arg-type]
    pace.took(60.0, [4, 4])
    due = [pace.saves(always=False)]
    for _ in range(6):
        pace.expected(set(), 2, 2)
        pace.took(2.0, [2, 2])
        due.append(pace.saves(always=False))
    assert due == [False, False, False, True, False, False, True]


def test_chunks_that_are_cut_short_do_not_each_end_with_a_checkpoint() -> None:
    assert [Pace("loop", 1e6).saves(always=False), Pace("loop", 1e6).saves(always=True)] == [False, True]
    assert Pace("loop", 0.0).saves(always=False)
