"""What the race says of runs of every kind of task is what their traces show, or it says why it is silent."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from fast_figures import quickly, saved
from grokscope.ledger import open_ledger
from grokscope.measurements.trace import CORE, Trace
from grokscope.studies.race.facts.contents import Contents
from grokscope.studies.race.report import terminal_summary, write_report
from grokscope.studies.race.study import conclude
from grokscope.suite import parse_suite
from grokscope.training.outcomes import Finished
from ledger.untrained_runs import PROVENANCE

MEMORISED, DELAY = 20, 400


def rise(epochs: int, at: int | None) -> np.ndarray:
    """An accuracy that is 1 from an epoch on, and 0.2 before it or for ever."""
    accuracy = np.full(epochs, 0.2, np.float32)
    if at is not None:
        accuracy[at - 1 :] = 1.0
    return accuracy


def made_up(run: Any) -> Finished:
    """A run that memorised at epoch 20, and generalised 400 epochs later if it is groks that can."""
    is_groks = run.measurement.kind == "groks" and run.task.n_val > 0
    epochs = MEMORISED + DELAY if is_groks else MEMORISED + 10
    val = rise(epochs, MEMORISED + DELAY) if is_groks else np.full(epochs, np.nan, np.float32)
    losses = np.ones(epochs, np.float32)
    trained = rise(epochs, MEMORISED)
    columns = {"running_acc": trained, "train_acc": trained, "val_acc": val}
    trace = Trace.of({name: columns.get(name, losses) for name in CORE})
    return Finished(run, trace, run.measurement.result(run, trace), PROVENANCE, None)


def concluded(text: str, folder: Path) -> tuple[Contents, str, str]:
    """What the race concludes of a suite whose every run is made up, its terminal and its page."""
    suite = parse_suite(text)
    with open_ledger(folder / "ledger.sqlite") as ledger:
        ledger.register(suite.name, suite.text, suite.runs)
        ledger.record_all([made_up(run) for run in suite.runs])
        contents = conclude(suite, ledger)
        with saved(quickly):
            page = write_report(contents, folder / "report").read_text()
    console = Console(file=io.StringIO(), width=200)
    console.print(terminal_summary(contents))
    return contents, console.file.getvalue(), page  # type: ignore[attr-defined]


PAIRS = """
name: pairs
defaults: {net: {kind: mlp, width: [16, 32], embedding: 8}, optimiser: adamw, seeds: [0, 1]}
experiments:
  groks: {task: {kind: pairs, p: 113}, measurement: {kind: groks, stop_on: both}}
  speed: {task: {kind: random_labels, p: 113, n: 8939}, measurement: {kind: speed, stop_on: both}}
"""


def test_pairs_are_said_to_grok_as_their_traces_do(tmp_path: Path) -> None:
    contents, said, page = concluded(PAIRS, tmp_path)
    groks = contents.frame[contents.frame["measurement"] == "groks"]
    assert set(groks["n_train"]) == {8939}
    assert set(groks["n_val"]) == {3830}
    assert set(groks["t_gen"]) == {MEMORISED + DELAY}
    delays = [each.delay for part in contents.parts for each in part.families[0].delays["running"]]
    assert delays == [DELAY] * len(groks)
    assert "no width groks" not in page
    assert "p = 113" in said
    assert "420" in said


FORMS = {
    "pairs": ("{kind: pairs, p: 13}", "{kind: mlp, width: [8, 16]}"),
    "permutations": ("{kind: permutations, n: 3}", "{kind: mlp, width: [8, 16]}"),
    "modular": ("{kind: modular, p: 13}", "{kind: transformer, dim: [8, 16]}"),
    "parity": ("{kind: parity, bits: 4}", "{kind: mlp, width: [8, 16]}"),
    "spirals": ("{kind: spirals, points: 40}", "{kind: mlp, width: [8, 16]}"),
    "scans": ("{kind: scans}", "{kind: mlp, width: [8, 16]}"),
    "ising": ("{kind: ising, side: 8}", "{kind: cnn, hidden: [8, 16]}"),
    "digits": ("{kind: digits}", "{kind: mlp, width: [8, 16]}"),
}


@pytest.mark.parametrize("kind", FORMS)
def test_every_task_with_classes_has_its_times_and_a_probe_that_is_named(kind: str, tmp_path: Path) -> None:
    task, net = FORMS[kind]
    contents, said, page = concluded(
        f"name: of_{kind}\ndefaults: {{net: {net}, optimiser: adamw, seeds: [0, 1]}}\n"
        f"experiments:\n  g: {{task: {task}, measurement: groks}}\n"
        f"  s: {{task: {{kind: shuffled, inputs_of: {task}, labels: vocab}}, measurement: speed}}\n",
        tmp_path,
    )
    (part,) = contents.parts
    times = {(t.quantity, t.lognormal.value) for t in part.timescales}
    assert {(name, round(value)) for name, value in times} == {("T_mem", MEMORISED), ("T_gen", MEMORISED + DELAY)}
    assert {each.delay for each in part.families[0].delays["eval"]} == {DELAY}
    assert part.probe == "vocab"
    assert {c.probe for c in part.families[0].crossings} == {"vocab"}
    assert "crossing, running accuracy: memorising faster at every width" in said
    assert "not measured" not in said
    for text in (said, page):
        assert "no speed run on random data is done: T_mem is of the probe vocab" in text


@pytest.mark.parametrize("kind", ["xor", "sine"])
def test_tasks_of_numbers_are_said_to_be_none_for_the_race(kind: str, tmp_path: Path) -> None:
    contents, said, page = concluded(
        f"name: of_{kind}\n"
        "defaults: {net: {kind: mlp, width: [8, 16]}, optimiser: adamw, seeds: [0], loss: squared}\n"
        f"experiments:\n  s: {{task: {kind}, measurement: speed}}\n",
        tmp_path,
    )
    assert not contents.parts
    why = f"2 runs of speed on {kind}: the race has nothing to say of them: targets are numbers"
    assert all(why in text for text in (said, page))
    assert "no finished runs yet" not in said
