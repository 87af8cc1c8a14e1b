"""Suites whose truth is known: what the laws are tried on, since of real runs nobody knows the truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from grokscope.laws.arrays import Array
from grokscope.laws.times.cells import with_axes

WIDTHS = (32, 40, 48, 56, 64, 80, 96, 112, 128)
CAPACITY_WIDTHS = (10, 14, 20)


@dataclass(frozen=True)
class Truth:
    """A made-up world at one prime: division, half of the table for training, two layers of one head.

    Attributes:
        bits_per_param: C.
        mem_scale, mem_rate: T_mem = scale * exp(rate * K / (C P)), the published law.
        gen_scale, gen_power: T_gen = scale * (P / 144064) ** -power.
        mem_spread, gen_spread: standard deviation of ln T between seeds; bits_spread of ln bits.
        max_epochs: longer runs are censored.
    """

    p: int = 97
    bits_per_param: float = 2.16
    mem_scale: float = 12.5
    mem_rate: float = 25.14
    gen_scale: float = 250.0
    gen_power: float = 0.8
    mem_spread: float = 0.15
    gen_spread: float = 0.2
    bits_spread: float = 0.012
    max_epochs: int = 3000

    @property
    def bits(self) -> float:
        """K of the training half of the division table."""
        return math.trunc(0.5 * self.p * (self.p - 1)) * math.log2(self.p + 2)

    def n_params(self, dim: int) -> int:
        """P of the published network. Source: method 2.2."""
        return 32 * dim**2 + (2 * self.p + 9) * dim

    def t_mem(self, n_params: Array | float) -> Array:
        """Mean T_mem in epochs, of the shape of `n_params`. Source: method 5.8."""
        return np.asarray(self.mem_scale * np.exp(self.mem_rate * self.bits / (self.bits_per_param * n_params)))

    def t_gen(self, n_params: Array | float) -> Array:
        """Mean T_gen in epochs likewise, a power of P. Source: method 6.1."""
        return np.asarray(self.gen_scale * (np.asarray(n_params) / 144064) ** -self.gen_power)

    def crossing(self, widths: tuple[int, ...] = WIDTHS) -> float:
        """P at which T_mem falls below T_gen between the least and the greatest width; NaN if nowhere."""
        x = np.geomspace(self.n_params(widths[0]), self.n_params(widths[-1]), 20_000)
        gap = np.log(self.t_mem(x)) - np.log(self.t_gen(x))
        falling = np.flatnonzero((gap[:-1] > 0) & (gap[1:] <= 0))
        return float(x[falling[0]]) if len(falling) else float("nan")


def simulate_runs(
    truth: Truth, rng: np.random.Generator, *, seeds: int, widths: tuple[int, ...] = WIDTHS, probe: str = "random"
) -> pd.DataFrame:
    """Simulate finished runs of a suite in that world: capacity, speed and groks.

    Args:
        rng: of the spread between seeds.
        seeds: of every cell.
        widths: of speed and groks runs.
        probe: which data the speed runs memorise.

    Returns:
        The columns that laws read, `cells.with_axes` included, a row a run.
    """
    rows = []
    for seed in range(seeds):
        for dim in widths:
            params = truth.n_params(dim)
            for measurement, mean, spread in (
                ("speed", truth.t_mem(params), truth.mem_spread),
                ("groks", truth.t_gen(params), truth.gen_spread),
            ):
                # Counted in whole epochs, the one in which it arrives included.
                time = math.ceil(float(mean) * math.exp(spread * rng.standard_normal()))
                arrived = float(time) if time <= truth.max_epochs else float("nan")
                row = _row(truth, measurement, dim, seed) | {"epochs": min(time, truth.max_epochs)}
                if measurement == "speed":
                    rows.append(row | {"probe": probe, "t_mem_running": arrived, "t_mem_eval": arrived})
                else:
                    rows.append(row | {"probe": "task", "t_gen": arrived})
        for dim in CAPACITY_WIDTHS:
            held = truth.bits_per_param * truth.n_params(dim) * math.exp(truth.bits_spread * rng.standard_normal())
            row = _row(truth, "capacity", dim, seed) | {"probe": "random", "epochs": 1000}
            rows.append(row | {"total_bits": held, "dataset_bits": 2 * held})
    columns = ["t_mem_running", "t_mem_eval", "t_gen", "total_bits"]
    frame = pd.DataFrame(rows).reindex(columns=[*dict.fromkeys([*rows[0], *columns])])
    return with_axes(frame.astype(dict.fromkeys(columns, float)))


def _row(truth: Truth, measurement: str, dim: int, seed: int) -> dict[str, object]:
    return {
        "id": f"{measurement}-{truth.p}-{dim}-{seed}",
        "measurement": measurement,
        "p": truth.p,
        "op": "/",
        "fraction": 0.5,
        "dim": dim,
        "seed": seed,
        "n_params": truth.n_params(dim),
        "dataset_bits": truth.bits,
    }
