"""What coarser matrix products do to T_mem and T_gen: runs of the quick suite with rounded factors, and without.

    python benchmarks/matmul.py [--dims 32 48]          # a quarter of an hour on one core

Where a device has `tf32` or `bfloat16` products it rounds the factors to 10 or 7 bits of mantissa, multiplies them and
adds up in float32. A CPU has no such products; here the factors of every product, forward and backward, are rounded
before an exact one, which is the same arithmetic. Printed are the times of each run and, paired at equal width and
seed, the mean ratio with its 95 % interval.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax._src.lax.lax import _dot_general_lower  # no public way leads to how a product is lowered
from jax.extend.mlir.dialects import stablehlo
from jax.interpreters import mlir
from scipy.stats import t as student

from grokscope.run import Run
from grokscope.suite import load_suite
from grokscope.training.train import train

MANTISSA = {"highest": 23, "tf32": 10, "bfloat16": 7}
"""Bits of a factor that are kept."""
TIMES = {"speed": ("t_mem_running", "t_mem_eval"), "groks": ("t_gen",)}


def lowering(bits: int) -> Callable[..., Any]:
    """That of a product whose factors are rounded to so many bits of mantissa."""

    def lower(ctx: Any, lhs: Any, rhs: Any, **how: Any) -> Any:
        factors = (stablehlo.reduce_precision(each, exponent_bits=8, mantissa_bits=bits) for each in (lhs, rhs))
        return _dot_general_lower(ctx, *factors, **how)

    return lower


def times(runs: list[Run], bits: int) -> dict[str, np.ndarray]:
    """Epochs of every run, NaN where it did not arrive, by what is timed."""
    jax.clear_caches()
    mlir.register_lowering(jax.lax.dot_general_p, lowering(bits), platform="cpu")
    found: dict[str, list[float]] = {}
    for run in runs:
        result = train(run).result
        for name in TIMES[run.measurement.kind]:
            found.setdefault(name, []).append(getattr(result, name) or np.nan)
            print(f"  d = {run.net.dim}, seeds {run.seeds}: {name} {found[name][-1]:g}", flush=True)
    return {name: np.array(values) for name, values in found.items()}


def ratio(coarse: np.ndarray, exact: np.ndarray) -> str:
    """The geometric mean of paired ratios, with its interval."""
    logs = np.log(coarse / exact)
    logs = logs[np.isfinite(logs)]
    within = student.ppf(0.975, len(logs) - 1) * logs.std(ddof=1) / len(logs) ** 0.5
    low, mean, high = np.exp([logs.mean() - within, logs.mean(), logs.mean() + within])
    return f"{mean:.3f} [{low:.3f}, {high:.3f}] of {len(logs)} pairs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dims", type=int, nargs="+", default=[32, 48])
    options = parser.parse_args()
    runs = [run for run in load_suite("quick").runs if run.measurement.kind in TIMES and run.net.dim in options.dims]
    found = {}
    for name, bits in MANTISSA.items():
        print(f"{name}, {bits} bits:")
        found[name] = times(runs, bits)
    for name in ("tf32", "bfloat16"):
        for measured, exact in found["highest"].items():
            print(f"{measured}, {name} over highest: {ratio(found[name][measured], exact)}")


if __name__ == "__main__":
    main()
