"""The host does its part of a chunk while the next one is on its way."""

from __future__ import annotations

import dataclasses

import pytest

from grokscope import Seeds
from grokscope.training import pack as pack_room
from grokscope.training.chunk import Chunk, InTurn, Landed, Together
from grokscope.training.outcomes import Checkpoint, Job, Progress
from grokscope.training.pack import Pack

from .lanes import RUN, UNREACHABLE

RUNS = [dataclasses.replace(RUN, measurement=UNREACHABLE, max_epochs=12, seeds=Seeds.all(seed)) for seed in range(4)]


@pytest.mark.parametrize("kind", [Together, InTurn])
def test_what_a_vectorised_chunk_left_is_said_while_the_next_is_on_its_way(
    monkeypatch: pytest.MonkeyPatch, kind: type[Chunk]
) -> None:
    log: list[str] = []

    class Logged(kind):  # type: ignore[misc, valid-type]
        def begin(self) -> None:
            log.append("begin")
            super().begin()

        def end(self) -> list[Landed]:
            log.append("end")
            landed: list[Landed] = super().end()
            return landed

    strategy = "vmap" if kind is Together else "loop"
    monkeypatch.setitem(pack_room.CHUNKS, strategy, Logged)
    pack = Pack(RUN.shape, strategy, chunk_seconds=1e-6)
    pack.add([Job(run) for run in RUNS])
    saved = 0
    for _ in range(2):
        for event in pack.step():
            saved += isinstance(event, Checkpoint)
            if isinstance(event, Progress) and log[-1] != "said":
                log.append("said")
    if kind is Together:
        assert log == ["begin", "end", "begin", "said", "end"]
        assert sum(isinstance(event, Progress) for event in pack.left()) == len(RUNS), "a pack that stops says the rest"
    else:
        assert log == ["begin", "end", "said", "begin", "end", "said"]
        assert not [event for event in pack.left() if isinstance(event, Progress)]
    assert saved
    assert not list(pack.left()), "and says nothing twice"
