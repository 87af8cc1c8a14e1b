"""The tidy frame holds what the laws read, whatever kinds of task are mixed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grokscope.laws.tidy import tidy
from grokscope.laws.times.cells import split_by_setting
from grokscope.ledger import Ledger, open_ledger
from grokscope.measurements import Capacity, Groks, Result, Speed, Trace
from grokscope.nets import MLP, Transformer
from grokscope.run import Run, Seeds
from grokscope.tasks import Modular, Permutations, RandomLabels, Shuffled
from grokscope.training.filters import Grokfast, Orthogonal
from grokscope.training.optimisers import SGD, AdamW, Muon
from grokscope.training.outcomes import Finished, Provenance

NET, OPTIMISER = Transformer(8), AdamW(weight_decay=0.5)
RUNS = (
    Run(RandomLabels(13, 78), NET, OPTIMISER, Speed(threshold=0.95), Seeds.all(1)),
    Run(Shuffled(Modular(13), "permuted"), NET, OPTIMISER, Speed(), Seeds.all(2)),
    Run(Modular(13, "+"), NET, OPTIMISER, Groks(val_threshold=0.98), Seeds.all(3)),
    Run(RandomLabels(13, 40), Transformer(8, dropout=0.0), OPTIMISER, Capacity()),
)


def finished(run: Run) -> Finished:
    trace = Trace(*np.full((7, 3), 0.5, np.float32))
    result: Result = run.measurement.result(run, trace)
    record = Provenance("0", "", "here", "cpu", "loop/default", 1, 1.0, "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z")
    return Finished(run, trace, result, record)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = open_ledger(tmp_path / "ledger.sqlite")
    ledger.register("mixed", "", RUNS)
    ledger.record_all([finished(run) for run in RUNS])
    return ledger


def test_every_kind_of_task_has_its_row(ledger: Ledger) -> None:
    frame = tidy(ledger.runs()).set_index("id").loc[[run.identity for run in RUNS]]
    assert list(frame["probe"]) == ["random", "permuted", "task", "random"]
    assert list(frame["p"]) == [13] * 4
    assert list(frame["seed"]) == [1, 2, 3, 0]
    assert list(frame["n_train"]) == [run.task.n_train for run in RUNS]
    assert list(frame["n_val"]) == [run.task.n_val for run in RUNS]
    assert list(frame["weight_decay"]) == [0.5] * 4
    assert list(frame["dropout"]) == [0.2, 0.2, 0.2, 0.0]
    assert list(frame["op"])[1:3] == ["/", "+"]
    assert list(frame["train_threshold"])[:3] == [0.95, 0.99, 0.99]
    assert frame["val_threshold"].iloc[2] == 0.98
    assert frame["t_gen"].isna().all()


def test_only_finished_runs_count(ledger: Ledger) -> None:
    ledger.reset([RUNS[0].identity])
    assert len(tidy(ledger.runs())) == 3


def test_a_ledger_of_nothing_finished_is_an_empty_frame(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "none.sqlite")
    ledger.register("none", "", RUNS)
    frame = tidy(ledger.runs())
    assert len(frame) == 0
    assert {"probe", "t_gen", "op", "seed"} <= set(frame.columns)


def test_other_tasks_nets_optimisers_and_losses_part_the_runs(tmp_path: Path) -> None:
    others = (
        Run(Permutations(3), Transformer(8, norm="layer"), OPTIMISER, Groks(), Seeds.all(1)),
        Run(Shuffled(Permutations(3)), Transformer(8, gate="none"), OPTIMISER, Speed()),
        Run(Modular(13), MLP(24, activation="tanh"), SGD(momentum=0.5), Groks(), filter=Grokfast(amplify=3.0)),
        Run(Modular(13), NET, Muon(), Groks(), loss="stablemax", shuffle="never"),
        Run(Modular(13), NET, AdamW(eps=1e-6), Groks(), filter=Orthogonal()),
        Run(Modular(13), NET, OPTIMISER, Groks(), matmul="tf32"),
        Run(Modular(13), NET, OPTIMISER, Groks(), precision="float64"),
    )
    with open_ledger(tmp_path / "others.sqlite") as ledger:
        ledger.register("others", "", others)
        ledger.record_all([finished(run) for run in others])
        frame = tidy(ledger.runs()).set_index("id").loc[[run.identity for run in others]]
    assert list(frame["p"]) == [6, 6, *[13] * 5]
    assert list(frame["dim"]) == [8, 8, 24, *[8] * 4]
    assert list(frame["op"]) == ["compose", "compose", *["/"] * 5]
    assert list(frame["n_train"]) == [run.task.n_train for run in others]
    assert list(frame["n_val"]) == [run.task.n_val for run in others]
    assert list(frame["probe"]) == ["task", "vocab", *["task"] * 5]
    assert list(frame["net"]) == ["transformer", "transformer", "mlp activation tanh", *["transformer"] * 4]
    assert list(frame["norm"].fillna("")) == ["layer", "rms", "", *["rms"] * 4]
    assert list(frame["gate"].fillna("")) == ["silu", "none", "", *["silu"] * 4]
    assert list(frame["optimiser"]) == [
        "adamw",
        "adamw",
        "sgd momentum 0.5",
        "muon",
        "adamw eps 1e-06",
        "adamw",
        "adamw",
    ]
    assert list(frame["filter"]) == ["none", "none", "grokfast amplify 3", "none", "orthogonal", "none", "none"]
    assert list(frame["loss"]) == ["cross_entropy"] * 3 + ["stablemax"] + ["cross_entropy"] * 3
    assert list(frame["shuffle"]) == ["every epoch"] * 3 + ["never"] + ["every epoch"] * 3
    assert list(frame["matmul"]) == ["highest"] * 5 + ["tf32", "highest"]
    assert list(frame["precision"]) == ["float32"] * 6 + ["float64"]
    assert len(list(split_by_setting(frame))) == len(others)  # no two lie on one curve


def test_a_ledger_from_before_the_variants_has_their_defaults(ledger: Ledger) -> None:
    runs = ledger.runs()
    older = runs.drop(columns=["net.norm", "net.positions", "net.gate", "loss", "shuffle"])
    frame = tidy(older)
    assert set(frame["norm"]) == {"rms"}
    assert set(frame["loss"]) == {"cross_entropy"}
    assert set(frame["filter"]) == {"none"}
