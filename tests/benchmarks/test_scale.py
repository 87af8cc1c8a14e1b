"""The benchmarks of scale, smaller: every step runs, and growth, targets and simulations say what they should."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture
def load(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    return importlib.import_module


@pytest.fixture
def scale(load) -> ModuleType:
    return load("scale")


@pytest.fixture
def simulate(load) -> ModuleType:
    return load("simulate")


def test_every_step_of_a_small_suite(scale, tmp_path, monkeypatch):
    suite = scale.parse_suite(scale.text(1, primes="59", end=24))
    monkeypatch.setattr(scale, "sized", lambda runs: suite)
    for step in ("plan", "register", "record", "drive", "runs"):
        cost = scale.measured(step, 1, str(tmp_path / "ledger.sqlite"), tmp_path)
        assert cost.runs == len(suite.runs)
        assert cost.cpu > 0


@pytest.mark.parametrize(("power", "faulty"), [(1.0, False), (1.5, True)])
def test_what_grows_faster_than_linearly_is_a_fault(scale, power, faulty):
    costs = [scale.Cost("plan", "sqlite", n, 1.0, 3 + 1e-3 * n**power, 1) for n in (100, 1000, 10_000)]
    assert scale.exponent(costs) == pytest.approx(power, abs=0.06)
    assert bool(list(scale.faults(costs))) is faulty


def test_the_model_is_what_a_step_takes_at_first_and_what_a_run_adds(scale):
    runs = (100, 1000, 10_000)
    assert scale.line(runs, [3 + 0.002 * n for n in runs]) == pytest.approx((3, 0.002))
    fixed, each = scale.line(runs, [5.0, 4.0, 3.0])
    assert (fixed > 0, each) == (True, 0), "nothing takes less the more there is"
    costs = [scale.Cost("plan", "sqlite", n, 9.0, 0.5 + 1e-3 * n, 2**20 * 200 + 2**10 * n) for n in runs]
    assert scale.model(costs) == "0.50 s cpu and 1000 us a run, 200 MiB and 1.00 KiB a run"


def test_a_missed_target_is_a_fault(scale):
    slow, quick = (scale.Cost("record", "sqlite", 10_000, seconds, 1.0, 1) for seconds in (10.0, 4.0))
    assert len(list(scale.faults([slow]))) == 1
    assert not list(scale.faults([quick]))


def test_a_writer_keeps_up_exactly_when_it_is_faster_than_runs_end(simulate):
    farm = {"devices": 10, "lanes": 20, "run_seconds": 10.0}  # 20 runs a second
    fast, slow = (
        simulate.written_by_one(simulate.Farm(**farm, write_rate=rate), np.random.default_rng(0))
        for rate in (80.0, 10.0)
    )
    assert fast.written / fast.ended > 0.99
    assert slow.written == pytest.approx(600, abs=2)
    assert slow.most_waiting > 300
    assert simulate.writers_needed(simulate.Farm(**farm, write_rate=10.0)) == 3


def test_failures_cost_what_their_rate_says(simulate):
    farm = simulate.Farm(devices=500, mean_years=0.25)
    failures, share = simulate.lost_share(farm, np.random.default_rng(0))
    assert failures == pytest.approx(2000, rel=0.1)
    assert share == pytest.approx(failures * (300 + 5) / (500 * simulate.YEAR), rel=0.02)


def test_longest_first_leaves_less_idle(simulate):
    idle = [
        simulate.idle_at_the_end(
            simulate.Farm(devices=20), np.random.default_rng(0), runs_a_lane=40, longest_first=longest_first
        )
        for longest_first in (False, True)
    ]
    assert idle[1] < 0.02 < idle[0]
