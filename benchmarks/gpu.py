"""All that is claimed of accelerators, in one command. It needs nothing but JAX, Equinox, Optax and NumPy.

    python benchmarks/gpu.py [--out out/gpu] [--widths 32 64 128 256] [--lanes 1 4 ... 2048] [--matmul highest]

Prints, and keeps in OUT.json and OUT.md from the first figure on: model-steps a second and the fraction of peak and
roofline by width and lanes, all devices of the machine together; what it gives that several primes share a pack; eager
PyTorch as 1, 4 and 8 processes on one device, where it is installed; and the device-hours of the suite `central` to
width 256. `--tiny` shows that it works.

A model-step is a training step of 512 examples with its share of the epoch's evaluation (modular division, p = 113,
dropout 0.2). Peak and bandwidth are measured here: the best of large matrix products, in the products asked for, and of
passes over a large array. The roofline counts products, and the bytes of parameters, gradient and optimiser alone.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # the baseline needs memory of the same device

import eager_processes
import jax
import jax.numpy as jnp
from central import device_hours

from grokscope.measurements import Watch
from grokscope.nets import Transformer
from grokscope.run import MATMULS, Matmul, Run, Shape
from grokscope.tasks import Modular
from grokscope.training.advance import MAX_CHUNK_EPOCHS, advance, stack_lanes
from grokscope.training.cost import multiplied_flops_per_epoch, roofline_seconds_per_epoch
from grokscope.training.devices import PRODUCTS, supports_matmul
from grokscope.training.lane import Lane, start_lane
from grokscope.training.memory import out_of_memory
from grokscope.training.optimisers import AdamW
from grokscope.training.padding import padded_shape, start_padded

ROUNDS = 3


@dataclass
class Report:
    """What was found. Rates are of all devices together; `None` where so many lanes do not fit."""

    device: str
    n_devices: int
    jax: str
    p: int
    matmul: Matmul
    honoured: bool
    flops: float
    bandwidth: float
    ours: list[dict[str, Any]] = field(default_factory=list)
    shared: list[dict[str, Any]] = field(default_factory=list)
    eager: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    central_device_hours: float | None = None

    def write(self, out: Path) -> None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.with_suffix(".json").write_text(json.dumps(asdict(self), indent=1) + "\n")
        out.with_suffix(".md").write_text(self.markdown())

    def markdown(self) -> str:
        lines = [
            f"{self.n_devices} x {self.device}, JAX {self.jax}, p = {self.p}, {self.matmul} products: "
            f"{self.flops / 1e12:.3g} Tflop/s and {self.bandwidth / 1e9:.3g} GB/s measured\n",
            "| width | lanes | model-steps a second | of peak | of roofline | compiling, s |",
            "|---|---|---|---|---|---|",
        ]
        for row in self.ours:
            figures = "does not fit | | | "
            if row["steps_per_second"] is not None:
                shares = f"{row['of_peak']:.1%} | {row['of_roofline']:.1%} | {row['compile_seconds']:.1f}"
                figures = f"{row['steps_per_second']:.4g} | {shares}"
            lines.append(f"| {row['width']} | {row['lanes']} | {figures} |")
        for row in self.shared:
            of = f"{row['lanes']} lanes of each of the primes {', '.join(map(str, row['primes']))}"
            apart, together = row["apart"], row["together"]
            lines += [
                "",
                f"Width {row['width']}, {of}: an epoch takes {apart:.3g} s in packs of one prime, and in one padded "
                f"pack {together:.3g} s, {apart / together:.2f} times less.",
            ]
        if self.eager:
            lines += [
                "",
                "| width | eager processes | model-steps a second | best of ours, times |",
                "|---|---|---|---|",
            ]
        for row in self.eager:
            times = self.best(row["width"]) / self.n_devices / row["steps_per_second"]
            lines.append(f"| {row['width']} | {row['processes']} | {row['steps_per_second']:.4g} | {times:.3g} |")
        if self.eager:
            lines += ["", "Eager PyTorch has one device; ours is divided by the number of devices there."]
        if self.central_device_hours is not None:
            hours = f"{self.central_device_hours:.3g} device-hours if every run goes to epoch 5000"
            lines += ["", f"Suite central with widths to 256: {hours}, at the rates above (projected, not run)."]
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes)]) + "\n"

    def best(self, width: int) -> float:
        """The most model-steps a second at a width; 0 if none was measured."""
        return max((row["steps_per_second"] or 0.0 for row in self.ours if row["width"] == width), default=0.0)


def seconds_of(go: Callable[[], Any]) -> float:
    began = time.perf_counter()
    jax.block_until_ready(go())
    return time.perf_counter() - began


def peak_flops(matmul: Matmul, size: int) -> float:
    """The best flop/s of one device over products of large square matrices."""
    with jax.default_matmul_precision(PRODUCTS[matmul]):
        multiply, a = jax.jit(jnp.matmul), jnp.ones((size, size), jnp.float32)
        multiply(a, a).block_until_ready()
        return 2 * size**3 / min(seconds_of(lambda: multiply(a, a)) for _ in range(20))


def peak_bandwidth(n: int) -> float:
    """The best bytes/s of one device: an array of n numbers read and written."""
    add, a = jax.jit(lambda a: a + 1), jnp.ones(n, jnp.float32)
    add(a).block_until_ready()
    return 2 * 4 * n / min(seconds_of(lambda: add(a)) for _ in range(20))


def run_of(p: int, width: int, matmul: Matmul) -> Run:
    """A run that never ends."""
    return Run(Modular(p), Transformer(width, dropout=0.2), AdamW(), Watch(), max_epochs=10**7, matmul=matmul)


def measured(shape: Shape, lanes: list[Lane], seconds: float) -> tuple[float, float]:
    """Seconds that a pack's epoch takes, and that its first one took, which compiles."""
    pack = stack_lanes(lanes)

    def epochs(n: int) -> float:
        return seconds_of(lambda: advance(shape, pack, n, strategy="vmap")[1])

    compiling = epochs(1)
    n = max(1, min(MAX_CHUNK_EPOCHS, round(seconds / epochs(1))))
    return median(epochs(n) for _ in range(ROUNDS)) / n, compiling


def shared_row(primes: list[int], width: int, lanes: int, matmul: Matmul, seconds: float) -> dict[str, Any]:
    """An epoch of so many lanes of every prime: in a pack for each prime, one after another, and in one for all."""
    runs = [run_of(p, width, matmul) for p in primes]
    (shape,) = {padded_shape(run.shape) for run in runs}
    apart = sum(measured(run.shape, [start_lane(run)] * lanes, seconds)[0] for run in runs)
    together, _ = measured(shape, [lane for run in runs for lane in [start_padded(run, shape)] * lanes], seconds)
    return {"width": width, "primes": primes, "lanes": lanes, "apart": apart, "together": together}


def row_of(run: Run, lanes: int, seconds: float, report: Report) -> dict[str, Any]:
    row: dict[str, Any] = {"width": run.net.dim, "lanes": lanes}  # type: ignore[attr-defined]
    try:
        took, compiling = measured(run.shape, [start_lane(run)] * lanes, seconds)
    except jax.errors.JaxRuntimeError as error:
        if not out_of_memory(error):
            raise
        return row | {"steps_per_second": None}
    least = roofline_seconds_per_epoch(run, flops=report.flops, bandwidth=report.bandwidth)
    rate = lanes / took
    flops = rate * multiplied_flops_per_epoch(run)
    shares = {"flops": flops, "of_peak": flops / report.flops, "of_roofline": rate * least}
    return row | {"steps_per_second": rate * run.steps_per_epoch, "compile_seconds": compiling} | shares


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/gpu"))
    parser.add_argument("--widths", type=int, nargs="+", default=[32, 64, 128, 256])
    parser.add_argument("--lanes", type=int, nargs="+", default=[1, 4, 16, 64, 256, 512, 1024, 2048])
    parser.add_argument("--processes", type=int, nargs="*", default=[1, 4, 8], help="of the baseline, at once")
    parser.add_argument("--shared", type=int, nargs="*", default=[64], help="widths at which primes share a pack")
    parser.add_argument("--matmul", choices=MATMULS, default="highest")
    parser.add_argument("--seconds", type=float, default=3.0, help="about how long each timing lasts")
    parser.add_argument("--tiny", action="store_true", help="p = 13, width 8, few lanes: a proof that it works")
    args = parser.parse_args()
    primes, p, size = [97, 101, 103, 107, 109, 113], 113, 8192 if jax.default_backend() != "cpu" else 1024
    if args.tiny:
        primes, p, size, args.widths, args.lanes, args.seconds = [11, 13], 13, 128, [8], [1, 4], 0.05
        args.shared = args.shared and [8]
        args.processes = args.processes[:1]
    n_devices, device = jax.local_device_count(), jax.local_devices()[0].device_kind
    flops, bandwidth = n_devices * peak_flops(args.matmul, size), n_devices * peak_bandwidth(4 * size**2)
    known = supports_matmul(args.matmul)
    report = Report(device, n_devices, jax.__version__, p, args.matmul, known, flops, bandwidth)
    if not known:
        report.notes.append(f"This device takes no {args.matmul} products: these are float32.")
    for width in args.widths:
        run = run_of(p, width, args.matmul)
        for lanes in args.lanes:
            report.ours.append(row_of(run, lanes, args.seconds, report))
            report.write(args.out)
    for width in args.shared:  # ten seeds, as the published suites have
        report.shared.append(shared_row(primes, width, 10, args.matmul, args.seconds))
        report.write(args.out)
    if args.processes and (why := eager_processes.missing()):
        report.notes.append(why)
    elif args.processes:
        for width in args.widths:
            steps = run_of(p, width, args.matmul).steps_per_epoch
            for n in args.processes:
                rate = steps * eager_processes.epochs_per_second(width, p, n, args.seconds)
                report.eager.append({"width": width, "processes": n, "steps_per_second": rate})
                report.write(args.out)
    # a rate is of all devices: an hour of it is as many device-hours
    rates = {w: max(r.get("flops", 0.0) for r in report.ours if r["width"] == w) / n_devices for w in args.widths}
    if rates := {width: rate for width, rate in rates.items() if rate}:
        report.central_device_hours = device_hours(rates)
    report.write(args.out)
    print(report.markdown(), end="")


if __name__ == "__main__":
    main()
