"""Two drivers of one ledger: no run is done twice, and none is lost with a driver."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from grokscope.run import Run
from grokscope.training.outcomes import Checkpoint
from grokscope.workers.drive import Driver
from grokscope.workers.pool import LostWorker
from ledger.untrained_runs import failed, finished

from .harness import IDENTITIES, RUNS, DriverHarness, FakePool, deal_jobs

SOON = {"look_seconds": 0.0}


@pytest.fixture
def other(harness: DriverHarness) -> DriverHarness:
    """A second driver of the same ledger, with a folder of its own."""
    made = DriverHarness(harness.ledger, harness.checkpoints.folder.with_name("other"))
    made.fields = dict(SOON)
    return made


def until_nothing_is_left(driver: Driver, taken: list[Run], then: Any = lambda: None) -> Iterator[Any]:
    """A worker that does what it gets, and asks again where it is told to."""
    waits = 0
    while waits < 1000:
        offer = driver.deal(None, 1)
        if offer is None:
            if waits == 0:
                then()
            waits += 1
            yield None
        elif offer.items:
            driver.leave(offer.items[0].run.shape)
            taken.append(offer.items[0].run)
            yield finished(offer.items[0].run)
        else:
            return
    pytest.fail("waits for ever")


def test_each_does_what_the_other_does_not(harness: DriverHarness, other: DriverHarness) -> None:
    taken: list[Run] = []

    def first(driver: Driver, pool: FakePool) -> Iterator[Any]:
        mine = next(deal_jobs(driver)).run

        def finish() -> None:
            driver.ledger.add_outcome(finished(mine))
            driver.ledger.flush()

        tally, _ = other.drive(lambda second, pool: until_nothing_is_left(second, taken, then=finish))
        assert (tally.done, tally.elsewhere) == (2, {mine.identity: "done"})
        yield None

    harness.drive(first)
    assert taken == RUNS[1:]
    assert harness.states() == ["done"] * 3
    assert set(harness.ledger.runs()["attempts"]) == {1}


def test_the_second_says_for_whom_it_waits(harness: DriverHarness, other: DriverHarness) -> None:
    harness.ledger.register("suite", "text", RUNS)
    harness.ledger.leases("far:1:00000000").claim(IDENTITIES[:2])

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        yield from until_nothing_is_left(
            driver, [], then=lambda: harness.ledger.record_all([finished(RUNS[0]), failed(RUNS[1])])
        )

    tally, _ = other.drive(script)
    assert other.words == ["waiting for 2 runs that far:1:00000000 is training"]
    assert (tally.done, tally.elsewhere) == (1, {IDENTITIES[0]: "done", IDENTITIES[1]: "failed"})


def test_what_a_silent_driver_had_is_taken_over(harness: DriverHarness, other: DriverHarness) -> None:
    harness.ledger.register("suite", "text", RUNS)
    harness.ledger.leases("far:1:00000000", seconds=0.3).claim(IDENTITIES)
    taken: list[Run] = []

    def slowly(driver: Driver, pool: FakePool) -> Iterator[Any]:
        for event in until_nothing_is_left(driver, taken):
            time.sleep(0.01)
            yield event

    tally, _ = other.drive(slowly)
    assert taken == RUNS
    assert tally.done == 3
    assert other.words[-1] == "3 runs are taken over from a driver that gave them up or is gone"


def test_a_worker_with_lanes_in_hand_is_never_told_to_wait(harness: DriverHarness, other: DriverHarness) -> None:
    harness.ledger.register("suite", "text", RUNS)
    harness.ledger.leases("far:1:00000000").claim(IDENTITIES[1:])

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        (job,) = driver.deal(None, 1).items  # type: ignore[union-attr]
        more = driver.deal(job.run.shape, 3)
        assert more is not None
        assert more.items == []
        assert driver.deal(None, 1) is None
        harness.ledger.record_all(finished(run) for run in RUNS)
        yield None

    other.drive(script)


def test_ctrl_c_ends_the_waiting(harness: DriverHarness, other: DriverHarness) -> None:
    harness.ledger.register("suite", "text", RUNS)
    harness.ledger.leases("far:1:00000000").claim(IDENTITIES)

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        yield from until_nothing_is_left(driver, [], then=lambda: os.kill(os.getpid(), signal.SIGINT))

    tally, pool = other.drive(script)
    assert tally.interrupted
    assert pool.stopped
    assert harness.states() == ["running"] * 3, "they are the other driver's"


def test_a_run_that_failed_elsewhere_is_not_tried_again_here(harness: DriverHarness, other: DriverHarness) -> None:
    taken: list[Run] = []

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        harness.ledger.record(failed(RUNS[1]))
        yield from until_nothing_is_left(driver, taken)

    tally, _ = other.drive(script)
    assert taken == [RUNS[0], RUNS[2]]
    assert tally.elsewhere == {IDENTITIES[1]: "failed"}


def taken_over(harness: DriverHarness, driver: Driver) -> None:
    """Another driver takes all that this one holds; this one notices at its next renewal."""
    time.sleep(0.06)
    assert harness.ledger.leases("far:1:00000000", seconds=60).claim(IDENTITIES[:1]).free == IDENTITIES[:1]
    driver.ledger.maintain()


@pytest.mark.parametrize("ends", ["finishes", "fails", "loses its worker"])
def test_a_driver_that_stood_still_gives_way(harness: DriverHarness, ends: str) -> None:
    """It says so, overwrites neither checkpoint nor state, and what it finishes first is kept."""
    harness.fields = {"lease_seconds": 0.05, **SOON}

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        job = next(deal_jobs(driver))
        yield Checkpoint(job.run, 4, b"mine")
        taken_over(harness, driver)
        yield Checkpoint(job.run, 8, b"too late")
        assert harness.checkpoints.load(job.run.identity) == b"mine"
        if ends == "finishes":
            yield finished(job.run)
            return
        yield failed(job.run) if ends == "fails" else LostWorker((job.run,), "ended")
        assert driver.deal(None, 1) is None, "it waits for the one that took over"
        assert harness.states()[0] == "running"
        harness.ledger.record(finished(job.run))
        yield from until_nothing_is_left(driver, [])

    tally, _ = harness.drive(script, RUNS[:1])
    assert "1 runs were taken over by another driver" in harness.words[0]
    assert harness.states() == ["done"]
    assert tally.failed == 0
    assert (tally.done, len(tally.elsewhere)) == ((1, 0) if ends == "finishes" else (0, 1))


def test_leases_are_renewed_while_the_driver_lives(harness: DriverHarness) -> None:
    harness.fields = {"lease_seconds": 0.2}
    rival = harness.ledger.leases("far:1:00000000")

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        list(deal_jobs(driver))
        for _ in range(50):
            time.sleep(0.01)
            yield None
            assert rival.lease_states(IDENTITIES).free == []

    harness.drive(script)
    assert harness.states() == ["pending"] * 3
