"""Tables: published columns and ours, a row for everything, no number where there is none."""

from __future__ import annotations

import math

import pandas as pd

from grokscope.studies.race.tables import PREDICTIVENESS, tables

from . import example_contents


def test_predictiveness_has_the_published_columns_and_the_slice() -> None:
    table = tables(example_contents.contents((97, 113)))["predictiveness"]
    assert tuple(table)[: len(PREDICTIVENESS)] == PREDICTIVENESS
    assert "p" in table
    assert set(table["p"]) == {97, 113}
    row = table[(table["p"] == 97) & (table["accuracy"] == "running") & (table["rule"] == "sign change")].iloc[0]
    assert row["log_ratio"] == math.log10(row["empirical_onset_x"] / row["predicted_onset_x"])
    assert row["n_seeds_groks"] == row["n_seeds_speed"] == 3 * len(example_contents.DIMS)
    assert row["capacity_source"] == "measured"


def test_a_swept_axis_is_a_column() -> None:
    table = tables(example_contents.contents(decays=(0.1, 1.0), seeds=2))["predictiveness"]
    assert set(table["weight_decay"]) == {0.1, 1.0}


def test_a_crossing_that_is_not_there_is_not_a_number_but_has_its_code() -> None:
    contents = example_contents.contents(memorising=0.05)
    table = tables(contents)["crossings"]
    strict = table[table["rule"] == "sign change"]
    assert strict["n_params"].isna().all()
    assert set(strict["code"]) == {"memorising faster at every width"}
    assert tables(contents)["predictiveness"]["log_ratio"].isna().any()


def test_every_cell_is_there_once() -> None:
    table = tables(example_contents.contents())["timescales"]
    keys = table[["quantity", "accuracy", "probe", "p", "dim"]]
    assert len(table) == 3 * len(example_contents.DIMS)
    assert not keys.duplicated().any()


def test_the_onsets_of_the_grid_are_marked_off() -> None:
    table = tables(example_contents.contents())["onsets"]
    assert table["main"].sum() == 2
    assert len(table) == 2 + 10


def test_the_law_of_memorising_is_a_table_where_it_was_fitted() -> None:
    assert isinstance(tables(example_contents.contents((97, 113))).get("memorisation"), pd.DataFrame)
    assert "memorisation" not in tables(example_contents.EMPTY)
