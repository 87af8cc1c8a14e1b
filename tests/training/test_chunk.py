"""The host does its part of a chunk while the next one is on its way."""

from __future__ import annotations

import dataclasses

import pytest

from grokscope import Seeds
from grokscope.training import pack as pack_room
from grokscope.training.chunk import Chunk, ChunkResult, LoopChunk, VmapChunk
from grokscope.training.outcomes import Checkpoint, Job, Progress
from grokscope.training.pack import Pack

from .lane_helpers import RUN, UNREACHABLE

RUNS = [dataclasses.replace(RUN, measurement=UNREACHABLE, max_epochs=12, seeds=Seeds.all(seed)) for seed in range(4)]


@pytest.mark.parametrize("kind", [VmapChunk, LoopChunk])
def test_what_a_vectorised_chunk_left_is_said_while_the_next_is_on_its_way(
    monkeypatch: pytest.MonkeyPatch, kind: type[Chunk]
) -> None:
    log: list[str] = []

    class Logged(kind):  # type: ignore[misc, valid-type]
        def start(self) -> None:
            log.append("begin")
            super().start()

        def finish(self) -> list[ChunkResult]:
            log.append("end")
            results: list[ChunkResult] = super().finish()
            return results

    strategy = "vmap" if kind is VmapChunk else "loop"
    monkeypatch.setitem(pack_room.CHUNKS, strategy, Logged)
    pack = Pack(RUN.shape, strategy, chunk_seconds=1e-6)
    pack.add([Job(run) for run in RUNS])
    saved = 0
    for _ in range(2):
        for event in pack.step():
            saved += isinstance(event, Checkpoint)
            if isinstance(event, Progress) and log[-1] != "said":
                log.append("said")
    if kind is VmapChunk:
        assert log == ["begin", "end", "begin", "said", "end"]
        assert sum(isinstance(event, Progress) for event in pack.final_events()) == len(RUNS), (
            "a pack that stops says the rest"
        )
    else:
        assert log == ["begin", "end", "said", "begin", "end", "said"]
        assert not [event for event in pack.final_events() if isinstance(event, Progress)]
    assert saved
    assert not list(pack.final_events()), "and says nothing twice"
