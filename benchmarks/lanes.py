"""Lanes taken together against lanes one after another, on one core of a CPU, by the work of a training step.

    python benchmarks/lanes.py [--lanes 256]

CPU microseconds of a lane's step, and the ratio: where a step is tiny most of its time is spent between operations, and
many lanes share that. `training.strategy` draws its line from this table.
"""

from __future__ import annotations

import argparse
import os
import time

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # before any library makes its thread pool

from grokscope.measurements import Watch
from grokscope.nets import Complete
from grokscope.run import Run
from grokscope.tasks import Parity, Scans, Sine, Spirals, Xor
from grokscope.training.advance import Strategy, advance, stack_lanes
from grokscope.training.cost import flops_per_step
from grokscope.training.lane import start_lane
from grokscope.training.optimisers import Adam
from grokscope.training.strategy import is_tiny

EPOCHS = 20
ROUNDS = 3


def run(task: object, hidden: int, batch_size: int) -> Run:
    return Run(task, Complete(hidden, 3), Adam(0.01), Watch(), batch_size=batch_size, max_epochs=10**6, loss="squared")  # type: ignore[arg-type]


RUNS = [
    run(Xor(), 5, -1),
    run(Sine(), 8, 10),
    run(Parity(bits=6), 16, -1),
    run(Spirals(), 16, 64),
    run(Scans(), 32, 64),
]


def microseconds(run: Run, lanes: int) -> float:
    """CPU time of a lane's step, the best of a few rounds, compiling not counted."""
    one = start_lane(run)
    strategy: Strategy = "loop" if lanes == 1 else "vmap"
    state = one if lanes == 1 else stack_lanes([one] * lanes)
    advance(run.shape, state, 1, strategy=strategy)[1].block_until_ready()
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        advance(run.shape, state, EPOCHS, strategy=strategy)[1].block_until_ready()
        best = min(best, time.process_time() - began)
    return 1e6 * best / (EPOCHS * run.steps_per_epoch * lanes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lanes", type=int, default=256)
    args = parser.parse_args()
    print(f"| task | flop a step | one lane, us | {args.lanes} lanes, us a lane | ratio | taken together |")
    print("|---|---|---|---|---|---|")
    for each in RUNS:
        work = flops_per_step(each.shape)
        alone, together = microseconds(each, 1), microseconds(each, args.lanes)
        tiny = "yes" if is_tiny(each.shape) else "no"
        row = (each.task.label, f"{work:.1e}", f"{alone:.1f}", f"{together:.1f}", f"{alone / together:.1f}", tiny)
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
