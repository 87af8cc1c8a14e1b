"""The study of order from a tiny suite's runs to its page."""

import dataclasses
import io
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fast_figures import quickly, saved
from grokscope.ledger import Ledger, open_ledger
from grokscope.measurements import Watch
from grokscope.probes.orderedness import orderedness
from grokscope.report.sheet import Sheet
from grokscope.run import Run
from grokscope.studies.order import Order
from grokscope.studies.order.facts.cells import cell_columns, cell_of, cells, scheme_of
from grokscope.studies.order.facts.orderedness import open_weights, pins
from grokscope.studies.order.facts.published import beside_published, read_published, read_remeasured
from grokscope.studies.order.sections.comparison import untrained_controls
from grokscope.studies.order.study import conclude
from grokscope.studies.study import study_of
from grokscope.suite import Suite, load_suite, parse_suite
from grokscope.tasks import Modular, Parity, Scans, Xor
from grokscope.training.outcomes import Finished, Job, Snapshot
from grokscope.training.pack import Pack
from grokscope.training.transforms import RandomPrune, Rewind, Threshold, TopK, TrilDamp, TrilPrune

TINY = """
name: tiny
study: order
defaults:
  net: {kind: complete, hidden: 3, iterations: 2}
  optimiser: {kind: adamw, lr: 0.01, weight_decay: 0}
  measurement: watch
  loss: squared
  batch_size: -1
  max_epochs: 20
  snapshot_every: 10
  seeds: [{first: 0, count: 4}]
experiments:
  xor:
    task: xor
    transform: [null, {kind: top_k, keep: [0.5, 0.7], schedule: rising}, {kind: tril_damp, damping: 0.9}]
  untrained:
    task: xor
    optimiser: {lr: 0}
    transform: {kind: top_k, keep: 0.5, schedule: rising}
  once:
    task: xor
    net: {iterations: 1}
  parity:
    task: {kind: parity, bits: 3, fraction: 0.75, labels: [task, random]}
  pulled:
    task: xor
    filter: {kind: pull, strength: 0.01}
  perceptron:
    task: xor
    net: {kind: mlp, width: 2, depth: 1, activation: sigmoid, output: activated}
    max_epochs: 30
"""


@pytest.fixture(scope="module")
def suite() -> Suite:
    return parse_suite(TINY)


@pytest.fixture(scope="module")
def ledger(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return done(suite, tmp_path_factory.mktemp("order"))


def done(suite: Suite, folder: Path) -> Ledger:
    """A ledger in which every run of the suite is done."""
    opened = open_ledger(folder / "ledger.sqlite")
    opened.register(suite.name, suite.text, suite.runs)
    for shape in {run.shape for run in suite.runs}:
        pack = Pack(shape, "vmap")
        events = list(pack.add([Job(run) for run in suite.runs if run.shape == shape]))
        while pack.slots:
            events += pack.step()
        opened.keep_snapshots(event for event in events if isinstance(event, Snapshot))
        opened.record_all(event for event in events if isinstance(event, Finished))
    return opened


@pytest.fixture(scope="module")
def sheet(suite: Suite, ledger: Ledger) -> Sheet:
    return conclude(suite, ledger)


def table(sheet: Sheet, stem: str) -> pd.DataFrame:
    return next(section.tables[stem] for section in sheet.sections if stem in section.tables)


def test_a_suite_of_order_finds_its_study(suite: Suite) -> None:
    assert study_of(suite) == Order()


def test_networks_of_64_bits_are_looked_at_in_64_bits(tmp_path: Path) -> None:
    head = TINY.split("experiments:")[0].replace("loss: squared", "loss: squared\n  precision: float64")
    suite = parse_suite(head + "experiments: {xor: {task: xor}}")
    with done(suite, tmp_path) as ledger:
        assert conclude(suite, ledger).complete  # to be made a number of 32 bits is a warning, and so an error here


def test_a_cell_is_what_its_snapshots_say(sheet: Sheet, suite: Suite, ledger: Ledger) -> None:
    """Means, change and pins, computed here run by run."""
    runs = [run for run in suite.runs if run.transform == TopK(keep=0.5, schedule="rising") and run.optimiser.lr > 0]
    first, last = [], []
    for run in runs:
        by_epoch = dict(ledger.snapshots(run))
        assert list(by_epoch) == [0, 10, 20]
        first.append(orderedness(by_epoch[0]["weights"][:, :4], pinned=1).value)
        last.append(orderedness(by_epoch[20]["weights"][:, :4], pinned=1).value)
    found = table(sheet, "comparison")
    row = found[(found["task"] == "xor") & (found["scheme"] == "rising top k") & (found["value"] == 0.5)].iloc[0]
    assert row["seeds"] == 4
    assert row["orderedness"] == pytest.approx(np.mean(last))
    assert row["change"] == pytest.approx(np.mean(last) - np.mean(first))
    assert row["excess"] == pytest.approx(row["orderedness"] - row["null"])
    assert row["low"] < row["excess"] < row["high"]
    losses = [ledger.trace(run)["train_loss"].iloc[-1] for run in runs]
    assert row["loss"] == pytest.approx(np.median(losses), rel=1e-6)


def test_a_cell_is_told_from_the_unpruned_at_equal_seeds(sheet: Sheet, suite: Suite) -> None:
    """The paired difference is that of the means, and its interval narrower than the two alone would say."""
    found = table(sheet, "comparison")
    xor = found[(found["task"] == "xor")].set_index(["scheme", "value"])
    one, alone = xor.loc[("rising top k", 0.7)], xor.loc["unpruned"].iloc[0]
    assert one["beyond"] == pytest.approx(one["excess"] - alone["excess"])
    assert np.isnan(alone["beyond"])
    paired = table(sheet, "pairs")
    row = paired[(paired["scheme"] == "rising top k") & (paired["value"] == 0.7) & (paired["task"] == "xor")]
    assert row["difference"].item() == pytest.approx(one["beyond"])
    course = table(sheet, "courses")
    began = course[(course["epoch"] == 0) & (course["scheme"] != "unpruned") & (course["task"] == "xor")]
    np.testing.assert_allclose(began["beyond"], 0, atol=1e-12)  # equal seeds, equal relocations


def test_perceptrons_stand_beside_complete_layers_at_the_same_epoch(sheet: Sheet, suite: Suite, ledger: Ledger) -> None:
    found = table(sheet, "learning").set_index("net")
    assert set(found["epochs"]) == {20}
    assert found["params"].to_dict()["2-2-1 perceptron"] == 9
    runs = [run for run in suite.runs if run.net.kind == "mlp"]
    losses = [ledger.trace(run)["train_loss"].loc[20] for run in runs]
    assert found.loc["2-2-1 perceptron", "loss"] == pytest.approx(np.median(losses))
    assert found.loc["2-2-1 perceptron", "up_to"] == 30


def test_imposing_an_order_gives_one_and_nothing_trains_at_a_rate_of_nothing(sheet: Sheet) -> None:
    found = table(sheet, "comparison")
    damped = found[(found["task"] == "xor") & (found["scheme"] == "damping")]
    assert damped["orderedness"].item() > 0.99
    assert set(found.loc[found["task"] == "untrained", "scheme"]) == {"rising top k"}


def test_the_page_has_every_figure_and_says_what_was_found(sheet: Sheet, tmp_path) -> None:
    with saved(quickly):
        page = Order().write(sheet, tmp_path / "report")
    drawn = {path.stem for path in (tmp_path / "report" / "figures").glob("*.png")}
    wanted = {f"{kind}_xor" for kind in ("schemes", "matrices", "graphs", "states")} | {"course_xor_20", "sizes_xor_20"}
    wanted |= {"losses_xor"}
    assert {name for name in drawn if name.startswith("times_")} == {
        "times_parity_3",
        "times_parity_with_random_labels_3",
    }
    assert wanted <= drawn
    text = page.read_text()
    for words in ("trained without pruning, orderedness is", "Through training", "Networks", "memorising"):
        assert words in text
    assert {"comparison", "cells", "courses", "sizes", "larger", "times"} <= {
        p.stem for p in (tmp_path / "report" / "tables").iterdir()
    }


def test_a_terminal_gets_a_row_a_cell(sheet: Sheet) -> None:
    from rich.console import Console

    console = Console(width=160, file=io.StringIO())
    console.print(Order().summary(sheet))
    assert console.file.getvalue().count("rising top k") >= 3


def test_nothing_done_is_an_empty_report(suite: Suite, tmp_path) -> None:
    with open_ledger(tmp_path / "ledger.sqlite") as empty:
        empty.register(suite.name, suite.text, suite.runs)
        sheet = conclude(suite, empty)
        Order().write(sheet, tmp_path / "report")
        Order().summary(sheet)
    assert not sheet.complete
    assert any("0 of" in text for text in sheet.missing)


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (None, ("unpruned", math.nan)),
        (RandomPrune(0.3), ("random", 0.3)),
        (RandomPrune(0.3, mask="every"), ("random every step", 0.3)),
        (TopK(keep=0.5), ("top k", 0.5)),
        (TopK(keep=0.5, schedule="rising", regrowth="never"), ("rising top k for good", 0.5)),
        (TrilDamp(0.9, schedule="rising"), ("rising damping", 0.9)),
        (TrilPrune(1), ("triangle from 1", math.nan)),
        (Rewind(keep=0.2), ("rewinding", 0.2)),
        (Threshold(0.1), ("threshold", 0.1)),
        (Threshold(at="median"), ("median threshold", math.nan)),
        (TopK(keep=0.5, before=RandomPrune(0.2)), ("random 0.2, then top k", 0.5)),
    ],
)
def test_schemes_have_names(transform, expected) -> None:
    name, value = scheme_of(transform)
    assert name == expected[0]
    assert value == pytest.approx(expected[1], nan_ok=True)


def test_cells_differ_in_more_than_seeds(suite: Suite) -> None:
    found = cells(suite.runs)
    assert all(len(runs) == 4 for runs in found.values())
    assert len(found) == len(suite.runs) / 4 - 1  # a perceptron is no cell
    assert "pull 0.01" in {cell.setting for cell in found}
    assert len({cell.key for cell in found}) == len(found)


def test_shut_connections_are_not_there(suite: Suite) -> None:
    run: Run = suite.runs[0]
    gated = dataclasses.replace(run, net=dataclasses.replace(run.net, scores="trained", keep=0.5))
    arrays = {"weights": np.ones((4, 6)), "scores": np.arange(24.0).reshape(4, 6)}
    assert np.count_nonzero(open_weights(run, arrays)) == 24
    np.testing.assert_array_equal(open_weights(gated, arrays), np.arange(24).reshape(4, 6) >= 12)


@pytest.mark.parametrize(
    ("task", "hidden", "expected"),
    [
        (Xor(), 3, {"outputs": 1, "inputs": 2, "free": 0}),
        (Parity(bits=5), 18, {"outputs": 2, "inputs": 5, "free": 0}),
        (Scans(), 16, {"outputs": 10, "free": 0}),  # 64 inputs and 26 units
        (Scans(), 54, {"outputs": 10, "inputs": 64, "free": 0}),
        (Modular(3), 7, {"outputs": 5, "free": 0}),  # four tokens of five each are 20 inputs
        (Modular(3), 15, {"outputs": 5, "inputs": 20, "free": 0}),
    ],
)
def test_as_many_units_are_pinned_as_there_are(suite: Suite, task, hidden: int, expected: dict[str, int]) -> None:
    run = suite.runs[0]
    net = dataclasses.replace(run.net, hidden=hidden)
    assert pins(cell_of(dataclasses.replace(run, task=task, net=net))) == expected


def test_controls_stand_beside_networks_of_their_own_size() -> None:
    like = {"iterations": 3, "setting": "", "epochs": 10, "seeds": 8, "value": 0.5, "scheme": "top k"}
    rows = [{"task": task, "hidden": hidden} | like for task, hidden in (("xor", 5), ("sine", 8), ("untrained", 5))]
    cells = pd.DataFrame(rows)
    drawn = untrained_controls(cells, cells[cells["task"] == "xor"])
    assert list(drawn) == ["top k"]
    assert set(drawn["top k"]["hidden"]) == {5}
    assert not untrained_controls(cells, cells[cells["task"] == "sine"])
    assert set(untrained_controls(cells.assign(hidden=8), cells.assign(hidden=8))["top k"]["hidden"]) == {8}


def test_the_shipped_comparison_has_a_cell_for_every_published_one() -> None:
    assert (len(read_published()), len(read_remeasured())) == (192, 78)
    suite = load_suite("order-quick")
    rows = [
        cell_columns(c)
        | {
            "seeds": 1,
            "excess": 0.0,
            "error": 0.0,
            "orderedness_inputs": 0.0,
            "loss": 0.0,
            "learned": 1.0,
            "orderedness": 0.0,
            "change": 0.0,
        }
        for c in {c.key: c for c in cells(suite.runs)}.values()
    ]
    both = beside_published(pd.DataFrame(rows))
    assert len(both) == 78
    longer = beside_published(pd.DataFrame(rows).assign(epochs=lambda frame: 3 * frame["epochs"]))
    assert not len(longer)
    smaller = beside_published(pd.DataFrame(rows).assign(hidden=3, iterations=2))  # published, and not measured anew
    assert set(smaller["scheme"]) == {"rising top k"}
    assert smaller["their_orderedness_inputs"].tolist() == [0.885, 0.747]
    assert smaller["their_excess"].isna().all()
    assert both["their_orderedness_inputs"].notna().sum() == 2 * (1 + 5 + 6 + 6 + 3 + 3)
    assert all(isinstance(run.measurement, Watch) for run in suite.runs)
