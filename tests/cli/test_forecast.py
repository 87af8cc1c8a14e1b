"""forecast, as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import simulated_suites
from grokscope.forecasts.split import require_calibration, split_runs
from grokscope.ledger import open_ledger

from .conftest import call


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A folder with a suite and a ledger in which its calibration runs are done."""
    suite = simulated_suites.suite()
    (tmp_path / "world.yaml").write_text(suite.text)
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.register(suite.name, suite.text, suite.runs)
        simulated_suites.do(ledger, split_runs(suite, require_calibration(suite)).calibration)
    return tmp_path


def test_it_is_made_once_and_then_stands(world: Path) -> None:
    words = ("forecast", world / "world.yaml", "--store", world / "ledger.sqlite")
    made = call(*words)
    assert made.exit_code == 0, made.output
    text = " ".join(made.output.split())
    assert text.count("Made. By ") == 2
    assert "before any held-out run was done; from 108 runs at primes 89, 101, 113 and widths all." in text
    assert "Not scored yet, since held-out runs are to be done: p = 97; p = 107." in text
    with open_ledger(world / "ledger.sqlite") as ledger:
        suite = simulated_suites.suite()
        simulated_suites.do(ledger, split_runs(suite, require_calibration(suite)).held_out)
    stands = call(*words)
    assert stands.exit_code == 0, stands.output
    text = " ".join(stands.output.split())
    assert text.count("Stands. By ") == 2
    assert "At 2 new primes the onset was missed, root mean square in dex, by: forecast 0.0" in text
    found = json.loads(call(*words, "--json").stdout)
    assert [one["accuracy"] for one in found] == ["running", "eval"]
    assert not any(one["new"] for one in found)
    assert found[0]["rows"][0]["score"]["observed_onset"] == simulated_suites.onset(97)


def test_a_capsule_that_is_done_again_has_the_forecasts_that_were_frozen(world: Path) -> None:
    words = ("world", "--store", world / "ledger.sqlite")
    assert call("forecast", world / "world.yaml", *words[1:]).exit_code == 0
    assert call("capsule", *words, "--to", world / "world.zip").exit_code == 0
    for _ in range(2):
        stopped = call("run", world / "world.zip", "--out", world / "out", "--max-time", "0s")
        assert stopped.exit_code == 130, stopped.output
        folder = world / "out" / "capsules" / "world"
        with open_ledger(world / "ledger.sqlite") as ledger, open_ledger(folder / "ledger.sqlite") as again:
            assert len(again.forecasts.all()) == 2
            assert again.forecasts.all() == ledger.forecasts.all()
            assert set(again.states(suite="world").values()) == {"pending"}
        page = (folder / "reports" / "world" / "index.html").read_text()
        assert "before any held-out run was done; from 108 runs at primes 89, 101, 113" in page


def test_a_suite_without_a_calibration_is_one_line_with_the_key(world: Path) -> None:
    (world / "none.yaml").write_text(simulated_suites.suite("", name="none").text)
    refused = call("forecast", world / "none.yaml", "--store", world / "ledger.sqlite")
    assert refused.exit_code == 2
    assert "none.yaml: analysis.calibrate: found nothing, expected the dims, the primes or both" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_what_is_not_there_is_said_in_one_line(world: Path) -> None:
    nowhere = call("forecast", world / "world.yaml", "--store", world / "no" / "ledger.sqlite")
    assert nowhere.exit_code == 2
    assert "found no file, expected a ledger" in nowhere.stderr
    with open_ledger(world / "ledger.sqlite") as ledger:
        suite = simulated_suites.suite()
        ledger.reset([suite.runs[0].identity])
    early = call("forecast", world / "world.yaml", "--store", world / "ledger.sqlite")
    assert early.exit_code == 2
    assert "found 1 of 108 calibration runs still to be done" in early.stderr
    assert "Traceback" not in early.output
