"""The driver with workers made of words: what it hands out, what it keeps, and how it ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from grokscope.run import Run
from grokscope.training.outcomes import Checkpoint, Progress, Snapshot
from grokscope.workers.drive import Driver, Tally
from grokscope.workers.pool import LostWorker
from ledger.untrained_runs import failed, finished, groks

from .harness import IDENTITIES, RUNS, DriverHarness, FakePool, deal_jobs


def test_what_finishes_is_done_and_needs_no_checkpoint_any_more(harness: DriverHarness) -> None:
    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        for job in deal_jobs(driver):
            assert harness.ledger.states([job.run.identity]) == {job.run.identity: "running"}
            yield Checkpoint(job.run, 4, b"state")
            yield Progress(job.run.identity, 4, 0.5, 0.5)
            assert harness.checkpoints.load(job.run.identity) == b"state"
            yield finished(job.run)

    tally, pool = harness.drive(script)
    assert (tally.done, tally.failed, tally.interrupted) == (3, 0, False)
    assert harness.states() == ["done"] * 3
    assert [harness.checkpoints.load(identity) for identity in IDENTITIES] == [None] * 3
    assert len(harness.ledger.trace(RUNS[0])) == 5
    assert not pool.stopped
    assert len(harness.seen) == 9


def test_a_failed_run_is_tried_once_more_from_its_beginning(harness: DriverHarness) -> None:
    checkpoints = []

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        for n, job in enumerate(deal_jobs(driver)):
            checkpoints.append(job.checkpoint)
            yield Checkpoint(job.run, 4, b"state")
            yield finished(job.run) if n else failed(job.run)

    tally, _ = harness.drive(script, RUNS[:1])
    assert checkpoints == [None, None]
    assert (tally.done, tally.failed, tally.failures) == (1, 0, [])
    assert harness.states() == ["done"]
    assert harness.ledger.show(RUNS[0])["attempts"] == 2


def test_a_run_that_fails_twice_stands_as_failed_with_its_whole_text(harness: DriverHarness) -> None:
    text = "Traceback (most recent call last):\n" + "  File ...\n" * 500 + "ValueError: twice"

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        for job in deal_jobs(driver):
            yield failed(job.run, text) if job.run == RUNS[1] else finished(job.run)

    tally, _ = harness.drive(script)
    assert (tally.done, tally.failed) == (2, 1)
    assert [failure.run for failure in tally.failures] == [RUNS[1]]
    assert harness.states() == ["done", "failed", "done"]
    assert harness.ledger.show(RUNS[1])["error"] == text
    assert harness.ledger.show(RUNS[1])["attempts"] == 2


@pytest.mark.parametrize(("retries", "tries"), [(0, 1), (1, 2), (3, 4)])
def test_as_many_tries_as_the_suite_says(harness: DriverHarness, retries: int, tries: int) -> None:
    tried = []

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        for job in deal_jobs(driver):
            tried.append(job.run)
            yield failed(job.run)

    harness.fields = {"retries": retries}
    harness.drive(script, RUNS[:1])
    assert len(tried) == tries
    assert harness.states() == ["failed"]


def test_a_lost_worker_costs_no_more_than_its_last_chunk(harness: DriverHarness) -> None:
    checkpoints = []

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        for n, job in enumerate(deal_jobs(driver)):
            checkpoints.append(job.checkpoint)
            if n == 0:
                yield Checkpoint(job.run, 4, b"state")
                yield LostWorker((job.run,), "ended with exit code -9")
            else:
                yield finished(job.run)

    tally, _ = harness.drive(script, RUNS[:1])
    assert checkpoints == [None, b"state"]
    assert (tally.done, tally.failed) == (1, 0)
    assert harness.states() == ["done"]


def test_a_run_that_kills_its_workers_stands_as_failed(harness: DriverHarness) -> None:
    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        for job in deal_jobs(driver):
            yield LostWorker((job.run,), "ended with exit code -11") if job.run == RUNS[0] else finished(job.run)

    tally, _ = harness.drive(script)
    assert (tally.done, tally.failed) == (2, 1)
    assert harness.states() == ["failed", "done", "done"]
    assert "exit code -11" in harness.ledger.show(RUNS[0])["error"]


def packs(driver: Driver, guilty: Run, dealt: list[list[Run]]) -> Iterator[Any]:
    """Workers one after another, each with a pack of lanes for all that is said to wait, in which one run kills."""
    while (offer := driver.deal(None, 1)) and offer.items:
        shape = offer.items[0].run.shape
        more = driver.deal(shape, offer.waiting).items if offer.waiting else ()  # type: ignore[union-attr]
        pack = [job.run for job in (*offer.items, *more)]
        dealt.append(pack)
        driver.leave(shape)
        if guilty in pack:
            yield LostWorker(tuple(pack), "ended with exit code -11")
        else:
            yield from map(finished, pack)


@pytest.mark.parametrize("retries", [0, 1, 2])
@pytest.mark.parametrize("at", [0, 3, 6])
def test_only_the_run_that_kills_its_workers_fails(harness: DriverHarness, retries: int, at: int) -> None:
    """Its neighbours in a pack die with it, so the pack is parted until it is alone."""
    runs, dealt = [groks(seed) for seed in range(7)], list[list[Run]]()
    harness.fields = {"retries": retries}
    tally, _ = harness.drive(lambda driver, pool: packs(driver, runs[at], dealt), runs)
    assert (tally.done, [failure.run for failure in tally.failures]) == (6, [runs[at]])
    assert "exit code -11" in harness.ledger.show(runs[at])["error"]
    assert dealt[: 1 + retries] == [runs] * (1 + retries), "as many tries as the suite says for all of them"
    killed = [pack for pack in dealt if runs[at] in pack]
    assert killed[-1] == [runs[at]]
    assert len(killed) <= 1 + retries + 3


def test_a_pack_whose_workers_die_by_bad_luck_stays_together(harness: DriverHarness) -> None:
    """It gets further in between, so nobody suspects it: parted, it would take many times as long."""
    runs, sizes = [groks(seed) for seed in range(4)], []

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        for epoch in range(4, 24, 4):
            first, *_ = driver.deal(None, 1).items  # type: ignore[union-attr]
            pack = [first.run, *(job.run for job in driver.deal(first.run.shape, 3).items)]  # type: ignore[union-attr]
            driver.leave(first.run.shape)
            sizes.append(len(pack))
            for run in pack:
                yield Checkpoint(run, epoch, b"state")
            yield LostWorker(tuple(pack), "was lost with its node")
        for job in deal_jobs(driver):
            yield finished(job.run)

    tally, _ = harness.drive(script, runs)
    assert sizes == [4] * 5
    assert (tally.done, tally.failed) == (4, 0)


def test_an_interrupted_drive_keeps_what_it_has_and_fails_nothing(harness: DriverHarness) -> None:
    before = signal.getsignal(signal.SIGINT)

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        taken = deal_jobs(driver)
        first, second = next(taken).run, next(taken).run
        yield finished(first)
        os.kill(os.getpid(), signal.SIGINT)
        yield Checkpoint(second, 4, b"state")
        assert pool.stopped
        assert driver.deal(None, 1).items == []
        yield LostWorker((second,), "ended with exit code -15")

    tally, pool = harness.drive(script)
    assert (tally.done, tally.failed, tally.interrupted) == (1, 0, True)
    assert harness.states() == ["done", "pending", "pending"]
    assert harness.checkpoints.load(IDENTITIES[1]) == b"state"
    assert not pool.killed
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_ends_at_once_and_loses_nothing_saved(harness: DriverHarness) -> None:
    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        first, second, _ = (job.run for job in deal_jobs(driver))
        yield finished(first)
        yield Checkpoint(second, 4, b"state")
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            yield None
        assert pool.killed

    tally, pool = harness.drive(script)
    assert pool.stopped
    assert tally.interrupted
    assert harness.states() == ["done", "pending", "pending"]
    assert harness.checkpoints.load(IDENTITIES[1]) == b"state"


def test_the_end_of_the_time_is_an_interrupt(harness: DriverHarness) -> None:
    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        job = next(deal_jobs(driver))
        yield None
        assert pool.stopped
        yield finished(job.run)

    tally, _ = harness.drive(script, max_seconds=0)
    assert tally.interrupted
    assert (tally.done, tally.failed) == (1, 0)
    assert sorted(harness.states()) == ["done", "pending", "pending"]


def test_the_next_drive_goes_on_from_the_checkpoints(harness: DriverHarness) -> None:
    harness.checkpoints.save(IDENTITIES[2], b"state")
    given: dict[str, bytes | None] = {}

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        for job in deal_jobs(driver):
            given[job.run.identity] = job.checkpoint
            yield finished(job.run)

    harness.drive(script)
    assert given == dict(zip(IDENTITIES, (None, None, b"state"), strict=True))


def test_a_driver_that_breaks_keeps_what_was_reported_and_releases_the_rest(harness: DriverHarness) -> None:
    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        taken = deal_jobs(driver)
        yield finished(next(taken).run)
        next(taken)
        raise RuntimeError("the machine is on fire")

    with pytest.raises(RuntimeError, match="on fire"):
        harness.drive(script)
    assert harness.states() == ["done", "pending", "pending"]


def test_nothing_to_do(harness: DriverHarness) -> None:
    tally, _ = harness.drive(lambda driver, pool: (None for _ in range(1)), [])
    assert tally == Tally()


def test_a_checkpoint_waits_for_the_snapshots_before_it(harness: DriverHarness) -> None:
    """Killed right after a checkpoint, a run goes on from it and does not take those snapshots again."""
    written: list[tuple[str, int]] = []

    def script(driver: Driver, pool: FakePool) -> Iterator[Any]:
        harness.ledger.keep_snapshots = lambda taken: written.extend((s.run.identity, s.epoch) for s in taken)  # type: ignore[method-assign]
        driver.deal(None, 1)
        yield Snapshot(RUNS[0], 0, b"")
        yield Snapshot(RUNS[1], 0, b"")
        assert not written
        yield Checkpoint(RUNS[0], 3, b"state")
        assert written == [(IDENTITIES[0], 0), (IDENTITIES[1], 0)]
        yield Snapshot(RUNS[0], 5, b"")
        yield finished(RUNS[0])

    harness.drive(script)
    assert written[-1] == (IDENTITIES[0], 5)
