"""What a forecast is calibrated on, and what is held out, is said by the suite alone."""

from __future__ import annotations

import math

import pytest

import simulated_suites
from grokscope.forecasts.split import cell, describe_runs, require_calibration, split_runs
from grokscope.suite import Suite, SuiteError, load_suite


def refused(suite: Suite) -> str:
    with pytest.raises(SuiteError) as caught:
        split_runs(suite, require_calibration(suite))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_every_run_is_on_one_side() -> None:
    suite = simulated_suites.suite("{primes: [89, 113], dims: [32, 48]}")
    found = split_runs(suite, require_calibration(suite))
    assert {cell(run) for run in found.calibration} == {(p, dim) for p in (89, 113) for dim in (32, 48)}
    assert len(found.calibration) == 2 * 2 * 2 * 2
    assert {*found.calibration, *found.held_out} == set(suite.runs)
    assert not {*found.calibration} & {*found.held_out}


@pytest.mark.parametrize(
    ("calibrate", "said"),
    [
        ("", "world: analysis.calibrate: found nothing, expected the dims, the primes or both"),
        ("{primes: [89, 103]}", "world: analysis.calibrate.primes: found 103, expected some of 89, 97, 101, 107, 113"),
        ("{dims: [33]}", "world: analysis.calibrate.dims: found 33, expected some of 32, 40"),
        ("{}", "world: analysis.calibrate: found all primes and widths of the suite, expected some that are held out"),
    ],
)
def test_a_calibration_that_cannot_be_is_one_line_with_its_key(calibrate: str, said: str) -> None:
    assert said in refused(simulated_suites.suite(calibrate))


def test_the_central_suite_holds_half_of_its_primes_out() -> None:
    suite = load_suite("central")
    found = split_runs(suite, require_calibration(suite))
    assert {cell(run)[0] for run in found.calibration} == {97, 103, 109, 127, 137}
    assert len({cell(run)[1] for run in found.calibration}) == 16
    assert len(found.calibration) == 2 * 5 * 16 * 10
    assert max(cell(run)[1] for run in found.held_out) == 256
    assert {run.measurement.kind for run in found.calibration} == {"speed", "groks"}, "C is pinned"


@pytest.mark.parametrize("name", ["task_add", "task_mul"])
def test_where_c_is_measured_capacity_runs_belong_to_the_calibration(name: str) -> None:
    suite = load_suite(name)
    kinds = {run.measurement.kind for run in split_runs(suite, require_calibration(suite)).calibration}
    assert ("capacity" in kinds) is (suite.analysis.pinned_capacity is None)


def test_what_is_ahead_is_described_without_a_ledger() -> None:
    suite = simulated_suites.suite()
    table = describe_runs(split_runs(suite, require_calibration(suite)).held_out)
    groks = table[table["measurement"] == "groks"]
    assert set(groks["p"]) == set(simulated_suites.HELD_OUT)
    assert set(groks["op"]) == {"/"}
    row = groks[groks["p"] == 97].iloc[0]
    assert row["bits"] == pytest.approx(4656 * math.log2(99))
    assert row["bits"] == simulated_suites.world(97).bits
