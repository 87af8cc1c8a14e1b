"""Freezing looks at the calibration runs alone; scoring changes nothing that is frozen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulated_suites
from fast_figures import quickly, saved
from grokscope import api
from grokscope.forecasts.evaluate import StandingForecast
from grokscope.forecasts.freeze import freeze
from grokscope.forecasts.sentences import describe_errors
from grokscope.forecasts.split import Split, require_calibration, split_runs
from grokscope.laws.statistics.simulation import Truth
from grokscope.ledger import Ledger, open_ledger
from grokscope.ledger.reader import Reader
from grokscope.spec import InputError
from grokscope.studies.race.report import write_report
from grokscope.studies.race.study import conclude
from grokscope.suite import Suite

SUITE = simulated_suites.suite()
RUNS = split_runs(SUITE, require_calibration(SUITE))


def odd(p: int) -> Truth:
    """Another world: what held-out runs might have been."""
    return replace(simulated_suites.world(p), gen_scale=500.0)


def filled(store: str | Path, suite: Suite = SUITE, runs: Split = RUNS) -> Ledger:
    """A ledger in which the calibration runs are done."""
    ledger = open_ledger(store)
    ledger.register(suite.name, suite.text, suite.runs)
    simulated_suites.do(ledger, runs.calibration)
    return ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with filled(tmp_path / "ledger.sqlite") as opened:
        yield opened


def place(ledger: Ledger) -> str:
    return ledger.url.removeprefix("sqlite:///")


def by_prime(standing: StandingForecast) -> dict[int, Any]:
    return {row.forecast.p: row for row in standing.rows}


def test_from_calibration_to_score_in_every_database(store: str) -> None:
    with filled(store) as ledger:
        first = api.forecast(SUITE, store=store)
        assert [one.accuracy for one in first.standing] == ["running", "eval"]
        assert set(first.made) == {one.id for one in first.standing}
        for one in first.standing:
            assert (one.held_out, one.held_out_done) == (len(RUNS.held_out), 0)
            assert one.n_runs == len(RUNS.calibration)
            assert {p: row.waiting for p, row in by_prime(one).items()} == dict.fromkeys(simulated_suites.HELD_OUT, 36)
            assert all(row.score is None and row.forecast.new_prime for row in one.rows)
        before = ledger.forecasts.all()
        simulated_suites.do(ledger, RUNS.held_out)
        second = api.forecast(SUITE, store=store)
        assert second.made == second.notes == ()
        assert ledger.forecasts.all() == before
    for earlier, later in zip(first.standing, second.standing, strict=True):
        assert [row.forecast for row in earlier.rows] == [row.forecast for row in later.rows]
        for p, row in by_prime(later).items():
            assert row.waiting == 0
            assert row.outcome == "found"
            assert row.score.observed_onset == simulated_suites.onset(p)
            assert row.score.observed_crossing == pytest.approx(simulated_suites.world(p).crossing(), rel=0.03)
            assert row.forecast.crossing.value == pytest.approx(simulated_suites.world(p).crossing(), rel=0.03)
            assert row.score.onset_covered
        # Both times of every held-out cell, foretold before and scored after.
        scores = [each.score for each in later.times]
        assert earlier.times == ()
        assert len(scores) == 2 * len(simulated_suites.HELD_OUT) * len(simulated_suites.WIDTHS)
        inside = [each for each in scores if each.forecast.within and math.isfinite(each.law)]
        assert len(inside) > 20
        assert max(abs(each.law) for each in inside) < 0.05
        said = " ".join(describe_errors(later))
        assert "T_mem of new primes was missed at" in said
        assert "T_gen of new primes was missed at" in said


def test_scores_agree_with_a_calculation_by_hand(ledger: Ledger) -> None:
    simulated_suites.do(ledger, RUNS.held_out)
    for standing in api.forecast(SUITE, store=place(ledger)).standing:
        known = {p: simulated_suites.onset(p) for p in (89, 101, 113)}
        power, scale = np.polyfit(np.log(list(known)), np.log(list(known.values())), 1)
        for p, row in by_prime(standing).items():
            onset, score = simulated_suites.onset(p), row.score
            assert score.forecast == pytest.approx(math.log10(onset / row.forecast.onset.value))
            assert score.crossing == pytest.approx(math.log10(onset / row.forecast.crossing.value))
            assert score.capacity_threshold == pytest.approx(math.log10(onset * 2.16 / simulated_suites.world(p).bits))
            assert score.nearest_prime == pytest.approx(math.log10(onset / known[101]))
            assert score.power_law == pytest.approx(math.log10(onset / math.exp(scale + power * math.log(p))))


def test_a_forecast_made_after_the_fact_shows_it(ledger: Ledger) -> None:
    simulated_suites.do(ledger, RUNS.held_out[:5])
    (kept, _) = freeze(SUITE, ledger).kept
    assert kept.payload["held_out"] == {"runs": len(RUNS.held_out), "done": 5}
    assert kept.payload["runs"] == sorted(run.identity for run in RUNS.calibration)


@pytest.mark.parametrize("truth", [simulated_suites.world, odd])
def test_held_out_runs_do_not_reach_it(ledger: Ledger, tmp_path: Path, truth: Callable[[int], Truth]) -> None:
    with filled(tmp_path / "other.sqlite") as other:
        simulated_suites.do(other, RUNS.held_out, truth)
        made, again = freeze(SUITE, ledger).kept, freeze(SUITE, other).kept
    assert [one.payload["parts"] for one in made] == [one.payload["parts"] for one in again]
    assert [one.identity for one in made] == [one.identity for one in again]


def test_held_out_rows_are_never_read(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    simulated_suites.do(ledger, RUNS.held_out)
    read: set[str] = set()
    runs, traces = Ledger.runs, Ledger.traces

    def spied_runs(self: Ledger, **filters: Any) -> Any:
        found = runs(self, **filters)
        read.update(found["id"])
        return found

    def spied_traces(self: Ledger, identities: Iterable[str]) -> Any:
        read.update(wanted := list(identities))
        return traces(self, wanted)

    monkeypatch.setattr(Ledger, "runs", spied_runs)
    monkeypatch.setattr(Ledger, "traces", spied_traces)
    for other in ("records", "trace", "show", "params"):
        monkeypatch.delattr(Reader, other)
    assert len(freeze(SUITE, ledger).kept) == 2
    assert read == {run.identity for run in RUNS.calibration}


def test_outcomes_changed_later_change_the_score_and_not_the_forecast(ledger: Ledger) -> None:
    simulated_suites.do(ledger, RUNS.held_out)
    before = api.forecast(SUITE, store=place(ledger)).standing[0]
    ledger.reset([run.identity for run in RUNS.held_out])
    simulated_suites.do(ledger, RUNS.held_out, odd)
    after = api.forecast(SUITE, store=place(ledger)).standing[0]
    assert after.id == before.id
    assert [row.forecast for row in after.rows] == [row.forecast for row in before.rows]
    assert [row.score for row in after.rows] != [row.score for row in before.rows]


def test_only_another_forecast_supersedes_and_the_old_stays_readable(ledger: Ledger) -> None:
    old = api.forecast(SUITE, store=place(ledger)).standing
    assert api.forecast(SUITE, store=place(ledger), supersede=True).made == (), "it would be the same"
    changed = simulated_suites.suite("{primes: [89, 101, 113], dims: [32, 40, 52, 60, 80, 96]}")
    noted = api.forecast(changed, store=place(ledger))
    assert noted.made == ()
    assert [one.id for one in noted.standing] == [one.id for one in old]
    assert len(noted.notes) == 2
    assert f"{old[1].id} stands" in " ".join(noted.notes)
    new = api.forecast(changed, store=place(ledger), supersede=True)
    assert len(new.made) == 2
    assert [one.superseded for one in new.standing] == [(one.id,) for one in old]
    kept = {one.id: one for one in ledger.forecasts.all()}
    assert {kept[one.id].superseded_by for one in old} == set(new.made)
    assert kept[old[0].id].payload["calibrate"] == {"dims": [], "primes": [89, 101, 113]}
    assert {row.forecast.p for row in new.standing[0].rows if not row.forecast.new_prime} == {89, 101, 113}


def test_calibration_runs_that_are_not_done_are_counted_and_refused(ledger: Ledger) -> None:
    ledger.reset([run.identity for run in RUNS.calibration[:3]])
    with pytest.raises(InputError, match=r"^world: found 3 of 108 calibration runs still to be done, expected none"):
        freeze(SUITE, ledger)
    assert ledger.forecasts.all() == []
    assert api.prepare(SUITE, ledger, calibration=True) == list(RUNS.calibration[:3])


def test_too_few_cells_are_refused_in_one_line(tmp_path: Path) -> None:
    suite = simulated_suites.suite("{primes: [97], dims: [48, 64]}")
    with filled(tmp_path / "few.sqlite", suite, split_runs(suite, require_calibration(suite))) as ledger:
        with pytest.raises(InputError, match="found 2 cells with T_mem") as caught:
            freeze(suite, ledger)
        assert "\n" not in str(caught.value)
        assert ledger.forecasts.all() == []


def test_one_prime_forecasts_its_own_crossing_at_new_widths(tmp_path: Path) -> None:
    suite = simulated_suites.suite(
        "{dims: [48, 52, 56, 60, 64]}", primes=[97], dims=(40, 48, 50, 52, 54, 56, 60, 62, 64, 96)
    )
    runs = split_runs(suite, require_calibration(suite))
    with filled(tmp_path / "one.sqlite", suite, runs) as ledger:
        simulated_suites.do(ledger, runs.held_out)
        (row,) = api.forecast(suite, store=place(ledger)).standing[0].rows
    assert not row.forecast.new_prime
    assert math.isnan(row.forecast.onset.value), "its own onset is not used, and there is no other prime"
    assert row.forecast.crossing.low < simulated_suites.world(97).crossing() < row.forecast.crossing.high
    assert abs(row.score.crossing_error) < 0.02
    assert math.isnan(row.score.forecast)
    assert row.score.capacity_threshold > 0.5


def test_the_report_holds_what_stands_and_is_the_same_each_time(tmp_path: Path) -> None:
    suite = simulated_suites.suite("{primes: [97]}", primes=[97, 101], dims=(48, 52, 56, 60, 64), seeds=1)
    runs = split_runs(suite, require_calibration(suite))
    with filled(tmp_path / "small.sqlite", suite, runs) as ledger:
        none = conclude(suite, ledger)
        assert none.calibrates
        assert none.forecasts == ()
        made = api.forecast(suite, store=place(ledger)).standing
        simulated_suites.do(ledger, runs.held_out)
        pages = []
        for name in ("first", "second"):
            # Without its parts, since what belongs to the forecast alone is drawn then.
            contents = replace(conclude(suite, ledger), parts=())
            with saved(quickly):
                pages.append(write_report(contents, tmp_path / name).parent)
    assert [one.id for one in contents.forecasts] == [one.id for one in made]
    assert all(row.score is not None for one in contents.forecasts for row in one.rows)
    files = [sorted(path.relative_to(page) for path in page.rglob("*") if path.is_file()) for page in pages]
    assert files[0] == files[1]
    assert {Path("figures/forecast.pdf"), Path("figures/forecast.png"), Path("tables/forecasts.csv")} <= set(files[0])
    assert all((pages[0] / path).read_bytes() == (pages[1] / path).read_bytes() for path in files[0])
