"""Runs are kept whole or not at all, and what is done stays done."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

from grokscope.ledger import Ledger, LedgerError, open_ledger, tables, writing
from grokscope.ledger.database import reading_from, writing_to

from .untrained_runs import PROVENANCE, failed, finished, groks, speed


def rows(ledger: Ledger) -> dict[str, int]:
    """How many rows every table has."""
    with reading_from(ledger._engine) as connection:
        counts = {name: select(func.count()).select_from(table) for name, table in tables.metadata.tables.items()}
        return {name: connection.scalar(count) for name, count in counts.items()}


def test_registering_makes_pending_runs_in_order(ledger: Ledger) -> None:
    wanted = [groks(2), groks(0), speed(), groks(0)]
    identities = ledger.register("one", "name: one", wanted)
    assert identities == [wanted[0].identity, wanted[1].identity, wanted[2].identity]
    assert list(ledger.states(suite="one").items()) == [(identity, "pending") for identity in identities]
    assert list(ledger.runs(suite="one")["id"]) == identities


def test_registering_again_keeps_what_is_known(ledger: Ledger) -> None:
    ledger.register("one", "first", [groks(0), groks(1)])
    ledger.record(finished(groks(0)))
    before = ledger.show(groks(0))
    ledger.register("one", "second", [groks(2), groks(0)])
    assert ledger.states(suite="one") == {groks(2).identity: "pending", groks(0).identity: "done"}
    assert ledger.show(groks(0)) == before
    assert ledger.states([groks(1).identity]) == {groks(1).identity: "pending"}
    assert ledger.suite_text("one") == "second"
    with reading_from(ledger._engine) as connection:
        earlier = connection.execute(select(tables.earlier_suites.c.name, tables.earlier_suites.c.text)).all()
    assert [tuple(row) for row in earlier] == [("one", "first")]


def test_registering_the_same_text_changes_nothing(ledger: Ledger) -> None:
    ledger.register("one", "same", [groks()])
    before, suites = rows(ledger), ledger.suites()
    ledger.register("one", "same", [groks()])
    assert rows(ledger) == before
    assert ledger.suites().equals(suites)


def test_a_run_of_two_suites_is_one_run(ledger: Ledger) -> None:
    ledger.register("b", "", [groks()])
    ledger.register("a", "", [groks(), groks(1)])
    assert len(ledger.runs()) == 2
    assert ledger.show(groks())["suites"] == ["a", "b"]


def test_registering_is_whole_or_nothing(ledger: Ledger) -> None:
    def interrupted() -> Any:
        yield groks()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ledger.register("one", "", interrupted())
    assert rows(ledger) == dict.fromkeys(tables.metadata.tables, 0) | {"ledger": 1}


def test_a_finished_run_is_all_there(ledger: Ledger) -> None:
    run = groks(keep="final")
    outcome = finished(run, params=True)
    ledger.register("s", "", [run])
    ledger.leases("me").claim([run.identity])
    ledger.record(outcome)
    shown = ledger.show(run)
    assert (shown["status"], shown["attempts"], shown["error"]) == ("done", 1, None)
    assert shown["result"] == outcome.result._asdict()
    assert shown["spec"] == run.spec
    assert (shown["started"], shown["ended"]) == ("2026-01-02T03:04:05.000+00:00", "2026-01-02T03:04:06.000+00:00")
    told = {name: value for name, value in vars(PROVENANCE).items() if name not in ("started", "ended")}
    assert shown["provenance"] == told
    assert (shown["trace_epochs"], shown["params_bytes"]) == (5, len(outcome.params or b""))
    assert np.array_equal(ledger.params(run)["head"], np.arange(6).reshape(2, 3))


def test_recording_twice_is_harmless(ledger: Ledger) -> None:
    run = groks()
    ledger.record(finished(run))
    before, counts = ledger.show(run), rows(ledger)
    ledger.record_all([finished(run, epochs=9), finished(run), failed(run)])
    assert ledger.show(run) == before
    assert rows(ledger) == counts


def test_a_finish_beats_a_failure_in_either_order(ledger: Ledger) -> None:
    ledger.record_all([failed(groks(0)), finished(groks(0)), finished(groks(1)), failed(groks(1))])
    assert list(ledger.runs()["status"]) == ["done", "done"]


def test_a_failed_run_keeps_its_whole_error_until_it_is_done(ledger: Ledger) -> None:
    run, error = groks(), "Traceback\n" + "x" * 5000 + "\nFloatingPointError: \0 \ud800"
    ledger.record(failed(run, error))
    shown = ledger.show(run)
    assert (shown["status"], shown["failed_epoch"], shown["result"]) == ("failed", 3, None)
    assert shown["error"] == "Traceback\n" + "x" * 5000 + "\nFloatingPointError: \\0 \\ud800"
    ledger.reopen([run.identity])
    assert (ledger.show(run)["status"], ledger.show(run)["error"] is None) == ("pending", False)
    ledger.leases("me").claim([run.identity])
    assert ledger.show(run)["error"] is None
    ledger.record(finished(run))
    shown = ledger.show(run)
    assert (shown["status"], shown["error"], shown["failed_epoch"], shown["attempts"]) == ("done", None, None, 2)


def test_reset_forgets_what_became_of_a_run(ledger: Ledger) -> None:
    run, other = groks(0), groks(1)
    ledger.register("s", "", [run, other])
    fresh = ledger.show(run)
    ledger.record_all([finished(run, params=True), finished(other, params=True)])
    ledger.reset([run.identity])
    assert ledger.show(run) == fresh
    assert [rows(ledger)[name] for name in ("results", "traces", "params")] == [1, 1, 1]
    ledger.record(finished(run, epochs=7))
    assert ledger.show(run)["trace_epochs"] == 7


@pytest.mark.parametrize("step", range(5))
def test_an_error_anywhere_leaves_nothing_of_any_run(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    ledger.register("s", "", [groks(0)])
    before = ledger.show(groks(0)), rows(ledger)
    steps = iter(range(5))

    def breaking(real: Any) -> Any:
        def call(*args: Any) -> None:
            real(*args)
            if next(steps) == step:
                raise OSError("no space left on device")

        return call

    monkeypatch.setattr(writing, "insert_rows", breaking(writing.insert_rows))
    monkeypatch.setattr(writing, "end", breaking(writing.end))
    with pytest.raises(OSError, match="no space"):
        ledger.record_all([finished(groks(0), params=True), finished(groks(1)), failed(groks(2))])
    assert (ledger.show(groks(0)), rows(ledger)) == before


def test_an_outcome_that_cannot_be_kept_takes_the_others_with_it(ledger: Ledger) -> None:
    late = replace(finished(groks(1)), provenance=replace(PROVENANCE, ended="yesterday"))
    with pytest.raises(LedgerError, match="found 'yesterday', expected UTC in ISO 8601"):
        ledger.record_all([finished(groks(0)), late])
    assert ledger.runs().empty


def test_numbers_of_any_kind_are_kept_as_plain_ones(ledger: Ledger) -> None:
    run = groks()
    odd = {"epochs": np.int64(5), "final_val_loss": np.float32(0.5), "final_train_loss": np.nan, "total_bits": np.inf}
    ledger.record(finished(run, **odd, t_gen=None))
    result = ledger.show(run)["result"]
    assert (result["epochs"], result["final_val_loss"]) == (5, 0.5)
    assert (result["final_train_loss"], result["total_bits"], result["t_gen"]) == (None, float("inf"), None)


def test_a_reader_sees_the_state_before_until_a_writer_is_through(store: str) -> None:
    with open_ledger(store) as writer, open_ledger(store, create=False) as reader:
        writer.register("s", "", [groks(0), groks(1)])
        with writing_to(writer._engine) as connection:
            writing.record(connection, [finished(groks(0))])
            assert list(reader.states(suite="s").values()) == ["pending", "pending"]
            assert reader.traces([groks(0).identity]) == {}
            assert reader.runs(status="done").empty
        assert list(reader.states(suite="s").values()) == ["done", "pending"]
        assert len(reader.trace(groks(0))) == 5


def test_two_writers_record_the_same_runs_once(store: str) -> None:
    outcomes = [finished(groks(seed), params=True) for seed in range(30)]
    with open_ledger(store) as first, open_ledger(store) as second, ThreadPoolExecutor(2) as pool:
        first.register("s", "", [outcome.run for outcome in outcomes])

        def record(task: tuple[Ledger, list[Any]]) -> None:
            ledger, batch = task
            for n in range(0, len(batch), 5):
                ledger.record_all(batch[n : n + 5])

        list(pool.map(record, [(first, outcomes), (second, outcomes[::-1])]))
        counts = rows(second)
        assert (counts["runs"], counts["results"], counts["traces"], counts["params"]) == (30, 30, 30, 30)
        assert first.status_counts("s")["groks"]["done"] == 30


def test_more_runs_than_one_statement_takes(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing.batches, "__defaults__", (3,))
    outcomes = [finished(groks(seed)) for seed in range(10)]
    identities = ledger.register("s", "", [outcome.run for outcome in outcomes])
    assert ledger.leases("me").claim(identities).free == identities
    ledger.record_all(outcomes)
    assert list(ledger.states(identities).items()) == [(identity, "done") for identity in identities]
    assert list(ledger.traces(identities)) == identities
    ledger.reset(identities)
    assert ledger.status_counts() == {"groks": {"pending": 10, "running": 0, "done": 0, "failed": 0}}
