"""The work loop in this process, fed by hand."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from grokscope import Run, Seeds
from grokscope.nets import Transformer
from grokscope.run import Shape
from grokscope.tasks import Modular
from grokscope.training.outcomes import Checkpoint, Event, Failed, Finished, Job, Progress
from grokscope.training.pack import Pack
from grokscope.training.padding import padded_shape
from grokscope.training.strategy import Choice
from grokscope.workers import engine
from grokscope.workers.assignment import Assignment
from grokscope.workers.engine import work
from grokscope.workers.queue import ShapeQueue
from training.lane_helpers import RUN, UNREACHABLE

SHORT = dataclasses.replace(RUN, measurement=UNREACHABLE, max_epochs=6)


def several(n: int, **fields: Any) -> list[Run]:
    return [dataclasses.replace(SHORT, seeds=Seeds.all(seed), **fields) for seed in range(n)]


class Feed:
    """Offers runs in order, and remembers what it was asked."""

    def __init__(self, runs: list[Run]):
        self.runs, self.asked = list(runs), []

    def __call__(self, shape: Shape | None, n: int) -> Assignment[Job]:
        self.asked.append((shape, n))
        shape = shape or (self.runs[0].shape if self.runs else None)
        given = [run for run in self.runs if run.shape == shape][:n]
        self.runs = [run for run in self.runs if run not in given]
        return Assignment([Job(run) for run in given], sum(run.shape == shape for run in self.runs))


def events_of(kind: type[Event], events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_every_run_ends_and_each_chunk_is_told_of() -> None:
    runs = several(2)
    feed = Feed(runs)
    events = list(work(feed))
    assert [event.run for event in events_of(Finished, events)] == runs
    assert [event.epoch for event in events_of(Checkpoint, events)] == [4]
    assert [event.identity for event in events_of(Progress, events)] == [runs[0].identity], (
        "the pace is known by the second"
    )
    assert feed.asked == [(None, 1), (SHORT.shape, 1), (SHORT.shape, 1), (None, 1)]


def test_nothing_to_do_is_nothing_done() -> None:
    assert list(work(Feed([]))) == []


def test_a_place_that_becomes_free_is_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "choose", lambda shape, sample, waiting: Choice("vmap", 8, "default"))
    runs = several(8, max_epochs=8)
    runs[1] = dataclasses.replace(runs[1], max_epochs=3)
    late = dataclasses.replace(SHORT, seeds=Seeds.all(99), max_epochs=2)
    feed = Feed([*runs, late])
    done = events_of(Finished, list(work(feed)))
    assert done[0].run == runs[1]
    assert {event.run for event in done} == {*runs, late}
    assert {event.run.max_epochs: event.result.epochs for event in done} == {8: 8, 3: 3, 2: 2}
    assert feed.asked[:3] == [(None, 1), (SHORT.shape, 7), (SHORT.shape, 1)]
    assert {event.provenance.strategy for event in done} == {"vmap/default"}


def test_runs_that_come_apart_stay_apart_and_limit_no_later_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are dealt when one of them is suspected: together, with nothing said to wait behind them."""
    monkeypatch.setattr(engine, "choose", lambda shape, sample, waiting: Choice("vmap", waiting + 1, "default"))
    suspects, rest = several(6)[:2], Feed(several(6)[2:])
    offers = [Assignment([Job(run) for run in suspects], 0)]

    def feed(shape: Shape | None, n: int) -> Assignment[Job]:
        assert shape is None or not offers
        return offers.pop() if offers else rest(shape, n)

    done = events_of(Finished, list(work(feed)))
    assert [event.run for event in done[:2]] == suspects
    assert {event.provenance.layout for event in done[:2]} == {2}
    assert {event.provenance.layout for event in done[2:]} == {4}
    assert rest.asked[:2] == [(None, 1), (SHORT.shape, 3)]


def test_stop_is_heeded_between_chunks() -> None:
    told: list[Event] = []
    feed = Feed(several(3))
    for event in work(feed, stop=lambda: bool(told)):
        told.append(event)
    assert [type(event) for event in told] == [Checkpoint, Progress]
    assert len(feed.runs) == 2


def test_what_breaks_belongs_to_the_runs_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    step, runs = Pack.step, several(2)

    def breaks(pack: Pack) -> Iterator[Event]:
        if pack.slots[0].run == runs[0]:
            raise RuntimeError("out of luck")
        return step(pack)

    monkeypatch.setattr(Pack, "step", breaks)
    events = list(work(Feed(runs)))
    (failed,) = events_of(Failed, events)
    assert failed.run == runs[0]
    assert failed.error.startswith("Traceback")
    assert "RuntimeError: out of luck" in failed.error
    assert [event.run for event in events_of(Finished, events)] == runs[1:]


@dataclasses.dataclass(frozen=True)
class Broken(Modular):
    """A task that cannot make its arrays."""

    def arrays(self, key: Any) -> Any:
        raise MemoryError("no room for the table")


def test_a_run_that_cannot_even_start_has_failed() -> None:
    broken, sound = dataclasses.replace(SHORT, task=Broken(13)), several(1)
    events = list(work(Feed([broken, *sound])))
    assert [event.run for event in events_of(Failed, events)] == [broken]
    assert "no room for the table" in events_of(Failed, events)[0].error
    assert [event.run for event in events_of(Finished, events)] == sound


def test_other_shapes_follow() -> None:
    one_block = dataclasses.replace(SHORT, net=Transformer(8, 1, heads=4), max_epochs=1)
    runs = [*several(1, max_epochs=1), one_block]
    assert {event.run for event in events_of(Finished, list(work(Feed(runs))))} == set(runs)


def test_a_pack_takes_runs_of_several_primes_where_the_dealer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "choose", lambda shape, sample, waiting: Choice("vmap", 2, "default"))
    runs = [*several(2), *several(1, task=Modular(11))]
    queue = ShapeQueue(runs)
    asked: list[Shape | None] = []

    def feed(shape: Shape | None, n: int) -> Assignment[Job]:
        asked.append(shape)
        offer = queue.take(n, shape, shares=True)
        return Assignment([Job(run) for run in offer.items], offer.waiting, offer.padded)

    done = events_of(Finished, list(work(feed)))
    assert {event.run for event in done} == set(runs)
    assert {event.provenance.strategy for event in done} == {"vmap/default/padded"}
    assert set(asked) == {None, padded_shape(runs[0].shape)}
