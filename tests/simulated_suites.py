"""Suites of a world whose laws are known (`simulation.Truth`), done as the engine would do them: a trace a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from grokscope.laws.statistics.simulation import Truth
from grokscope.ledger import Ledger
from grokscope.measurements import Trace
from grokscope.run import Run
from grokscope.suite import Suite, parse_suite
from grokscope.training.outcomes import Finished, Provenance

RECORD = Provenance(
    "0", "", "here", "cpu", "loop/default", 1, 1.0, "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:01+00:00"
)
OFFSET = 10**-0.16
"""Onset over crossing, as published."""
PRIMES = (89, 97, 101, 107, 113)
HELD_OUT = (97, 107)
WIDTHS = (32, 40, 48, 52, 56, 60, 64, 80, 96)

TEXT = """
name: {name}
defaults: {{operation: "/", train_fraction: 0.5, dropout: 0.2, weight_decay: 1.0, max_epochs: 1500, batch_size: 512}}
experiments:
  speed: {{type: speed, primes: [{primes}], seeds: [{seeds}], dims: [{dims}], n_samples: auto, stop_on: both}}
  groks: {{type: groks, primes: [{primes}], seeds: [{seeds}], dims: [{dims}]}}
analysis:
  capacity_constant: 2.16
  hypothesis_tests: false
{calibrate}
"""


def suite(
    calibrate: str = "{primes: [89, 101, 113]}",
    *,
    name: str = "world",
    primes: Sequence[int] = PRIMES,
    dims: Sequence[int] = WIDTHS,
    seeds: int = 2,
) -> Suite:
    """A suite of that world; without a calibration if `calibrate` is empty."""
    text = TEXT.format(
        name=name,
        primes=", ".join(map(str, primes)),
        dims=", ".join(map(str, dims)),
        seeds=", ".join(map(str, range(seeds))),
        calibrate=f"  calibrate: {calibrate}" if calibrate else "",
    )
    return parse_suite(text, source=f"{name}.yaml")


def world(p: int) -> Truth:
    """T_gen grows with p, so that the power of p has something to find."""
    return Truth(p=p, gen_scale=250 * (p / 97) ** 1.5, mem_spread=0.02, gen_spread=0.02)


def onset(p: int, dims: Sequence[int] = WIDTHS) -> int:
    """P of the first width past the true onset."""
    place = world(p).crossing() * OFFSET
    return min(world(p).n_params(dim) for dim in dims if world(p).n_params(dim) > place)


def done(run: Run, truth: Callable[[int], Truth] = world) -> Finished:
    """A run as its world has it: what arrives does so in one epoch, by both accuracies."""
    here, dim = truth(run.task.p), run.net.dim
    rng = np.random.default_rng([run.seeds.data, run.task.p, dim, run.measurement.kind == "groks"])
    params, groks = here.n_params(dim), run.measurement.kind == "groks"
    mean, spread = (here.t_gen(params), here.gen_spread) if groks else (here.t_mem(params), here.mem_spread)
    arrives = math.ceil(float(mean) * math.exp(spread * rng.standard_normal()))
    epochs = min(arrives, run.max_epochs)
    index = np.arange(1, epochs + 1)
    # Past the onset training is ahead of validation, by more the wider the net.
    ahead = 3 if groks and params > here.crossing() * OFFSET else 0
    known, shown = (np.where(index >= arrives - lead, 1.0, 0.1) for lead in (ahead, 0))
    absent = np.full(epochs, np.nan)
    trace = Trace(
        running_loss=1 - known,
        running_acc=known,
        train_loss=1 - known,
        train_acc=known,
        val_loss=1 - shown if groks else absent,
        val_acc=shown if groks else absent,
        param_norm=1.0 * index,
    )
    return Finished(run, trace, run.measurement.result(run, trace), RECORD)


def do(ledger: Ledger, runs: Sequence[Run], truth: Callable[[int], Truth] = world) -> None:
    """Enter the outcomes of these runs."""
    ledger.record_all([done(run, truth) for run in runs])
