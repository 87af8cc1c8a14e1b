"""CPU seconds per model-epoch on one core: Grokscope against a plain eager PyTorch trainer of the same network.

    python benchmarks/cpu.py [--widths 20 32 64 128 256] [--epochs 3] [--rounds 5]

Both train and validate on modular division (p = 113, dropout 0.2, batch 512) in turn, in one call, on one core;
the median of the rounds' ratios is what to quote. Grokscope also measures the training examples in eval mode each
epoch, which the baseline does not: its time includes that. Compiling is not counted, and is printed.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
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
from grokscope.training.cost import flops_per_epoch  # noqa: E402
from grokscope.training.lane import start, stream  # noqa: E402
from grokscope.training.optimisers import AdamW  # noqa: E402

P = 113
DROPOUT = 0.2


def ours(width: int, epochs: int) -> tuple[Callable[[], None], float]:
    """A call that advances a lane by some epochs, and the seconds that compiling it took."""
    run = Run(Modular(P), Transformer(width, dropout=DROPOUT), AdamW(), Groks())
    lane, began = start(run), time.perf_counter()
    advance(run.shape, lane, 1, strategy="loop")[1].block_until_ready()
    return lambda: advance(run.shape, lane, epochs, strategy="loop")[1].block_until_ready(), time.perf_counter() - began


def theirs(width: int, epochs: int) -> Callable[[], None]:
    """The same for the baseline."""
    data = Modular(P).arrays(stream(0, "data"))
    x, y, val_x, val_y = (torch.from_numpy(np.asarray(array)).long() for array in data)
    trainer = Trainer((x, y, val_x, val_y), P + 2, width, DROPOUT, 512)

    def go() -> None:
        for _ in range(epochs):
            trainer.epoch()

    go()
    return go


def cpu_seconds(go: Callable[[], None]) -> float:
    """CPU seconds of this process, all threads."""
    began = time.process_time()
    go()
    return time.process_time() - began


def peak_flops(size: int = 512, times: int = 20) -> float:
    """The best rate, in flop/s, at which this core multiplies two square matrices."""
    a = np.ones((size, size), np.float32)
    best = min(cpu_seconds(lambda: [a @ a for _ in range(times)]) for _ in range(5))
    return 2 * size**3 * times / best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="+", default=[20, 32, 64, 128, 256])
    parser.add_argument("--epochs", type=int, default=3, help="epochs a timing")
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
        (mine, compiling), other = ours(width, args.epochs), theirs(width, args.epochs)
        pairs = [(cpu_seconds(other) / args.epochs, cpu_seconds(mine) / args.epochs) for _ in range(args.rounds)]
        ratios = [a / b for a, b in pairs]
        slow, fast = (median(column) for column in zip(*pairs, strict=True))
        used = flops_per_epoch(run) / fast / peak
        spread = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"| {width} | {1e3 * slow:.0f} | {1e3 * fast:.0f} | {spread} | {used:.0%} | {compiling:.1f} |", flush=True)


if __name__ == "__main__":
    main()
