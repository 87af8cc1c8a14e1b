"""The whole way from a ledger to a report: the benchmark's suite, made small; whole, half done, and twice."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from fast_figures import quickly, saved
from grokscope.ledger import open_ledger
from grokscope.ledger.reader import READ_AHEAD, LazyTraces
from grokscope.studies.race.report import claims_json, write_report
from grokscope.studies.race.study import conclude
from grokscope.studies.race.tables import tables
from grokscope.suite import Suite, parse_suite
from ledger.untrained_runs import finished


@pytest.fixture(scope="module")
def benchmark() -> Iterator[ModuleType]:
    path = Path(__file__).parents[3] / "benchmarks" / "synthetic.py"
    spec = importlib.util.spec_from_file_location("synthetic_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def suite(benchmark: ModuleType) -> Suite:
    text = benchmark.text(2, primes="59, 61, 67", end=40).replace("primes: [113]", "primes: [97]")
    return parse_suite(text.replace("max_dim: 256", "max_dim: 32"))


@pytest.fixture(scope="module")
def store(benchmark: ModuleType, suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("synthetic") / "ledger.sqlite"
    with open_ledger(path) as ledger:
        assert benchmark.fill(ledger, suite) == len(suite.runs)
        assert benchmark.fill(ledger, suite) == 0
    return path


def test_a_ledger_becomes_a_report_and_says_the_same_again(suite: Suite, store: Path, tmp_path: Path) -> None:
    with open_ledger(store) as ledger:
        contents, again = conclude(suite, ledger), conclude(suite, ledger)
        with saved(quickly):
            folder = write_report(contents, tmp_path / "report").parent
    for name, table in tables(again).items():
        assert (folder / "tables" / f"{name}.csv").read_text() == table.to_csv(index=False, lineterminator="\n")
    assert claims_json(again.predictions) == claims_json(contents.predictions)
    claims = json.loads((folder / "tables" / "claims.json").read_text())
    assert {claim["figure"] for claim in claims} <= {"intersection", "intersection_by_prime"}
    assert {claim["accuracy"] for claim in claims} <= {"running", "eval"}
    table = pd.read_csv(folder / "tables" / "predictiveness.csv")
    assert set(table["figure"]) == {"intersection", "intersection_by_prime"}
    # The figures' own limit and thresholds, not the block's.
    assert table.loc[table["slice_field"] == "dim", "slice_value"].max() <= 32
    assert set(table["delay_val_threshold"]) == {0.98}


def test_what_cannot_be_drawn_is_said(suite: Suite, store: Path) -> None:
    text = suite.text.replace("slice_field: dim", "slice_field: depth").replace(
        "gen_curve_threshold: 99", "gen_curve_threshold: 95"
    )
    with open_ledger(store) as ledger:
        contents = conclude(parse_suite(text), ledger)
    said = "\n".join(contents.warnings)
    assert "figure intersection_by_prime: slice_field: found 'depth', expected one of p, dim; it is not drawn" in said
    assert "figure intersection: found groks runs to 0.99, expected 0.95" in said
    assert [len(part.families) for part in contents.parts] == [1]


def test_a_half_done_suite_reports_what_there_is(benchmark: ModuleType, suite: Suite, tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        benchmark.fill(ledger, suite, every=7)
        with saved(quickly):
            page = write_report(conclude(suite, ledger), tmp_path / "half")
    html = page.read_text()
    assert "The suite is not complete" in html
    assert "are pending; what is said rests on the done ones" in html


def test_traces_are_read_ahead_only_when_walked(suite: Suite, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_ledger(store) as ledger:
        asked: list[int] = []
        read = ledger.traces
        monkeypatch.setattr(ledger, "traces", lambda some: asked.append(len(some)) or read(some))
        identities = [run.identity for run in suite.runs]
        traces = LazyTraces(ledger, identities)
        every = {identity: traces[identity] for identity in traces}
        assert len(every) == len(traces) == len(identities)
        assert sum(asked) == len(identities)
        assert len(asked) == -(-len(identities) // READ_AHEAD)
        asked.clear()
        for identity in identities[::-2]:
            assert traces[identity]["val_acc"].shape == every[identity]["val_acc"].shape
        assert set(asked) <= {1}
        with pytest.raises(KeyError):
            traces["strange"]


@pytest.mark.parametrize("also", ["", "  groks: {task: {kind: modular, p: 13}, net: {kind: transformer, dim: 8}}\n"])
def test_runs_that_have_no_prime_are_said_and_left_out(also: str, tmp_path: Path) -> None:
    suite = parse_suite(
        "defaults: {optimiser: adamw, measurement: groks, seeds: [0, 1]}\n"
        "experiments:\n  xor: {task: xor, net: complete, measurement: watch, loss: squared}\n" + also
    )
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.register(suite.name, suite.text, suite.runs)
        ledger.record_all([finished(run) for run in suite.runs])
        contents = conclude(suite, ledger)
        assert write_report(contents, tmp_path / "report").exists()
    assert list(contents.frame["p"]) == ([13, 13] if also else [])
    said = "2 runs of watch on xor: the race has nothing to say of them: it reads capacity, speed and groks"
    assert said in contents.warnings
