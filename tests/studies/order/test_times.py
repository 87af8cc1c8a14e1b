"""Times beside orderedness, of made-up runs."""

import numpy as np
import pandas as pd
import pytest

from grokscope.measurements import Watch
from grokscope.nets import Complete
from grokscope.run import Run, Seeds
from grokscope.studies.order.facts.cells import Cell, cell_of
from grokscope.studies.order.facts.times import correlate_with_excess, memorising_and_generalising
from grokscope.studies.order.figures.times import times_figure
from grokscope.studies.order.sentences import describe_times
from grokscope.tasks import Parity, Xor
from grokscope.training.optimisers import Adam

SEEDS = 40


def cell(task: object) -> Cell:
    return cell_of(Run(task, Complete(4), Adam(), Watch(), Seeds(), batch_size=-1, max_epochs=100, snapshot_every=100))


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    """The more ordered, the later they memorise, a quarter never; when they generalise has nothing to do with it."""
    rng = np.random.default_rng(0)
    excess = rng.normal(size=SEEDS)
    t_mem = np.exp(excess + 0.3 * rng.normal(size=SEEDS))
    results = pd.DataFrame(
        {"t_mem_eval": np.where(t_mem > np.quantile(t_mem, 0.75), np.nan, t_mem), "t_gen": rng.uniform(size=SEEDS)},
        index=[f"r{i}" for i in range(SEEDS)],
    )
    frame = pd.DataFrame({"id": results.index, "epoch": 100, "pins": "outputs", "excess": excess})
    frames = {cell(task): frame for task in (Parity(bits=4), Parity(bits=4, labels="random"), Xor())}
    return memorising_and_generalising(frames, results)


def test_runs_that_do_not_arrive_count_and_numbers_have_no_times(made: pd.DataFrame) -> None:
    assert set(made["task"]) == {cell(Parity(bits=4)).task, cell(Parity(bits=4, labels="random")).task}
    assert len(made) == 2 * SEEDS
    for _, rows in made.groupby("task"):
        assert np.isinf(rows["t_mem"]).sum() == SEEDS // 4
    assert made["t_gen"].isna().sum() == SEEDS  # random labels leave nothing to generalise to


def test_what_goes_together_is_told_from_what_does_not(made: pd.DataFrame) -> None:
    found = correlate_with_excess(made).set_index(["task", "time"])
    assert len(found) == 3
    name = cell(Parity(bits=4)).task
    memorised, generalised = found.loc[(name, "t_mem")], found.loc[(name, "t_gen")]
    assert memorised["rho_low"] > 0.5
    assert memorised["arrived"] == pytest.approx(0.75)
    assert generalised["rho_low"] < 0 < generalised["rho_high"]
    said = list(describe_times(correlate_with_excess(made)))
    assert len(said) == 3
    assert "1 have an interval without 0" in said[0]


def test_both_times_are_drawn_where_there_are_both(made: pd.DataFrame) -> None:
    schemes = dict(iter(made.groupby("task")))
    first, second = schemes
    assert len(times_figure({"unpruned": schemes[first]}, 100, first).axes) == 2
    assert len(times_figure({"unpruned": schemes[second]}, 100, second).axes) == 1


def test_nothing_is_an_empty_table() -> None:
    assert not len(correlate_with_excess(memorising_and_generalising({}, pd.DataFrame())))
