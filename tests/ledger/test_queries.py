"""Looking up: identities by their beginnings, suites, counts."""

import pytest
from sqlalchemy import update

from grokscope.ledger import Ledger, LedgerError, tables
from grokscope.ledger.database import writing_to

from .untrained_runs import failed, finished, groks, speed


def test_a_beginning_that_only_one_run_has_is_enough(ledger: Ledger) -> None:
    identities = ledger.register("s", "", [groks(seed) for seed in range(40)])
    for identity in identities:
        n = next(n for n in range(1, 21) if sum(other.startswith(identity[:n]) for other in identities) == 1)
        assert ledger.resolve(identity[:n]) == ledger.resolve(identity[:n].upper()) == ledger.resolve(identity)
        if n > 1:
            with pytest.raises(LedgerError, match="expected more digits"):
                ledger.resolve(identity[: n - 1])


@pytest.mark.parametrize("prefix", ["", "xyz", "%", "12 34", "f" * 21])
def test_what_no_run_begins_with(ledger: Ledger, prefix: str) -> None:
    ledger.register("s", "", [groks()])
    with pytest.raises(LedgerError, match="run: found"):
        ledger.show(prefix)


def test_counts(ledger: Ledger) -> None:
    ledger.register("a", "", [groks(0), groks(1), speed(0)])
    ledger.register("b", "", [speed(0), speed(1)])
    ledger.record_all([finished(groks(0)), failed(speed(0))])
    none = dict.fromkeys(tables.STATUSES, 0)
    assert ledger.status_counts("a") == {
        "groks": none | {"pending": 1, "done": 1},
        "speed": none | {"failed": 1},
    }
    assert ledger.status_counts()["speed"] == none | {"pending": 1, "failed": 1}


def test_suites(ledger: Ledger) -> None:
    assert ledger.suites().empty
    ledger.register("b", "text of b", [groks(0), groks(1)])
    ledger.register("a", "text of a", [])
    suites = ledger.suites()
    assert list(suites["name"]) == ["a", "b"]
    assert list(suites["runs"]) == [0, 2]
    assert str(suites["registered"].dt.tz) == "UTC"
    assert ledger.suite_text("b") == "text of b"


def test_a_suite_that_is_not_there(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="found 'c', expected one of none: no suite has been run"):
        ledger.runs(suite="c")
    ledger.register("a", "", [])
    for ask in (ledger.suite_text, ledger.status_counts, lambda name: ledger.states(suite=name)):
        with pytest.raises(LedgerError, match="suite: found 'c', expected one of a"):
            ask("c")


def test_parameters_that_are_not_there_or_damaged(ledger: Ledger) -> None:
    ledger.record_all([finished(groks(0)), finished(groks(1), params=True)])
    with pytest.raises(LedgerError, match="found no parameters, expected a run that is done, with keep: final"):
        ledger.params(groks(0))
    with writing_to(ledger._engine) as connection:
        connection.execute(update(tables.params).values(data=b"\x80\x04pickled?"))
    with pytest.raises(LedgerError, match="its parameters are damaged"):
        ledger.params(groks(1))
