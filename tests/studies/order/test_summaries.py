"""Cells against each other at equal seeds."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from grokscope.measurements import Watch
from grokscope.nets import Complete
from grokscope.run import Run, Seeds
from grokscope.studies.order.facts.cells import Cell, cell_of
from grokscope.studies.order.facts.summaries import compare_cells, excess_difference, rivals
from grokscope.tasks import Xor
from grokscope.training.optimisers import Adam
from grokscope.training.transforms import RandomPrune, Rewind, TopK

RUN = Run(Xor(), Complete(5, 3), Adam(0.01), Watch(), batch_size=-1, max_epochs=10, loss="squared", snapshot_every=10)


def cell(transform: object) -> Cell:
    return cell_of(dataclasses.replace(RUN, transform=transform))


def frame(excess: np.ndarray, seeds: range) -> pd.DataFrame:
    """As `measured` makes it, of two epochs of which only the last counts."""
    last = pd.DataFrame({"seeds": [Seeds.all(s) for s in seeds], "epoch": 10, "pins": "outputs", "excess": excess})
    return pd.concat([last.assign(epoch=0, excess=9.0), last, last.assign(pins="free", excess=9.0)])


def test_a_difference_is_taken_seed_by_seed_over_those_that_both_have() -> None:
    """What seeds share goes away; Student's interval of the rest."""
    shared = np.random.default_rng(0).normal(size=8)
    one, other = frame(shared + 0.1, range(8)), frame(shared[2:][::-1], range(2, 8)[::-1])
    last = [rows[(rows["epoch"] == 10) & (rows["pins"] == "outputs")] for rows in (one, other)]
    found = excess_difference(*last)
    assert (found.n, found.value) == (6, pytest.approx(0.1))
    assert found.high - found.low < 1e-9


def test_every_cell_meets_its_rivals() -> None:
    cells = [cell(t) for t in (None, TopK(keep=0.3), TopK(keep=0.3, schedule="rising"), RandomPrune(0.7))]
    found = compare_cells({c: frame(np.full(4, float(i)), range(4)) for i, c in enumerate(cells)})
    told = {(row.scheme, row.against): row.difference for row in found.itertuples()}
    assert told == {
        ("top k", "unpruned"): 1,
        ("top k", "random 0.7"): -2,
        ("rising top k", "unpruned"): 2,
        ("rising top k", "top k 0.3"): 1,
        ("rising top k", "random 0.7"): -1,
        ("random", "unpruned"): 3,
    }


def test_rivals() -> None:
    assert list(rivals(cell(None))) == []
    assert list(rivals(cell(Rewind(keep=0.3)))) == [("unpruned", None), ("rising top k", 0.3)]
    assert list(rivals(cell(TopK(keep=0.3, schedule="rising", regrowth="never")))) == [
        ("unpruned", None),
        ("rising top k", 0.3),
    ]
