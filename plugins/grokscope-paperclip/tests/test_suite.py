"""Suites of the study: what ships, what is refused, the plan, and a tiny one from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grokscope.suite.grammar import SuiteError, shipped
from grokscope_paperclip.plan import make_plan
from grokscope_paperclip.suite import SHIPPED, DataFacts, load, read

from . import extra  # noqa: F401
from .conftest import call

TINY = """
name: paperclip-tiny
study: paperclip
data: {sky: {proposals: 48, size: 48, seed: 3, real: true}, size: 40}
defaults:
  net: {kind: clip, crop: 32, context: 24, width: 32, depth: 1, vocab: 600}
  measurement: {every: 2, probe: 32}
  optimiser: {warmup: 2}
  batch_size: 8
  steps: 4
experiments:
  summaries: {}
  shuffled: {task: {pairing: shuffled}}
  memorise: {task: {pairing: shuffled, limit: 16}, net: {width: [32, 64]}, steps: 2}
  generalise: {net: {width: [32, 64]}, steps: 2}
analysis: {reference: summaries, control: shuffled, memorise: memorise, generalise: generalise}
"""
KNOWN = DataFacts("d", 28_665, 3_194)


def test_what_ships_is_read_and_kept_apart_from_the_others() -> None:
    assert shipped(SHIPPED) == ["paperclip", "paperclip-quick"]
    assert not any(name.startswith("paperclip") for name in shipped())
    quick, published = load("paperclip-quick"), load("paperclip")
    assert len(quick.runs(DataFacts("d", 3000, 350))["memorise"]) == 3
    (run,) = published.runs(KNOWN)["summaries"]
    assert (run.steps, run.batch_size, run.optimiser.decay_on, run.loss.scale) == (20_000, 32, "all", "raw")
    assert published.runs(KNOWN)["shuffled"][0].task.pairing == "batch"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("study: paperclip", "study: race", "found 'race', expected study: paperclip"),
        ("width: 32,", "width: 33,", "a multiple of 32"),
        ("pairing: shuffled}}", "pairing: mixed}}", "one of true, shuffled, batch"),
        ("steps: 4", "stepz: 4", "steps"),
        ("size: 40}", "size: 4}", "16 to 4096"),
        ("sky: {proposals: 48, size: 48, seed: 3, real: true}, ", "", "either a folder or a sky"),
        ("control: shuffled", "control: none such", "the name of an experiment"),
        ("task: {pairing: shuffled}}", "task: {n_train: 5}}", "what the data set gives"),
        ("name: paperclip-tiny", "nam: x", "name"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, why: str) -> None:
    assert old in TINY
    with pytest.raises(SuiteError, match=why) as caught:
        read(TINY.replace(old, new, 1), "tiny.yaml")
    assert "tiny.yaml:" in str(caught.value)


def test_the_plan_of_the_published_suite_is_of_the_right_size() -> None:
    found = make_plan(load("paperclip"), None)
    first = found.shares[0]
    assert first.n_params == 149_620_737
    assert first.flops == pytest.approx(20_000 * 32 * 6 * (85e6 * 197 + 38e6 * 77), rel=0.1)
    assert found.missing
    assert found.pictures == sum(share.steps for share in found.shares) * 32 + 20_000 * 32, "one run has 64 a step"
    assert 0 < found.picture_hours < 10_000


def test_a_walk_does_everything_once_and_its_report_says_so(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    words = (tmp_path / "tiny.yaml", "--out", tmp_path / "out", "--store", tmp_path / "ledger.sqlite")
    first = call("paperclip", "run", *words)
    assert first.exit_code == 0, first.output
    page = tmp_path / "out" / "reports" / "paperclip-tiny" / "index.html"
    text = page.read_text()
    assert "Every run that the suite asks for is done" in text
    assert "Shuffled control" in text
    before = call("runs", "--store", tmp_path / "ledger.sqlite", "--json").output
    again = call("paperclip", "run", *words)
    assert again.exit_code == 0, again.output
    assert "step" not in again.output
    assert call("runs", "--store", tmp_path / "ledger.sqlite", "--json").output == before
    assert len(json.loads(before)) == 6
    content = page.read_bytes()
    assert call("paperclip", "report", *words).exit_code == 0
    assert page.read_bytes() == content, "equal contents give equal bytes"
    (model, *_) = sorted((tmp_path / "out" / "paperclip-tiny" / "models").iterdir())
    data, index = tmp_path / "out" / "paperclip-tiny" / "data", tmp_path / "index"
    assert call("paperclip", "embed", data, "--model", model, "--index", index).exit_code == 0
    found = call("paperclip", "search", "comet", "--model", model, "--index", index, "--json")
    assert len(json.loads(found.stdout)["hits"]) == 10
    judged = call("paperclip", "judge", data, "--model", model, "--index", index)
    assert "are right" in judged.output
    told = call("paperclip", "evaluate", data, "--model", model)
    assert "top10_percent_of_pairs" in told.output
    picture = next((data / "previews").rglob("*.jpg"))
    said = call("paperclip", "describe", picture, "--model", model, "--sky", "--heat", tmp_path / "heat.png")
    assert said.exit_code == 0, said.output
    assert (tmp_path / "heat.png").stat().st_size > 5000
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"")
    refused = call("paperclip", "describe", broken, "--model", model)
    assert refused.exit_code == 2
    assert "empty file" in refused.output
