"""Observations from a frame of runs, and what is refused."""

import math

import pandas as pd
import pytest

from grokscope.laws.times.cells import observations, split_by_setting
from run_frames import run


def frame(**more):
    return pd.DataFrame(
        [run("speed", 2000, 10.0, **more), run("speed", 1000, math.nan, epochs=50, **more), run("groks", 1000, 20.0)]
    )


def test_censored_runs_keep_how_long_they_were():
    seen = observations(frame(), "T_mem")
    assert seen[["x", "time", "censored"]].values.tolist() == [[1000, 50, True], [2000, 10, False]]
    assert len(observations(frame(), "T_gen")) == 1
    assert len(observations(frame(), "T_mem", probe="vocab")) == 0


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match=r"column t_mem_running missing; found .*measurement.*expected"):
        observations(frame().drop(columns="t_mem_running"), "T_mem", accuracy="running")


def test_a_time_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"t_mem_eval of row 0: found 0.0, expected > 0 epochs"):
        observations(frame().replace({"t_mem_eval": {10.0: 0.0}}), "T_mem")


def test_mixed_settings_are_refused_and_can_be_parted():
    mixed = pd.concat([frame(weight_decay=0.1), frame(weight_decay=1.0)], ignore_index=True)
    with pytest.raises(ValueError, match=r"weight_decay: found 0.1, 1.0, expected one"):
        observations(mixed, "T_mem")
    parts = {setting["weight_decay"]: rows for setting, rows in split_by_setting(mixed)}
    assert set(parts) == {0.1, 1.0}
    # The groks runs have no value for it and go with both.
    assert all(sorted(rows["measurement"]) == ["groks", "groks", "speed", "speed"] for rows in parts.values())


def test_one_setting_is_one_part():
    ((setting, rows),) = split_by_setting(frame(weight_decay=1.0).dropna(subset="weight_decay"))
    assert setting == {}
    assert len(rows) == 2


def test_capacity_runs_go_where_they_share_most():
    rows = [run("capacity", 1000, 9.0, depth=d, dropout=0.0) for d in (2, 4)]
    rows += [run("speed", 1000, 9.0, depth=d, dropout=0.2) for d in (2, 4, 6)]
    depths = {
        setting["depth"]: part.loc[part["measurement"] == "capacity", "depth"].tolist()
        for setting, part in split_by_setting(pd.DataFrame(rows))
    }
    assert depths == {2: [2], 4: [4], 6: [2, 4]}


def test_what_one_optimiser_lacks_parts_no_run_away():
    rows = [run("groks", 1000, 9.0, optimiser="adamw", beta1=beta) for beta in (0.8, 0.9)]
    rows += [run("groks", 1000, 9.0, optimiser="sgd"), run("speed", 1000, 9.0)]
    parts = [(setting, sorted(rows["measurement"])) for setting, rows in split_by_setting(pd.DataFrame(rows))]
    assert [setting for setting, _ in parts] == [
        {"optimiser": "adamw", "beta1": 0.8},
        {"optimiser": "adamw", "beta1": 0.9},
        {"optimiser": "sgd"},
    ]
    assert all(measured == ["groks", "speed"] for _, measured in parts)
