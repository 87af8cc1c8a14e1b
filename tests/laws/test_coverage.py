"""The simulation benchmark, smaller: intervals hold the truth as often as they say, and no crossing is made up."""

import importlib.util
import sys
from pathlib import Path

import pytest

from grokscope.laws.statistics.simulation import Truth


@pytest.fixture(scope="module")
def benchmark():
    path = Path(__file__).parents[2] / "benchmarks" / "coverage.py"
    spec = importlib.util.spec_from_file_location("coverage_benchmark", path)
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seeds", [2, 4])
def test_intervals_hold_the_truth(benchmark, seeds):
    tallies = benchmark.coverage(Truth(), seeds=seeds, suites=200, seed=1, every=4)
    for quantity in ("T seen", "crossing", "C"):
        tally = tallies[quantity]
        assert tally.given > 0.9 * tally.asked or quantity == "T seen"
        assert 0.92 <= tally.held / tally.given <= 0.98, quantity


def test_a_suite_without_a_crossing_is_not_given_one(benchmark):
    far = benchmark.coverage(benchmark.WORLDS["never crosses"], seeds=2, suites=50, seed=1, every=50)
    assert far["crossing"].codes == {"always_slower": 50}
    near = benchmark.coverage(benchmark.WORLDS["nearly crosses"], seeds=2, suites=60, seed=1, every=60)
    assert near["crossing"].given <= 3
