"""What breaks first at 1e8 runs and 1,000 devices: queue, ledger, stragglers and failures, simulated event by event.

    python benchmarks/simulate.py [--devices 1000] [--write-rate 2000]

A device keeps a pack of lanes full and reports each run that ends; one driver writes what is reported, so many runs a
second. Simulated is a minute of that, long enough for the queue to settle or to grow; that 1e8 runs follow from the
rates is assumed. How long a run takes is assumed too: it is a range, not a measurement. Prints a line a question.
"""

from __future__ import annotations

import argparse
import heapq
import math
from dataclasses import dataclass

import numpy as np

YEAR = 365 * 86400.0


@dataclass(frozen=True)
class Farm:
    """Devices and the driver behind them.

    Attributes:
        lanes: runs a device advances together.
        run_seconds: mean time of a run in its lane; times are log-normal.
        spread: of their logarithm.
        write_rate: runs a second that the driver writes.
        chunk_seconds: time between two checkpoints of a lane.
        mean_years: between two failures of one device.
        back_seconds: until a failed device works again.
    """

    devices: int = 1000
    lanes: int = 256
    run_seconds: float = 256.0
    spread: float = 0.8
    write_rate: float = 2000.0
    chunk_seconds: float = 10.0
    mean_years: float = 0.25
    back_seconds: float = 300.0

    @property
    def arrivals(self) -> float:
        """Runs a second that end while every lane is full."""
        return self.devices * self.lanes / self.run_seconds


@dataclass(frozen=True)
class Minute:
    """What came of simulated time: runs that ended and were written, and the longest queue for the writer."""

    ended: int
    written: int
    most_waiting: int


def written_by_one(farm: Farm, rng: np.random.Generator, *, seconds: float = 60.0) -> Minute:
    """One driver writes what all lanes report; a lane is refilled when its run ends, whether or not that is written."""
    n = farm.devices * farm.lanes
    # The farm has run for a while: of what is in the lanes the long runs are more, and each is somewhere in its middle.
    under_way = farm.run_seconds * rng.lognormal(farm.spread**2 / 2, farm.spread, n)
    ends = list(under_way * rng.uniform(size=n))
    heapq.heapify(ends)
    ended = written = most = 0
    clock = free_at = 0.0
    waiting: list[float] = []
    while (clock := ends[0]) < seconds:
        heapq.heapreplace(ends, clock + farm.run_seconds * rng.lognormal(-(farm.spread**2) / 2, farm.spread))
        ended += 1
        free_at = max(free_at, clock) + 1 / farm.write_rate
        heapq.heappush(waiting, free_at)
        while waiting and waiting[0] <= clock:
            heapq.heappop(waiting)
            written += 1
        most = max(most, len(waiting))
    return Minute(ended, written, most)


def lost_share(farm: Farm, rng: np.random.Generator, *, years: float = 1.0) -> tuple[int, float]:
    """Failures in so much time, and the share of device time they cost: half a chunk on average, and being away."""
    events = [(float(rng.exponential(farm.mean_years * YEAR)), device) for device in range(farm.devices)]
    heapq.heapify(events)
    failures, lost = 0, 0.0
    while events[0][0] < years * YEAR:
        at, device = events[0]
        failures += 1
        gone = farm.back_seconds + float(rng.uniform(0, farm.chunk_seconds))
        lost += gone
        heapq.heapreplace(events, (at + gone + float(rng.exponential(farm.mean_years * YEAR)), device))
    return failures, lost / (farm.devices * years * YEAR)


def idle_at_the_end(farm: Farm, rng: np.random.Generator, *, runs_a_lane: int, longest_first: bool) -> float:
    """Share of lane time that is idle while the last runs end, of a suite of so many runs a lane."""
    n = farm.devices * runs_a_lane  # the lanes of a device end together: one stands for all
    lengths = farm.run_seconds * rng.lognormal(-(farm.spread**2) / 2, farm.spread, n)
    if longest_first:
        lengths = np.sort(lengths)[::-1]
    free = [0.0] * farm.devices
    for length in lengths:
        heapq.heapreplace(free, free[0] + float(length))
    return 1 - float(lengths.sum()) / (farm.devices * max(free))


def writers_needed(farm: Farm) -> int:
    """Drivers, each with a part of the suite and a ledger of its own, that keep up at 70 % of their rate."""
    return math.ceil(farm.arrivals / (0.7 * farm.write_rate))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument(
        "--write-rate", type=float, default=2000.0, help="of benchmarks/scale.py, record, runs a second"
    )
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    farm = Farm(devices=options.devices, write_rate=options.write_rate)
    for fast in (0.25, 1.0, 4.0):
        some = Farm(devices=options.devices, write_rate=options.write_rate, run_seconds=farm.run_seconds * fast)
        came = written_by_one(some, rng)
        print(
            f"ledger: runs of {some.run_seconds:.0f} s on {some.devices} devices of {some.lanes} lanes end "
            f"{came.ended / 60:.0f} a second; one writer of {some.write_rate:.0f} a second has written "
            f"{came.written / came.ended:.0%} after a minute, {came.most_waiting} waited at most; "
            f"writers needed: {writers_needed(some)}; 1e8 runs take {1e8 / some.arrivals / 3600:.0f} hours"
        )
    failures, share = lost_share(farm, rng)
    print(f"failures: {failures} in a year, {failures / 365:.1f} a day; they cost {share:.4%} of device time")
    for runs_a_lane in (4, 40, 400):
        idle = [
            idle_at_the_end(farm, np.random.default_rng(1), runs_a_lane=runs_a_lane, longest_first=first)
            for first in (False, True)  # the same runs both times
        ]
        print(f"stragglers: {runs_a_lane} runs a lane: idle {idle[0]:.1%} in any order, {idle[1]:.2%} longest first")


if __name__ == "__main__":
    main()
