"""How often the 95 % intervals of a forecast hold what comes of it, on worlds whose primes depart from the laws.

    python benchmarks/forecast_coverage.py [--worlds 200] [--seed 0]

A world has three to five calibration primes and three new ones: between, beside and beyond them. Either time of a prime
is off the laws by a factor that is log-normal with the spread shown, its onset off the crossing by 0.03 dex more.
Prints the share of intervals that hold the new primes' crossing and onset, and how wide they are.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
import pandas as pd

from grokscope.forecasts.calibration import calibrate
from grokscope.forecasts.predict import make_forecasts
from grokscope.forecasts.scores import score_forecasts
from grokscope.laws.crossing.crossings import find_crossings
from grokscope.laws.statistics.simulation import Truth, simulate_runs

CALIBRATION = {3: (97, 113, 137), 4: (97, 103, 113, 137), 5: (97, 103, 109, 127, 137)}
NEW = (101, 131, 139)
WIDTHS = (28, 36, 44, 52, 60, 76, 92, 108, 124)
SPREADS = (0.0, 0.05, 0.15)
OFFSET = (-0.16, 0.03)
"""Mean and standard deviation of log10(onset / crossing)."""


def world(p: int, spread: float, rng: np.random.Generator) -> Truth:
    """One prime, off the laws by the spread of ln T."""
    mem, gen = np.exp(spread * rng.standard_normal(2))
    return Truth(p=p, mem_scale=12.5 * mem, gen_scale=250 * (p / 97) ** 1.5 * gen)


def trial(primes: tuple[int, ...], spread: float, rng: np.random.Generator) -> list[tuple[bool, bool, float, float]]:
    """(crossing held, onset held, width of either interval in dex) at each new prime."""
    worlds = {p: world(p, spread, rng) for p in (*primes, *NEW)}
    places = {p: each.crossing((12, 400)) for p, each in worlds.items()}
    onsets = {p: place * 10 ** rng.normal(*OFFSET) for p, place in places.items()}
    frame = pd.concat([simulate_runs(each, rng, seeds=3, widths=WIDTHS) for each in worlds.values()], ignore_index=True)
    seen = {each.group: each.x.value for each in find_crossings(frame, accuracy="eval", samples=1)}
    known = frame[frame["p"].isin(primes)].reset_index(drop=True)
    made = make_forecasts(calibrate(known, 2.16, onsets, seen, accuracy="eval"), {p: worlds[p].bits for p in NEW})
    return [
        (
            bool(scored.crossing_covered),
            bool(scored.onset_covered),
            math.log10(each.crossing.high / each.crossing.low),
            math.log10(each.onset.high / each.onset.low),
        )
        for each, scored in zip(made, score_forecasts(made, onsets, seen), strict=True)
        if scored.crossing_covered is not None and scored.onset_covered is not None
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=200, help="worlds of each kind (default 200)")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation (default 0)")
    options = parser.parse_args()
    print("primes  spread  crossing held  onset held  intervals   median width in dex: crossing, onset")
    for primes in CALIBRATION.values():
        for spread in SPREADS:
            rng = np.random.default_rng(options.seed)
            found = np.array([row for _ in range(options.worlds) for row in trial(primes, spread, rng)])
            held, widths = found[:, :2].mean(axis=0), np.median(found[:, 2:], axis=0)
            print(
                f"{len(primes):6}  {spread:6.2f}  {held[0]:13.1%}  {held[1]:10.1%}  {len(found):4} of "
                f"{len(NEW) * options.worlds:<4}  {widths[0]:19.3f}, {widths[1]:.3f}"
            )


if __name__ == "__main__":
    main()
