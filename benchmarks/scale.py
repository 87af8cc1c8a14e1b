"""How time and memory of everything but the training grow with the number of runs.

    python benchmarks/scale.py [--runs 100000] [--postgres URL] [--folder out/benchmarks/scale]

Suites of a hundred runs (168, in fact) to `--runs`, ten times as many each, in the shape of the central one, go
through every step that the driver and the reader of a suite take, each in a process of its own:

    plan      the YAML to runs, and the plan of them
    register  the suite and its runs into a new ledger
    record    finished runs with their traces into it, 200 a transaction
    drive     the driver through the suite: queue, claims, packs of 64 for 8 workers that finish at once, and writes
    runs      `Ledger.runs` of the suite
    report    what `grokscope report` does, up to `--report-runs`

Printed are wall and processor seconds, runs a (wall) second, the peak memory of the process, and how a step grows: the
exponent k of runs^k, fitted to what each size takes beyond the smallest, and the model, so much and so much more a run,
fitted to all sizes. By processor time, since it is the same on a machine that does other things too. Exit status 1 if a
step grows faster than linearly, or a target is missed by the wall clock.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import nnls
from synthetic import BATCH, synthetic, text

from grokscope.ledger import open_ledger
from grokscope.ledger.database import batches
from grokscope.run import Run
from grokscope.suite import Suite, parse_suite
from grokscope.training.outcomes import Finished
from grokscope.workers.checkpoints import Checkpoints
from grokscope.workers.drive import Driver

PRIMES = (97, 101, 103, 107, 109, 113, 127, 131, 137, 139)
LANES, WORKERS = 64, 8
LINEAR = 1.15
"""The exponent that is clearly above 1; n log n has 1.09 from a thousand to a million."""
NOTICEABLE = 0.1
"""Seconds beyond the smallest size from which on a size says how a step grows."""
GIB = 2**30


class Cost(NamedTuple):
    """What a step took: seconds, seconds of processor time, bytes at the peak; of so many runs."""

    step: str
    store: str
    runs: int
    seconds: float
    cpu: float
    peak: int


class Target(NamedTuple):
    """What a step may take when it has `runs` runs or more; None where nothing is asked."""

    step: str
    runs: int
    seconds: float | None = None
    peak: float | None = None
    rate: float | None = None


TARGETS = (
    Target("plan", 1_000_000, seconds=60, peak=2 * GIB),
    Target("record", 10_000, rate=2000),
    Target("runs", 20_000, seconds=1),
    Target("drive", 20_000, peak=GIB),
)


def sized(runs: int) -> Suite:
    """The central suite with about so many runs: more seeds, and from a thousand runs on ten primes instead of one."""
    primes = PRIMES if runs >= 1000 else PRIMES[:1]
    return parse_suite(text(max(1, round(runs / (112 * len(primes)))), primes=", ".join(map(str, primes))))


class Instant:
    """A pool whose workers finish every run that they are dealt at once: what is left is the driver's own work."""

    def __init__(self, lanes: int, workers: int):
        self._lanes, self._workers, self._over = lanes, workers, False
        self._outcomes = Outcomes()

    def run(self, dealer: Any) -> Iterator[Finished | None]:
        while not self._over:
            dealt = [dealer.deal(None, self._lanes, self._workers) for _ in range(self._workers)]
            for jobs in (offer.items for offer in dealt if offer is not None and offer.items):
                yield from map(self._outcomes.of, (job.run for job in jobs))
                dealer.leave(jobs[0].run.shape)
            self._over = self._over or all(offer is not None and not offer.items for offer in dealt)
            yield None

    def stop(self) -> None:
        self._over = True

    kill = stop


class Outcomes:
    """Finished runs: of each net and task one made-up trace, which takes longer to make up than to write."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, str], Finished] = {}

    def of(self, run: Run) -> Finished:
        key = run.measurement.kind, run.task.label, run.net.label
        if key not in self._made:
            self._made[key] = synthetic(run)
        return dataclasses.replace(self._made[key], run=run)


def plan(suite: Suite, store: str, folder: Path) -> None:
    """The plan against a ledger that is not there."""
    from grokscope.planning.plan import plan_suite

    plan_suite(suite, folder / "nothing.sqlite")


def register(suite: Suite, store: str, folder: Path) -> None:
    with open_ledger(store) as ledger:
        ledger.register(suite.name, suite.text, suite.runs)


def record(suite: Suite, store: str, folder: Path) -> None:
    outcomes = Outcomes()
    with open_ledger(store, create=False) as ledger:
        for batch in batches(suite.runs, BATCH):
            ledger.record_all(map(outcomes.of, batch))


def drive(suite: Suite, store: str, folder: Path) -> None:
    with open_ledger(store, create=False) as ledger:
        ledger.reset(run.identity for run in suite.runs)
        tally = Driver(ledger, Checkpoints(folder / "checkpoints")).drive(suite.runs, Instant(LANES, WORKERS))  # type: ignore[arg-type]
        assert tally.done == len(suite.runs), tally


def runs(suite: Suite, store: str, folder: Path) -> None:
    with open_ledger(store, create=False) as ledger:
        assert len(ledger.runs(suite=suite.name)) == len(suite.runs)


def report(suite: Suite, store: str, folder: Path) -> None:
    from grokscope.studies.race.study import STUDY

    with open_ledger(store, create=False) as ledger:
        STUDY.write(STUDY.conclude(suite, ledger), folder / "report")


STEPS: dict[str, Callable[[Suite, str, Path], None]] = {
    step.__name__: step for step in (plan, register, record, drive, runs, report)
}


def measured(step: str, wanted: int, store: str, folder: Path) -> Cost:
    """What a step takes in this process. The plan includes reading the suite, which for the others is given."""
    suite = None if step == "plan" else sized(wanted)
    wall, cpu = time.perf_counter(), time.process_time()
    suite = suite or sized(wanted)
    STEPS[step](suite, store, folder)
    spent = time.perf_counter() - wall, time.process_time() - cpu
    # Linux counts in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Cost(step, store.partition(":")[0] if "://" in store else "sqlite", len(suite.runs), *spent, peak)


def apart(step: str, wanted: int, store: str, folder: Path) -> Cost:
    """`measured` in a process of its own, whose peak memory is the step's."""
    command = [sys.executable, __file__, "--step", step, "--runs", str(wanted), "--store", store, "--folder", folder]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{step} of {wanted} runs: {done.stderr.strip()}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def exponent(costs: Sequence[Cost]) -> float:
    """k of cost = c + b runs^k, c what the smallest size takes; NaN where fewer than two sizes take noticeably more."""
    least = min(costs, key=lambda cost: cost.runs)
    beyond = [(cost.runs - least.runs, cost.cpu - least.cpu) for cost in costs if cost.cpu - least.cpu > NOTICEABLE]
    if len(beyond) < 2:
        return math.nan
    return float(np.polyfit(*np.log(np.array(beyond)).T, 1)[0])


def line(runs: Sequence[int], found: Sequence[float]) -> tuple[float, float]:
    """a and b of a + b runs, neither below 0: the least sum of squared relative errors."""
    relative = np.stack([np.ones(len(runs)), runs], axis=1) / np.array(found)[:, None]
    (a, b), _ = nnls(relative, np.ones(len(runs)))
    return float(a), float(b)


def model(costs: Sequence[Cost]) -> str:
    """What a step takes by its number of runs, in words."""
    runs = [cost.runs for cost in costs]
    (fixed, each), (base, more) = (line(runs, found) for found in ([c.cpu for c in costs], [c.peak for c in costs]))
    return f"{fixed:.2f} s cpu and {1e6 * each:.0f} us a run, {base / 2**20:.0f} MiB and {more / 2**10:.2f} KiB a run"


def faults(costs: Sequence[Cost]) -> Iterator[str]:
    """Steps that grow faster than linearly, and targets that are missed, each at the smallest size that it is for."""
    for step, store in dict.fromkeys((cost.step, cost.store) for cost in costs):
        mine = [cost for cost in costs if (cost.step, cost.store) == (step, store)]
        if (k := exponent(mine)) > LINEAR:
            yield f"{step} on {store} grows with runs^{k:.2f}, expected no more than linearly"
        for target in TARGETS:
            if target.step != step or (target.rate and store != "sqlite"):
                continue
            large = [cost for cost in mine if cost.runs >= target.runs]
            if large:
                yield from missed(min(large, key=lambda cost: cost.runs), target)


def missed(cost: Cost, target: Target) -> Iterator[str]:
    # a target is for so many runs: of more, time and memory may be more in proportion
    share = cost.runs / target.runs
    what = f"{cost.step} of {cost.runs} runs on {cost.store}"
    if target.seconds is not None and cost.seconds > target.seconds * share:
        yield f"{what}: {cost.seconds:.1f} s, expected at most {target.seconds * share:.1f}"
    if target.peak is not None and cost.peak > target.peak * share:
        yield f"{what}: {cost.peak / GIB:.2f} GiB, expected at most {target.peak * share / GIB:.2f}"
    if target.rate is not None and cost.runs / cost.seconds < target.rate:
        yield f"{what}: {cost.runs / cost.seconds:.0f} runs a second, expected at least {target.rate:.0f}"


def told(cost: Cost) -> str:
    rate = cost.runs / cost.seconds
    took = f"{cost.seconds:9.2f} s {cost.cpu:9.2f} s cpu {rate:10.0f} runs/s {cost.peak / 2**20:7.0f} MiB"
    return f"{cost.step:9} {cost.store:10} {cost.runs:9} runs {took}"


def sizes(most: int) -> list[int]:
    """100, 1000, ... to `most`."""
    return [10**power for power in range(2, 7) if 10**power <= most]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000, help="the largest size (default 100 000)")
    parser.add_argument("--report-runs", type=int, default=10_000, help="the largest size that is reported")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS), help="default: all")
    parser.add_argument("--postgres", help="URL of an empty PostgreSQL database, which is measured too")
    parser.add_argument("--folder", type=Path, default=Path("out/benchmarks/scale"), help="where to put it all")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--store", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.step:
        print(json.dumps(measured(options.step, options.runs, options.store, options.folder)._asdict()))
        return
    costs = []
    for size in sizes(options.runs):
        stores = [str(options.folder / f"{size}.sqlite"), *([options.postgres] if options.postgres else [])]
        for store in stores:
            for old in options.folder.glob(f"{size}.sqlite*") if store == stores[0] else ():
                old.unlink()
            for step in options.steps:
                if (step == "report" and size > options.report_runs) or (step == "plan" and store != stores[0]):
                    continue
                costs.append(apart(step, size, store, options.folder))
                print(told(costs[-1]), flush=True)
    for step, store in dict.fromkeys((cost.step, cost.store) for cost in costs):
        mine = [cost for cost in costs if (cost.step, cost.store) == (step, store)]
        k = exponent(mine)
        print(f"{step} on {store}: {'too short to say' if math.isnan(k) else f'runs^{k:.2f}'}; {model(mine)}")
    if found := list(faults(costs)):
        raise SystemExit("\n".join(found))


if __name__ == "__main__":
    main()
