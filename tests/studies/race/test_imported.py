"""Imported runs count in a suite only where it asks for them, and say nothing of what they did not record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grokscope.laws.tidy import tidy
from grokscope.laws.times.cells import observations, with_axes
from grokscope.ledger import Ledger, open_ledger
from grokscope.studies.race.study import conclude, select_runs
from grokscope.suite import Suite, parse_suite
from ledger.registry import capacity, groks, registry, speed
from ledger.untrained_runs import finished

TEXT = """
name: ours
defaults: {{operation: "/", primes: [13], seeds: [42, 43], dims: [8], max_epochs: 40, batch_size: 32,
  weight_decay: 1.0}}
experiments:
  capacity: {{type: capacity, operation: random, dropout: 0.0, n_samples: [60]}}
  speed: {{type: speed, n_samples: auto}}
  groks: {{type: groks}}
analysis: {{include_imported: {asks}}}
"""


def suite(asks: str) -> Suite:
    return parse_suite(TEXT.format(asks=asks))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    theirs = registry(
        tmp_path / "theirs",
        capacity(),
        speed(),
        groks(),
        speed("dddddddddddd", lr=0.5),
        groks("eeeeeeeeeeee", dim=16, n_params=None),
        groks("ffffffffffff", seed=7),
    )
    with open_ledger(tmp_path / "ledger.db") as opened:
        runs = suite("false").runs
        opened.register("ours", "", runs)
        opened.record_all([finished(run, epochs=20) for run in runs])
        opened.import_registry(theirs)
        yield opened


def seeds(ledger: Ledger, asks: str) -> dict[str, list[Any]]:
    runs = select_runs(suite(asks), ledger)
    return {str(kind): sorted(rows["seeds.data"]) for kind, rows in runs.groupby("measurement")}


def test_unasked_there_are_none(ledger: Ledger) -> None:
    assert seeds(ledger, "false") == {kind: [42, 43] for kind in ("capacity", "groks", "speed")}
    assert not any("imported" in warning for warning in conclude(suite("false"), ledger).warnings)


def test_asked_they_are_further_seeds_of_the_same_cells(ledger: Ledger) -> None:
    assert seeds(ledger, "true") == {"capacity": [-43, 42, 43], "groks": [-43, -8, 42, 43], "speed": [-43, 42, 43]}


def test_what_they_did_not_record_is_no_observation(ledger: Ledger) -> None:
    frame = with_axes(tidy(select_runs(suite("true"), ledger)))
    assert len(observations(frame, "T_mem", accuracy="running")) == 3
    assert list(observations(frame, "T_mem", accuracy="eval")["seed"]) == [42, 43]
    generalised = observations(frame, "T_gen").set_index("seed")
    assert generalised.loc[-8, "time"] == 38
    assert not generalised.loc[-8, "censored"]


def test_the_report_says_that_they_are_there_and_unverified(ledger: Ledger) -> None:
    contents = conclude(suite("true"), ledger)
    (said,) = (warning for warning in contents.warnings if "imported" in warning)
    assert said.startswith("4 of these runs were imported from ")
    assert "have not been verified" in said
    assert contents.counts["groks"].total == 2
    assert len(contents.frame) == 10
    assert any(row["version"] == "published" for row in contents.provenance)
    (part,) = contents.parts
    assert (
        sum(scale.lognormal.n for scale in part.timescales if scale.accuracy == "running" and scale.quantity == "T_mem")
        == 3
    )
