"""Rows of the acceptance table: what holds, to as many digits as the reference says it, and what has no run."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    return importlib.import_module("paths")


def test_a_number_is_compared_to_as_many_digits_as_the_reference_has(paths: ModuleType) -> None:
    losses = paths.Range(0.0168, 0.0169, 4)
    assert f"{losses}" == "0.0168 to 0.0169"
    assert [losses.row("loss", value).holds for value in (0.01674, 0.01676, 0.01694, 0.01696)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_row_without_a_run_neither_holds_nor_fails(paths: ModuleType) -> None:
    row = paths.around(12, 1, 1).row("t_test", None)
    assert (row.expected, row.found, row.holds) == ("11.0 to 13.0", paths.NO_RUN, None)


def test_what_never_came_fails(paths: ModuleType) -> None:
    assert paths.Range(800, 1000, 0).row("epoch", float("nan")).holds is False


def test_without_a_ledger_every_row_of_a_run_is_there_and_open(paths: ModuleType) -> None:
    rows = [*paths.addition(None, None), *paths.extreme(None), *paths.trade(None, None), *paths.snapshots(None)]
    assert len(rows) > 50
    assert {row.holds for row in rows} == {None}
    assert len({row.check for row in rows}) == len(rows)


def test_the_best_threshold_and_its_place(paths: ModuleType) -> None:
    value, label = np.array([0.1, 0.2, 0.2, 0.3, 0.4]), np.array([0, 0, 1, 1, 1])
    assert paths.best(value, label) == (0.8, 0.1)
