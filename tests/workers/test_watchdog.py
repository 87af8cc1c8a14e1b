"""A silent worker is taken for hung when, and only when, it has been silent for too long while the driver looked."""

from __future__ import annotations

import pytest

from grokscope.workers.watchdog import Limits, Watch

LIMITS = Limits(times=10.0, least=5.0, unknown=100.0)


def seconds_until_over(watch: Watch, step: float = 0.25) -> float:
    return next(n * step for n in range(1, 10_000) if watch.is_over(step))


@pytest.mark.parametrize(("expected", "limit"), [(None, 100), (0.1, 5), (2.0, 20)])
def test_how_long(expected: float | None, limit: float) -> None:
    watch = Watch(LIMITS)
    watch.expects(expected)
    assert seconds_until_over(watch) == limit + 0.25
    watch.heard()
    assert not watch.over
    assert seconds_until_over(watch) == limit + 0.25


def test_one_that_starts_may_take_its_time() -> None:
    assert seconds_until_over(Watch(LIMITS)) > 100


def test_one_that_waits_for_an_answer_may_wait_for_ever() -> None:
    watch = Watch(LIMITS)
    watch.rests()
    assert not any(watch.is_over(1.0) for _ in range(10_000))


def test_a_driver_that_was_stopped_for_an_hour_blames_nobody() -> None:
    watch = Watch(LIMITS)
    watch.expects(0.1)
    assert not watch.is_over(3600.0)
    assert watch.silent == 1.0
