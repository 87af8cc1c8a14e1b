"""When lanes do not fit into the device's memory, the pack goes on with half of them, and no run notices."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest

from grokscope import AdamW, Run, Seeds
from grokscope.training import chunk as chunk_room
from grokscope.training import strategy
from grokscope.training.advance import Strategy, advance
from grokscope.training.outcomes import Event, Failed, Finished, Job
from grokscope.training.pack import Pack
from grokscope.training.strategy import Choice
from grokscope.training.train import train
from grokscope.workers import engine
from grokscope.workers.assignment import Assignment
from grokscope.workers.engine import work

from .lane_helpers import RUN, UNREACHABLE, matrix

RUNS = [dataclasses.replace(RUN, measurement=UNREACHABLE, max_epochs=12, seeds=Seeds.all(seed)) for seed in range(8)]
FULL = jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 68719476736 bytes.")


class Device:
    """A device into which so many lanes fit, from a certain call on."""

    def __init__(self, room: int, calls: int = 0):
        self.room, self.calls, self.widths = room, calls, list[int]()

    def advance(self, shape: Any, lanes: Any, n_epochs: int, **fields: Any) -> Any:
        width = lanes.state.epoch.size
        self.calls -= 1
        if self.calls < 0 and width > self.room:
            raise FULL
        self.widths.append(width)
        return advance(shape, lanes, n_epochs, **fields)


def end_of(pack: Pack, runs: list[Run]) -> dict[str, Finished]:
    assert pack.add([Job(run) for run in runs]) == []
    events: list[Event] = []
    while pack.slots:
        events += pack.step()
    return {event.run.identity: event for event in events if isinstance(event, Finished)}


@pytest.mark.parametrize("calls", [0, 1], ids=["at once", "after a chunk"])
def test_the_pack_halves_and_every_run_ends_as_it_would_alone(monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    device, words = Device(room=3, calls=calls), list[str]()
    monkeypatch.setattr(chunk_room, "advance", device.advance)
    pack = Pack(RUN.shape, "vmap", say=words.append)
    done = end_of(pack, RUNS)
    assert words == [f"{n} lanes do not fit into the device's memory: going on with {n // 2}" for n in (8, 4)]
    assert (pack.max_lanes, pack.parked) == (2, [])
    assert set(device.widths[calls:]) == {2}
    assert list(done) == [run.identity for run in RUNS], "the oldest go on first"
    alone = train(RUNS[6])
    np.testing.assert_allclose(matrix(done[RUNS[6].identity].trace), matrix(alone.trace), atol=1e-8)
    assert {event.result.epochs for event in done.values()} == {12}


def test_a_single_lane_that_does_not_fit_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_room, "advance", Device(room=0).advance)
    pack = Pack(RUN.shape, "vmap")
    pack.add([Job(RUNS[0])])
    (failed,) = pack.step()
    assert isinstance(failed, Failed)
    assert failed.run == RUNS[0]
    assert "RESOURCE_EXHAUSTED" in failed.error
    assert pack.slots == []


@pytest.mark.parametrize("strategy", ["loop", "vmap"])
@pytest.mark.parametrize("guilty", [[2], [0, 5], list(range(8))], ids=["one", "two", "all"])
def test_another_error_is_the_guilty_ones_alone(
    monkeypatch: pytest.MonkeyPatch, strategy: Strategy, guilty: list[int]
) -> None:
    """Whatever broke the program: the pack is parted until a run fails by itself, and the others go on."""
    rates = [2.0**-i for i in range(5, 13)]
    runs = [dataclasses.replace(run, optimiser=AdamW(lr)) for run, lr in zip(RUNS, rates, strict=True)]

    def broken(shape: Any, lanes: Any, n_epochs: int, **fields: Any) -> Any:
        if np.isin(lanes.fixed.hyper.optimiser["lr"], [rates[i] for i in guilty]).any():
            raise jax.errors.JaxRuntimeError("INTERNAL: the device is on fire")
        return advance(shape, lanes, n_epochs, **fields)

    monkeypatch.setattr(chunk_room, "advance", broken)
    pack, events = Pack(RUN.shape, strategy), list[Event]()
    pack.add([Job(run) for run in runs])
    while pack.slots:
        events += pack.step()
    failed = [event for event in events if isinstance(event, Failed)]
    assert [event.run for event in failed] == [runs[i] for i in guilty]
    assert all("on fire" in event.error for event in failed)
    done = {event.run.identity: event for event in events if isinstance(event, Finished)}
    assert set(done) == {run.identity for run in runs} - {event.run.identity for event in failed}
    for run in runs[1:2] if done else []:
        np.testing.assert_allclose(matrix(done[run.identity].trace), matrix(train(run).trace), atol=1e-8)


def test_the_worker_remembers_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks for no more lanes of that shape, and all fail only if a single one does not fit."""
    device, asked, left = Device(room=3), list[int](), list(RUNS)
    monkeypatch.setattr(chunk_room, "advance", device.advance)
    monkeypatch.setattr(engine, "choose", lambda shape, sample, waiting: Choice("vmap", 4, "default"))

    def feed(shape: Any, n: int) -> Assignment[Job]:
        asked.append(n)
        given, left[:] = left[:n], left[n:]
        return Assignment([Job(run) for run in given], len(left))

    events = list(work(feed))
    assert {event.run for event in events if isinstance(event, Finished)} == set(RUNS)
    assert not [event for event in events if isinstance(event, Failed)]
    assert asked[:2] == [1, 3]
    assert max(asked[2:]) == max(device.widths) == 2


def test_lanes_that_rest_fail_with_their_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_room, "advance", Device(room=0).advance)
    monkeypatch.setattr(engine, "choose", lambda shape, sample, waiting: Choice("vmap", 4, "default"))
    left = list(RUNS[:4])

    def feed(shape: Any, n: int) -> Assignment[Job]:
        given, left[:] = left[:n], left[n:]
        return Assignment([Job(run) for run in given], len(left))

    failed = [event for event in work(feed) if isinstance(event, Failed)]
    assert [event.run for event in failed] == RUNS[:4]
    assert all("RESOURCE_EXHAUSTED" in event.error for event in failed)


def test_a_width_that_does_not_fit_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy, "advance", Device(room=1).advance)
    assert strategy.lane_epochs_per_second(RUN.shape, RUNS[0], Choice("vmap", 4, "measured")) == 0
    assert strategy.lane_epochs_per_second(RUN.shape, RUNS[0], Choice("loop", 1, "measured")) > 0


def test_the_watcher_is_told_what_a_chunk_may_take() -> None:
    told: list[float | None] = []
    pack = Pack(RUN.shape, "vmap", chunk_seconds=0.05, expect=told.append)
    long = [dataclasses.replace(run, max_epochs=60) for run in RUNS[:4]]
    end_of(pack, [*long[:3], RUNS[3]])
    assert told[0] is None, "the first chunk compiles"
    assert all(seconds is None or 0 < seconds < 60 for seconds in told)
    assert any(told), "later ones are foreseen"


def test_nan_in_one_lane_leaves_its_neighbours_alone() -> None:
    wild = dataclasses.replace(RUNS[3], optimiser=dataclasses.replace(RUN.optimiser, lr=1e200))  # type: ignore[type-var]
    pack = Pack(RUN.shape, "vmap")
    pack.add([Job(run) for run in [*RUNS[:3], wild]])
    events: list[Event] = []
    while pack.slots:
        events += pack.step()
    (failed,) = [event for event in events if isinstance(event, Failed)]
    assert failed.run == wild
    assert f"at epoch {failed.epoch + 1}; last finite loss: " in failed.error
    done = {event.run.identity: event for event in events if isinstance(event, Finished)}
    assert set(done) == {run.identity for run in RUNS[:3]}
    for run in RUNS[:3]:
        np.testing.assert_allclose(matrix(done[run.identity].trace), matrix(train(run).trace), atol=1e-8)
