"""CPU seconds per model-epoch on one core: Grokscope against a plain eager PyTorch trainer of the same network.

    python benchmarks/cpu.py [--widths 20 32 64 128 256] [--seconds 2] [--rounds 5]

Both train and validate on modular division (p = 113, dropout 0.2, batch 512) in turn, in one call, on one core;
the median of the rounds' ratios is what to quote. Grokscope also measures the training examples in eval mode each
epoch, which the baseline does not: its time includes that. Compiling is not counted, and is printed.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Callable
from functools import partial
from statistics import median

CORE = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
if CORE is not None:
    os.sched_setaffinity(0, {CORE})  # before any library makes its thread pool

import jax  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from eager import Trainer  # noqa: E402

from grokscope.measurements import Groks  # noqa: E402
from grokscope.nets import Transformer  # noqa: E402
from grokscope.run import Run  # noqa: E402
from grokscope.tasks import Modular  # noqa: E402
from grokscope.training.advance import advance  # noqa: E402
from grokscope.training.cost import choose_variant, multiplied_flops_per_epoch  # noqa: E402
from grokscope.training.lane import start_lane, stream_key  # noqa: E402
from grokscope.training.optimisers import AdamW  # noqa: E402

P = 113
DROPOUT = 0.2


Epochs = Callable[[int], None]
"""So many epochs, here and now."""


def ours(width: int) -> tuple[Epochs, float]:
    """A lane to advance, and the seconds that compiling took."""
    run = Run(Modular(P), Transformer(width, dropout=DROPOUT), AdamW(), Groks())
    lane, began = start_lane(run), time.perf_counter()
    go = partial(advance, run.shape, lane, strategy="loop", variant=choose_variant(run))
    go(1)[1].block_until_ready()
    compiling = time.perf_counter() - began
    return lambda epochs: go(epochs)[1].block_until_ready(), compiling


def theirs(width: int) -> Epochs:
    """The same for the baseline, warmed up."""
    data = Modular(P).arrays(stream_key(0, "data"))
    x, y, val_x, val_y = (torch.from_numpy(np.asarray(array)).long() for array in data)
    trainer = Trainer((x, y, val_x, val_y), P + 2, width, DROPOUT, 512)

    def go(epochs: int) -> None:
        for _ in range(epochs):
            trainer.epoch()

    go(1)
    return go


def cpu_seconds(go: Callable[[], None]) -> float:
    """CPU seconds of this process, all threads."""
    began = time.process_time()
    go()
    return time.process_time() - began


def peak_flops(size: int = 1024, times: int = 5) -> float:
    """The best rate, in flop/s, at which this core multiplies two square matrices, by XLA or by PyTorch."""
    multiply, a, b = jax.jit(jax.numpy.matmul), jax.numpy.ones((size, size)), torch.ones(size, size)
    multiply(a, a).block_until_ready()
    kernels = (lambda: multiply(a, a).block_until_ready(), lambda: b @ b)
    best = min(cpu_seconds(lambda kernel=kernel: [kernel() for _ in range(times)]) for kernel in kernels * 5)
    return 2 * size**3 * times / best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="+", default=[20, 32, 64, 128, 256])
    parser.add_argument("--seconds", type=float, default=2.0, help="about how long each timing of Grokscope lasts")
    parser.add_argument("--rounds", type=int, default=5, help="timings of each, in turn")
    args = parser.parse_args()
    torch.set_num_threads(1)
    peak = peak_flops()
    print(f"JAX {jax.__version__}, PyTorch {torch.__version__}, core {CORE}, p = {P}, dropout {DROPOUT}, batch 512")
    print(f"matmul peak of the core: {peak / 1e9:.0f} Gflop/s\n")
    print("| width | eager PyTorch, ms | Grokscope, ms | ratio: median (min to max) | of matmul peak | compiling, s |")
    print("|---|---|---|---|---|---|")
    for width in args.widths:
        run = Run(Modular(P), Transformer(width), AdamW(), Groks())
        (mine, compiling), other = ours(width), theirs(width)
        epochs = math.ceil(args.seconds / cpu_seconds(lambda mine=mine: mine(1)))
        timings = [
            [cpu_seconds(lambda go=go, n=epochs: go(n)) / epochs for go in (other, mine)] for _ in range(args.rounds)
        ]
        ratios = [a / b for a, b in timings]
        slow, fast = (median(column) for column in zip(*timings, strict=True))
        used = multiplied_flops_per_epoch(run, halves=choose_variant(run).halves) / fast / peak
        spread = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(
            f"| {width} | {1e3 * slow:.0f} | {1e3 * fast:.0f} | {spread} | {used:.0%} | {compiling:.1f} |", flush=True
        )


if __name__ == "__main__":
    main()
