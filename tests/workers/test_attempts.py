"""How often a run is tried."""

import pytest

from grokscope.workers.attempts import Attempts
from ledger.untrained_runs import groks

RUN, OTHER = groks(0), groks(1)


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_failures_are_counted_run_by_run(retries: int) -> None:
    attempts = Attempts(retries)
    assert [attempts.record_failure(RUN) for _ in range(retries + 2)] == [True] * retries + [False] * 2
    assert attempts.record_failure(OTHER) is (retries > 0)


def test_losses_count_only_where_the_run_got_no_further() -> None:
    attempts = Attempts(1)
    for epoch in (4, 8, 12):
        attempts.record_progress(RUN, epoch)
        assert attempts.record_loss(RUN)
    attempts.record_progress(RUN, 12)  # only where it had been before
    assert not attempts.record_loss(RUN)


def test_failures_are_not_forgiven() -> None:
    attempts = Attempts(1)
    assert attempts.record_failure(RUN)
    attempts.record_progress(RUN, 100)
    assert attempts.record_loss(RUN)
    assert not attempts.record_failure(RUN)
