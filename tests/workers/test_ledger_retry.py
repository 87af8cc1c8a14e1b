"""A ledger that is away: asked again at growing intervals, and not for ever."""

from __future__ import annotations

import itertools

import pytest

from grokscope.ledger import LedgerAwayError, LedgerError
from grokscope.workers import ledger_retry
from grokscope.workers.ledger_retry import LONGEST_WAIT, LedgerRetry


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(ledger_retry, "time", made)
    return made


def away() -> int:
    raise LedgerAwayError("here: no room on the disk")


def test_what_works_is_returned_and_not_spoken_of() -> None:
    retry = LedgerRetry(pytest.fail)
    assert [retry.call(lambda n=n: n) for n in range(3)] == [0, 1, 2]  # type: ignore[misc]


def test_it_asks_less_and_less_often_and_says_so_once(clock: Clock) -> None:
    words: list[str] = []
    retry, asked = LedgerRetry(words.append), []

    def call() -> int:
        asked.append(clock.now)
        return away()

    for _ in range(2000):
        assert retry.call(call) is None
        clock.now += 0.1
    gaps = [after - before for before, after in itertools.pairwise(asked)]
    assert gaps[:4] == pytest.approx([0.5, 1, 2, 4], abs=0.15)
    assert max(gaps) == pytest.approx(LONGEST_WAIT, abs=0.15)
    assert words == ["here: no room on the disk: tried again for 30 minutes; what is finished is kept"]
    clock.now += LONGEST_WAIT
    assert retry.call(lambda: 7) == 7
    assert words[1:] == ["the ledger is back"]
    assert retry.call(call) is None
    clock.now += 0.51
    assert retry.call(lambda: 8) == 8


def test_it_gives_up(clock: Clock) -> None:
    retry = LedgerRetry(lambda text: None, give_up_seconds=60)

    def ask_for_long() -> None:
        for _ in range(1000):
            retry.call(away)
            clock.now += 0.1

    with pytest.raises(LedgerAwayError, match="no room"):
        ask_for_long()
    assert 1060 <= clock.now <= 1060 + LONGEST_WAIT + 1


def test_what_will_not_pass_is_not_waited_for(clock: Clock) -> None:
    def refuse() -> int:
        raise LedgerError("here: read-only")

    with pytest.raises(LedgerError, match="read-only"):
        LedgerRetry(pytest.fail).call(refuse)
