"""A ledger that this study's first version wrote, as part of Grokscope, reads as it did."""

from __future__ import annotations

import dataclasses
import gzip
from pathlib import Path
from typing import Any

import pytest

from grokscope.ledger import Ledger, open_ledger
from grokscope.run import Seeds
from grokscope_paperclip.learning.parts import Clip, Contrast, Pairs, Retrieval, Tuning
from grokscope_paperclip.learning.run import FineTune

from . import extra  # noqa: F401

FIXTURE = Path(__file__).parent / "fixtures" / "ledger_0.1.0.db.gz"
PAIRS = Pairs("54f9dde5cd3105f3832b", 58, 3)
NET = Clip(crop=32, context=24, width=32, depth=1, vocab=400)
TRUE = FineTune(
    PAIRS, NET, Contrast(), Tuning(warmup=2), Retrieval(every=2, probe=32), Seeds.all(0), steps=4, batch_size=8
)
SHUFFLED = dataclasses.replace(TRUE, task=dataclasses.replace(PAIRS, pairing="shuffled"), seeds=Seeds.all(1))
COLUMNS = (
    *("running_loss", "running_acc", "train_loss", "train_acc", "val_loss", "val_acc", "val_top1", "val_top5"),
    *("train_top1", "cos_true", "cos_other", "auroc", "scale", "lr", "grad_norm", "param_norm"),
)


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(gzip.decompress(FIXTURE.read_bytes()))
    with open_ledger(path, create=False) as opened:
        yield opened


def test_identities_are_what_they_were(ledger: Ledger) -> None:
    assert (TRUE.identity, SHUFFLED.identity) == ("bba836c5653053cf7a77", "bd1f06c18ea2424f2c20")
    for run in (TRUE, SHUFFLED):
        assert ledger.show(run)["spec"] == run.spec
    ledger.register("again", "text", [TRUE, SHUFFLED])
    assert ledger.states(suite="again") == dict.fromkeys((TRUE.identity, SHUFFLED.identity), "done")


def test_results_and_traces_are_what_they_were(ledger: Ledger) -> None:
    frame = ledger.runs(suite="old", status="done").set_index("id")
    assert set(frame.index) == {TRUE.identity, SHUFFLED.identity}
    row = frame.loc[TRUE.identity]
    assert (row["measurement"], row["n_params"], row["steps"], row["strategy"]) == ("retrieval", 47937, 4, "accelerate")
    trace = ledger.trace(TRUE)
    assert set(trace.columns) == {*COLUMNS, "steps"}
    assert trace["steps"].tolist() == [2, 4]
    assert trace["val_acc"].iloc[-1] == row["final_val_acc"]
    assert trace["lr"].tolist() == [1e-3, 1e-3], "as it was recorded: the peak"
