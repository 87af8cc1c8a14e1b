"""The study of paths from a suite to its report, on runs that take a second."""

import dataclasses
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from fast_figures import quickly, saved
from grokscope.ledger import open_ledger
from grokscope.probes.encodings import compressibility
from grokscope.report.sheet import Sheet
from grokscope.studies.paths import Paths
from grokscope.studies.paths.facts.run_facts import thin_epochs
from grokscope.studies.paths.facts.sweeps import title_of, without_scale_and_seeds
from grokscope.suite import Suite, parse_suite
from grokscope.training.outcomes import Failed, Job, Snapshot
from grokscope.training.pack import Pack

TEXT = """
name: tiny
study: paths
experiments:
  addition:
    task: {kind: pairs, p: 13}
    net: {kind: mlp, width: 12, init: xavier_normal, init_scale: [0.1, 3]}
    optimiser: {kind: adam, lr: 5.0e-3, weight_decay: 3.0e-5}
    measurement: watch
    seeds: [0, 1]
    batch_size: 32
    max_epochs: 12
    shuffle: never
    snapshot_every: 2
  memorising:
    task: {kind: shuffled, inputs_of: {kind: pairs, p: 13}, labels: digits}
    net: {kind: mlp, width: 12, init: xavier_normal, init_scale: [0.1, 3]}
    optimiser: {kind: adam, lr: 5.0e-3, weight_decay: 3.0e-5}
    measurement: {kind: speed, stop_on: both, threshold: 0.05}
    seeds: [0]
    batch_size: 32
    max_epochs: 12
    shuffle: never
  ising:
    task: {kind: ising, side: 8, temperatures: 10, per_temperature: 12, sweeps: 20, n_train: 40, n_val: 60}
    net: {kind: cnn, conv1: 1, conv2: 2, hidden: 6, init_scale: [1, 10]}
    optimiser: {kind: adam, lr: 1.0e-3, weight_decay: 0.1}
    measurement: watch
    seeds: [0]
    batch_size: -1
    max_epochs: 6
    shuffle: never
    snapshot_every: 2
"""
SUITE = parse_suite(TEXT)


def done(suite: Suite, store: Path) -> None:
    """Every run of a suite, here, into a ledger."""
    with open_ledger(store) as ledger:
        ledger.register(suite.name, suite.text, suite.runs)
        for run in suite.runs:
            pack = Pack(run.shape, "loop")
            events = list(pack.add([Job(run)]))
            while pack.slots:
                events += pack.step()
            for event in events:
                assert not isinstance(event, Failed)
                if isinstance(event, Snapshot):
                    ledger.keep_snapshot(event)
                elif hasattr(event, "result"):
                    ledger.record(event)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("paths") / "ledger.sqlite"
    done(SUITE, path)
    return path


@pytest.fixture(scope="module")
def sheet(store: Path) -> Sheet:
    with open_ledger(store) as ledger:
        found: Sheet = Paths().conclude(SUITE, ledger)
        return found


def tables(sheet: Sheet) -> dict[str, pd.DataFrame]:
    return {stem: table for section in sheet.sections for stem, table in section.tables.items()}


def test_every_part_of_the_study_is_there(sheet: Sheet) -> None:
    assert sheet.complete
    stems = {stem.rsplit("_", 1)[0] for stem in tables(sheet)}
    assert stems >= {
        "times",
        "runs",
        "localisation",
        "units",
        "compressibility",
        "encodings",
        "schemes",
        "curves",
        "peaks",
        "features_by_epoch",
        "compressibility_by_epoch",
        "windows",
        "geometry",
        "race",
        "layers",
        "layers_by_epoch",
    }
    drawn = {drawing.stem.rsplit("_", 1)[0] for section in sheet.sections for drawing in section.drawings}
    assert drawn >= {
        "training",
        "seeds",
        "fourier",
        "pruning",
        "trade",
        "schemes",
        "correlates",
        "dynamics",
        "live",
        "direction",
        "size",
        "gradient",
        "split",
        "spectrum",
        "shape",
        "race",
        "tensors",
        "scrambled",
        "snapshots",
        "energy",
        "neurons_0",
        "layers_fc1",
    }


def test_tables_agree_with_one_another(sheet: Sheet) -> None:
    found = tables(sheet)
    curves, schemes = found["curves_1"], found["schemes_1"]
    assert len(curves) == 100 * len(schemes)
    for (run, scheme), rows in curves.groupby(["id", "scheme"]):
        (row,) = schemes[(schemes["id"] == run) & (schemes["scheme"] == scheme)].itertuples()
        assert compressibility(rows["accuracy"].to_numpy()).c == pytest.approx(row.c)
    through = found["compressibility_by_epoch_1"]
    assert sorted(through["epoch"].unique()) == [0, 2, 4, 6, 8, 10, 12]
    last = through[through["epoch"] == 12].set_index("id")["unpruned"]
    layerwise = schemes[schemes["scheme"] == "layerwise"].set_index("id")["unpruned"]
    pd.testing.assert_series_equal(last.sort_index(), layerwise.sort_index(), check_names=False)


def test_pruning_begins_with_the_accuracy_that_the_run_ended_with(sheet: Sheet, store: Path) -> None:
    schemes = tables(sheet)["schemes_1"]
    with open_ledger(store) as ledger:
        for row in schemes.itertuples():
            assert row.unpruned == pytest.approx(ledger.trace(row.id)["val_acc"].iloc[-1], abs=1e-5)


@pytest.mark.parametrize("keep", ["final", "nothing"])
def test_a_last_epoch_beside_the_grid_of_snapshots(keep: str, tmp_path: Path) -> None:
    text = TEXT.partition("  memorising:")[0].replace("max_epochs: 12", f"max_epochs: 7\n    keep: {keep}")
    suite = parse_suite(text)
    done(suite, tmp_path / "ledger.sqlite")
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        found = Paths().conclude(suite, ledger)
        shown = tables(found)
        accuracy = {run.identity: ledger.trace(run)["val_acc"] for run in suite.runs}
    end = 7 if keep == "final" else 6
    assert [("epoch 6 of 7" in text) for text in found.missing] == ([] if keep == "final" else [True])
    for row in shown["schemes_runs"].itertuples():
        assert row.unpruned == pytest.approx(accuracy[row.id].loc[end], abs=1e-5)
    for name in ("features_by_epoch_runs", "compressibility_by_epoch_runs"):
        assert sorted(shown[name]["epoch"].unique()) == [0, 2, 4, 6, *([7] if keep == "final" else [])]
    # steps of one length alone
    assert sorted(shown["geometry_runs"]["epoch"].unique()) == [0, 2, 4, 6]


def test_categorical_fisher_stands_beside_that_of_raw_logits(sheet: Sheet) -> None:
    found = tables(sheet)["schemes_1"].groupby("scheme")["c"].apply(list)
    assert found["fisher"] != found["categorical fisher"]
    assert found["fisher, weights 1 alone"] != found["weights 1 alone"]
    assert tables(sheet)["encodings_1"]["gini_categorical"].between(0, 1).all()


def test_scrambled_snapshots_are_told_apart_by_magnetisation_at_most(sheet: Sheet) -> None:
    by_epoch = tables(sheet)["features_by_epoch_2"]
    assert by_epoch[["accuracy", "accuracy, scrambled"]].notna().all(axis=None)


def test_geometry_has_a_row_for_every_snapshot_part_and_metric(sheet: Sheet) -> None:
    path = tables(sheet)["geometry_1"]
    assert len(path) == 4 * 7 * 3 * 3
    assert set(path["metric"]) == {"fisher", "categorical fisher", "euclidean"}
    speed = path[(path["part"] == "all") & (path["epoch"] < 12)].pivot(
        index=["id", "epoch"], columns="metric", values="speed"
    )
    assert (speed["fisher"] != speed["categorical fisher"]).all()
    whole = path[(path["part"] == "all") & (path["metric"] == "euclidean")]
    for _, rows in whole.groupby("id"):
        assert rows["arc"].is_monotonic_increasing
        assert np.nansum(rows["speed"]) == pytest.approx(rows["arc"].iloc[-1])


def test_the_report_is_written(sheet: Sheet, tmp_path: Path) -> None:
    with saved(quickly):
        page = Paths().write(sheet, tmp_path / "one")
    assert "What is missing" not in page.read_text()
    assert "T_mem" in page.read_text()
    # figures of two columns are given the room of two, and no others
    assert '<figure class="wide">' in page.read_text()
    assert "<figure>" in page.read_text()
    said = io.StringIO()
    Console(file=said, width=400).print(Paths().summary(sheet))
    assert "IPR" in said.getvalue()
    assert (tmp_path / "one" / "tables" / "curves_1.csv").stat().st_size > 1000


def test_a_half_done_suite_says_what_is_missing(store: Path) -> None:
    half = dataclasses.replace(SUITE, runs=(*SUITE.runs[:2], dataclasses.replace(SUITE.runs[-1], max_epochs=7)))
    with open_ledger(store) as ledger:
        found = Paths().conclude(half, ledger)
    assert found.sections == ()
    assert found.missing == (
        "1 runs of the suite are not done: what is said rests on the others.",
        "No watched run is done yet.",
    )


def test_kin_differ_in_w0_seeds_and_length_alone() -> None:
    addition = [run for run in SUITE.runs if run.task.kind == "pairs"]
    assert len({without_scale_and_seeds(run) for run in addition}) == 1
    other = dataclasses.replace(addition[0], batch_size=64)
    assert without_scale_and_seeds(other) != without_scale_and_seeds(addition[0])
    assert (
        title_of(without_scale_and_seeds(other), [without_scale_and_seeds(addition[0])]) == "+ p=13, mlp d=12, batch 64"
    )


def test_snapshots_to_be_pruned_are_spread_and_end_with_the_last() -> None:
    assert thin_epochs([0, 1, 2]) == [0, 1, 2]
    found = thin_epochs(list(range(0, 1001, 2)))
    assert len(found) <= 25
    assert found[-1] == 1000
    gaps = np.diff(found)
    assert gaps[0] < gaps[-1]
