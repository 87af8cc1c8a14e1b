"""A silent worker is taken for hung when, and only when, it has been silent for too long while the driver looked."""

from __future__ import annotations

import pytest

from grokscope.workers.watchdog import Limits, Watchdog

LIMITS = Limits(times=10.0, least=5.0, unknown=100.0)


def seconds_until_over(watchdog: Watchdog, step: float = 0.25) -> float:
    return next(n * step for n in range(1, 10_000) if watchdog.check(step))


@pytest.mark.parametrize(("expected", "limit"), [(None, 100), (0.1, 5), (2.0, 20)])
def test_how_long(expected: float | None, limit: float) -> None:
    watchdog = Watchdog(LIMITS)
    watchdog.set_expected(expected)
    assert seconds_until_over(watchdog) == limit + 0.25
    watchdog.reset()
    assert not watchdog.expired
    assert seconds_until_over(watchdog) == limit + 0.25


def test_one_that_starts_may_take_its_time() -> None:
    assert seconds_until_over(Watchdog(LIMITS)) > 100


def test_one_that_waits_for_an_answer_may_wait_for_ever() -> None:
    watchdog = Watchdog(LIMITS)
    watchdog.pause()
    assert not any(watchdog.check(1.0) for _ in range(10_000))


def test_a_driver_that_was_stopped_for_an_hour_blames_nobody() -> None:
    watchdog = Watchdog(LIMITS)
    watchdog.set_expected(0.1)
    assert not watchdog.check(3600.0)
    assert watchdog.silent == 1.0
