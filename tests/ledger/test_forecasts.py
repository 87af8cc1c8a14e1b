"""Forecasts are added and superseded; nothing changes or removes one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from grokscope.ledger import Ledger, LedgerError, open_ledger
from grokscope.ledger.database import reading_from, writing_to
from grokscope.ledger.forecasts import ForecastStore, forecasts

from .untrained_runs import finished, groks


@pytest.fixture
def kept(ledger: Ledger) -> ForecastStore:
    ledger.register("one", "", [groks()])
    return ledger.forecasts


def said(number: float = 1.0, **changed: Any) -> dict[str, Any]:
    made = {"suite": "one", "accuracy": "eval", "probe": "random", "identity": f"made of {number}"}
    return made | {"payload": {"onset": number, "unknown": None}} | changed


def test_what_is_kept_is_read_back(kept: ForecastStore) -> None:
    made = kept.keep(**said())
    assert kept.all() == kept.all("one") == kept.all("one", standing=True) == [made]
    assert kept.all("another") == []
    assert made.payload == {"onset": 1.0, "unknown": None}
    assert (made.suite, made.accuracy, made.probe, made.identity) == ("one", "eval", "random", "made of 1.0")
    assert made.made.endswith("+00:00")
    assert made.superseded_by is None


def test_a_second_one_is_refused_and_the_first_stays(kept: ForecastStore) -> None:
    first = kept.keep(**said())
    for other in (said(), said(2.0)):
        with pytest.raises(
            LedgerError, match=f"found {first.id}, made .*, which stands; .* only ever superseded"
        ) as caught:
            kept.keep(**other)
        assert "\n" not in str(caught.value)
    assert kept.all() == [first]


def test_each_accuracy_and_probe_has_its_own(kept: ForecastStore) -> None:
    made = [kept.keep(**said()), kept.keep(**said(accuracy="running")), kept.keep(**said(probe="permuted"))]
    assert {one.id for one in kept.all(standing=True)} == {one.id for one in made}
    assert len({one.id for one in made}) == 3


def test_superseding_keeps_the_old(kept: ForecastStore) -> None:
    first = kept.keep(**said())
    second = kept.keep(**said(2.0), supersede=True)
    third = kept.keep(**said(1.0), supersede=True)
    by_id = {one.id: one for one in kept.all()}
    assert len(by_id) == 3
    assert by_id[first.id].superseded_by == second.id
    assert by_id[second.id].superseded_by == third.id
    assert by_id[first.id].payload == first.payload
    assert kept.all(standing=True) == [third]
    assert first.identity == third.identity


def test_there_is_no_way_to_change_or_remove_one(kept: ForecastStore, ledger: Ledger) -> None:
    assert {name for name in dir(ForecastStore) if not name.startswith("_")} == {"all", "enter", "keep"}
    made = kept.keep(**said())
    ledger.record(finished(groks()))
    ledger.reset([groks().identity])
    ledger.register("one", "another text", [groks(1)])
    assert kept.all() == [made]


@pytest.mark.parametrize("changed", [{"payload": '{"onset": 3.0}'}, {"made": "2020-01-01T00:00:00.000+00:00"}])
def test_one_that_was_altered_is_noticed(kept: ForecastStore, ledger: Ledger, changed: dict[str, str]) -> None:
    made = kept.keep(**said())
    with writing_to(ledger._engine) as connection:
        connection.execute(update(forecasts).values(changed))
    with pytest.raises(LedgerError, match=f"forecast {made.id}: it is not what was kept"):
        kept.all()


def test_what_cannot_be_kept_is_one_line_and_leaves_nothing(kept: ForecastStore) -> None:
    with pytest.raises(LedgerError, match="its payload is no JSON"):
        kept.keep(**said(payload={"onset": float("nan")}))
    with pytest.raises(LedgerError, match="suite: found 'two', expected one of one"):
        kept.keep(**said(suite="two"))
    assert kept.all() == []


def test_of_writers_at_once_one_wins(kept: ForecastStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        attempts = [pool.submit(kept.keep, **said(number)) for number in range(4)]
    refused = [attempt.exception() for attempt in attempts if attempt.exception()]
    assert len(refused) == 3
    assert all(isinstance(error, LedgerError) and "stands" in str(error) for error in refused)
    assert kept.all() == [attempt.result() for attempt in attempts if not attempt.exception()]


def test_a_suite_is_copied_with_its_forecasts(kept: ForecastStore, ledger: Ledger, tmp_path: Path) -> None:
    """Those that were superseded among them, and no other suite's."""
    kept.keep(**said())
    kept.keep(**said(2.0), supersede=True)
    kept.keep(**said(accuracy="running"))
    ledger.register("two", "", [groks(1)])
    kept.keep(**said(suite="two"))
    with open_ledger(tmp_path / "copy.db") as copy:
        ledger.copy_suite("one", copy)
        assert copy.forecasts.all() == kept.all("one")
        assert len(copy.forecasts.all()) == 3
        with pytest.raises(LedgerError, match="which stands"):
            copy.forecasts.keep(**said(3.0))


def test_forecasts_of_another_ledger_are_entered_once_and_to_the_letter(
    kept: ForecastStore, ledger: Ledger, tmp_path: Path
) -> None:
    kept.keep(**said())
    kept.keep(**said(2.0), supersede=True)
    with open_ledger(tmp_path / "other.db") as other:
        with pytest.raises(LedgerError, match="suite: found 'one'"):
            other.forecasts.enter(kept.all())
        other.register("one", "", [groks()])
        other.forecasts.enter([])
        for _ in range(2):
            other.forecasts.enter(kept.all())
            assert other.forecasts.all() == kept.all()
        own = other.forecasts.keep(**said(accuracy="running"))
        kept.keep(**said(3.0, accuracy="running"))
        other.forecasts.enter(kept.all())
        assert own in other.forecasts.all(standing=True), "what stands here is not replaced"
        forged = [replace(one, made="2020-01-01T00:00:00.000+00:00", probe="other") for one in kept.all()]
        with pytest.raises(LedgerError, match="it is not what was kept"):
            other.forecasts.enter(forged)
        assert len(other.forecasts.all()) == 3


def test_a_ledger_from_before_there_were_forecasts(store: str, tmp_path: Path) -> None:
    with open_ledger(store) as ledger:
        ledger.register("one", "", [groks()])
        with writing_to(ledger._engine) as connection:
            forecasts.drop(connection)
    with open_ledger(store, create=False) as ledger:
        assert ledger.forecasts.all("one") == []
        with open_ledger(tmp_path / "copy.db") as copy:
            ledger.copy_suite("one", copy)
            assert copy.forecasts.all() == []
        made = ledger.forecasts.keep(**said())
        assert ledger.forecasts.all() == [made]
        with reading_from(ledger._engine) as connection:
            assert connection.dialect.has_table(connection, "forecasts")
