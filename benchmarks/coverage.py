"""How often the 95 % intervals of T, the crossing and C hold the truth, on simulated suites.

    python benchmarks/coverage.py [--suites 500] [--seed 0]

Prints a table: per kind of suite, the share of intervals that hold the truth (what is asked for is 92 to 98 %), how
many of the suites have such an interval at all, and how many of the suites without a crossing were given one.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from grokscope.laws.capacity import estimate_capacity
from grokscope.laws.crossing.crossings import find_crossings
from grokscope.laws.results import CrossingCode, Estimate
from grokscope.laws.statistics.simulation import Truth, simulate_runs
from grokscope.laws.times.cells import observations
from grokscope.laws.times.timescales import geometric_mean

FOUND = (CrossingCode.CROSSES, CrossingCode.MULTIPLE)

WORLDS = {
    "quiet": Truth(mem_spread=0.05, gen_spread=0.08),
    "noisy": Truth(),
    "noisier": Truth(mem_spread=0.25, gen_spread=0.35),
    "censored": Truth(max_epochs=600),
    "shallow": Truth(gen_scale=112.0),
    "never crosses": Truth(gen_scale=28.0),
    "nearly crosses": Truth(gen_scale=62.0),
}
"""The last but one stays far from a crossing; in the last T_mem ends 13 % above T_gen, less than the noise."""


@dataclass
class Tally:
    """Counts of intervals that hold the truth, of intervals, and of chances to give one."""

    held: int = 0
    given: int = 0
    asked: int = 0
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, estimate: Estimate, truth: float) -> None:
        """A side that the data do not bound holds everything; an interval without any bound says nothing."""
        self.asked += 1
        if math.isnan(estimate.value) or (math.isnan(estimate.low) and math.isnan(estimate.high)):
            return
        self.given += 1
        self.held += not (math.isnan(truth) or estimate.low > truth or estimate.high < truth)

    def __str__(self) -> str:
        if not self.given:
            return f"{'-':>7} ({self.given}/{self.asked})"
        return f"{self.held / self.given:7.1%} ({self.given}/{self.asked})"


def coverage(truth: Truth, *, seeds: int, suites: int, seed: int, every: int = 1) -> dict[str, Tally]:
    """Tallies of T (cells without and with censored runs), the crossing and C over simulated suites.

    Args:
        every: T is looked at in one of so many suites, each of which has 18 cells but one crossing and one C.
    """
    rng = np.random.default_rng(seed)
    tallies = {name: Tally() for name in ("T seen", "T censored", "crossing", "C")}
    place = truth.crossing()
    for number in range(suites):
        frame = simulate_runs(truth, rng, seeds=seeds)
        for quantity, mean in (("T_mem", truth.t_mem), ("T_gen", truth.t_gen)) if number % every == 0 else ():
            for params, cell in observations(frame, quantity).groupby("x"):
                censored = cell["censored"].to_numpy(bool)
                estimate = geometric_mean(cell["time"].to_numpy(float), censored)
                tallies["T censored" if censored.any() else "T seen"].add(estimate, float(mean(params)))
        found = find_crossings(frame, accuracy="eval", samples=1)[0]
        tallies["crossing"].codes[found.code.name.lower()] += 1
        tallies["crossing"].add(found.x, place)
        tallies["C"].add(estimate_capacity(frame).constant, truth.bits_per_param)
    return tallies


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suites", type=int, default=500, help="simulated suites of each kind (default 500)")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation (default 0)")
    options = parser.parse_args()
    for seeds in (2, 4):
        for name, truth in WORLDS.items():
            tallies = coverage(truth, seeds=seeds, suites=options.suites, seed=options.seed)
            print(f"{name}, {seeds} seeds, true crossing at P = {truth.crossing():.0f}")
            for quantity, tally in tallies.items():
                print(f"  {quantity:12} {tally}  {dict(tally.codes) or ''}")
            if math.isnan(truth.crossing()):
                false = sum(tallies["crossing"].codes[code.name.lower()] for code in FOUND)
                print(f"  false crossings {false / options.suites:.1%}")


if __name__ == "__main__":
    main()
