"""The pool on a site made of words: who is started, who waits, and who takes over from whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from grokscope.run import Run, Shape
from grokscope.training.outcomes import Finished, Job
from grokscope.workers.assignment import Assignment
from grokscope.workers.messages import ChunkSeconds, Hello, JobRequest, Message, Notice
from grokscope.workers.pool import LostWorker, Pool
from grokscope.workers.site import Ended, Place
from grokscope.workers.watchdog import Limits
from ledger.untrained_runs import finished, groks

A, B, C = (Place(machine, 0) for machine in "abc")
KILLED = Ended("was killed", by_itself=False)
DONE = Ended("ended", by_itself=True)
RUNS = [groks(seed) for seed in range(3)]
Worker = Callable[["Cloud", Place], Iterator[Message | Ended | None]]


def diligent(cloud: Cloud, place: Place) -> Iterator[Message | Ended | None]:
    """Does one run after another, each in two chunks."""
    yield Hello("cpu")
    while True:
        yield JobRequest(None, 1)
        while place not in cloud.given:
            yield None
        jobs = cloud.given.pop(place).items
        if not jobs or cloud.stopped:
            break
        yield ChunkSeconds(1.0)
        yield None
        yield finished(jobs[0].run)
    yield DONE


def dies_with_its_first(cloud: Cloud, place: Place) -> Iterator[Message | Ended | None]:
    yield Hello("cpu")
    yield JobRequest(None, 1)
    while place not in cloud.given:
        yield None
    cloud.room.remove(place)
    for _ in range(5):
        yield None
    yield KILLED


def waits_for_room(cloud: Cloud, place: Place) -> Iterator[Message | Ended | None]:
    while True:
        yield None


def cannot_begin(cloud: Cloud, place: Place) -> Iterator[Message | Ended | None]:
    yield Ended("on b failed", by_itself=True, words="no module named grokscope")


def is_killed_at_once(cloud: Cloud, place: Place) -> Iterator[Message | Ended | None]:
    yield KILLED


class Cloud:
    """A site whose workers are generators; `listen` takes one message of each."""

    may_wait = True

    def __init__(self, **workers: Worker):
        self.workers = {Place(machine, 0): worker for machine, worker in workers.items()}
        self.room = list(self.workers)
        self.living: dict[Place, Iterator[Message | Ended | None]] = {}
        self.given: dict[Place, Assignment[Job]] = {}
        self.started: list[Place] = []
        self.killed: list[Place] = []
        self.stopped = False

    def places(self, platform: str | None) -> Sequence[Place]:
        return list(self.room)

    def start(self, place: Place) -> None:
        self.started.append(place)
        self.living[place] = self.workers[place](self, place)

    def listen(self, seconds: float) -> Iterator[tuple[Place, Message | Ended]]:
        for place in list(self.living):
            message = KILLED if place in self.killed else next(self.living[place])
            if isinstance(message, Ended):
                del self.living[place]
            if message is not None:
                yield place, message

    def give(self, place: Place, assignment: Assignment[Job]) -> None:
        self.given[place] = assignment

    def stop(self) -> None:
        self.stopped = True

    def kill(self, place: Place) -> None:
        self.killed.append(place)


class Dealing:
    """Deals runs in order, and those again that were lost."""

    def __init__(self, runs: Sequence[Run]):
        self.runs = list(runs)

    def deal(self, shape: Shape | None, n: int, workers: int, shares: bool = False) -> Assignment[Job]:
        given, self.runs = self.runs[:n], self.runs[n:]
        return Assignment([Job(run) for run in given], len(self.runs))

    def leave(self, shape: Shape) -> None:
        return


def drive(cloud: Cloud, runs: Sequence[Run], **fields: Any) -> tuple[list[Run], list[str]]:
    """Runs in the order in which they were done, and what was said."""
    words: list[str] = []
    dealer, pool, done = Dealing(runs), Pool(cloud, say=words.append, **fields), []
    for rounds, event in enumerate(pool.run(dealer)):
        assert rounds < 1000, "it never ends"
        if isinstance(event, LostWorker):
            dealer.runs += event.runs
        elif event is not None:
            done.append(event.run)  # type: ignore[union-attr]
    return done, words


def test_what_is_lost_last_is_taken_by_one_who_had_nothing_left_to_do() -> None:
    """Its machine is gone with it, so nobody could be started in its place."""
    cloud = Cloud(a=diligent, b=dies_with_its_first)
    done, words = drive(cloud, RUNS[:2])
    assert done == RUNS[:2]
    assert cloud.started == [A, B]
    assert words == ["a worker process was killed; its place is gone"]


def test_a_machine_that_joins_late_is_used() -> None:
    cloud = Cloud(a=dies_with_its_first, c=diligent)
    cloud.room.remove(C)

    def late(cloud: Cloud, place: Place) -> Iterator[Message | Ended | None]:
        for message in dies_with_its_first(cloud, place):
            if message is KILLED:
                cloud.room.append(C)
            yield message

    cloud.workers[A] = late
    done, words = drive(cloud, RUNS)
    assert done == [*RUNS[1:], RUNS[0]]
    assert cloud.started == [A, C]
    assert words == ["a worker process was killed; its place is gone"]


def test_one_that_waits_for_room_is_not_waited_for_and_not_taken_for_hung() -> None:
    cloud = Cloud(a=diligent, b=waits_for_room)
    done, words = drive(cloud, RUNS, limits=Limits(times=1.0, least=0.0, unknown=0.0))
    assert (done, words) == (RUNS, [])
    assert cloud.killed == [B]


def test_a_machine_that_cannot_be_used_is_left_out_and_the_rest_go_on() -> None:
    cloud = Cloud(a=diligent, b=cannot_begin)
    done, words = drive(cloud, RUNS)
    assert done == RUNS
    assert cloud.started == [A, B]
    assert words == [
        "a worker process on b failed; it had not begun, so its place is left empty; no module named grokscope"
    ]


def test_if_no_machine_can_be_used_it_says_why() -> None:
    with pytest.raises(ChildProcessError, match="on b failed before it began; no module named grokscope"):
        drive(Cloud(b=cannot_begin), RUNS)


def test_a_place_where_workers_are_always_killed_at_once_is_left_empty() -> None:
    cloud = Cloud(a=diligent, b=is_killed_at_once)
    done, words = drive(cloud, [*RUNS, *RUNS])
    assert len(done) == 6
    assert cloud.started == [A, B, B, B]
    assert [text.split("; ")[1] for text in words] == [
        *["another one takes its place"] * 2,
        "it had not begun, so its place is left empty",
    ]


def test_a_pool_that_is_told_to_stop_starts_nobody_and_ends_who_has_not_begun() -> None:
    cloud = Cloud(a=diligent, b=waits_for_room)
    pool, done = Pool(cloud), []
    for event in pool.run(Dealing(RUNS)):
        if event is not None:
            done.append(event)
            cloud.room.append(C)
            pool.stop()
    assert [type(event) for event in done] == [Finished, LostWorker], "what it had just been given"
    assert cloud.stopped
    assert (cloud.started, cloud.killed) == ([A, B], [B])


def test_what_a_worker_says_is_passed_on() -> None:
    def talkative(cloud: Cloud, place: Place) -> Iterator[Message | Ended | None]:
        yield Notice("lanes do not fit")
        yield from diligent(cloud, place)

    assert drive(Cloud(a=talkative), [])[1] == ["lanes do not fit"]
