"""Runs that were never trained, for benchmarks and tests: the central suite, and finished runs of a made-up race."""

from __future__ import annotations

import numpy as np

from grokscope.laws.statistics.simulation import Truth
from grokscope.ledger import Ledger
from grokscope.measurements import Trace
from grokscope.run import Run
from grokscope.suite import Suite
from grokscope.training.outcomes import Finished, Provenance

RECORD = Provenance(
    *("synthetic", "", "nowhere", "none", "none", 1, 1.0),
    *("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:01+00:00"),
)
BATCH = 200
"""Runs that are recorded in one transaction."""
STEEPNESS = 6.0
"""How steeply an accuracy rises to 99 % against the log of epochs."""


def text(seeds: int, *, primes: str = "97, 101, 103, 107, 109, 113, 127, 131, 137, 139", end: int = 256) -> str:
    """The central suite to width `end`, with so many seeds."""
    numbers = ", ".join(str(42 + i) for i in range(seeds))
    options = "delay_train_threshold: 99, delay_val_threshold: 98, mem_curve_threshold: 99, gen_curve_threshold: 99"
    return f"""
name: synthetic
description: Runs that were never trained, in the shape of the central suite
defaults: {{operation: "/", train_fraction: 0.5, depth: 2, heads: 1, dropout: 0.2, lr: 1.0e-3, weight_decay: 1.0}}
experiments:
  capacity:
    type: capacity
    operation: random
    dropout: 0.0
    primes: [113]
    seeds: [42]
    dims: [10, 12, 14, 16, 18, 20, 22]
    n_samples: [1000, 1374, 1891, 2601, 3576, 4917, 6761, 9300]
  speed:
    type: speed
    primes: [{primes}]
    seeds: [{numbers}]
    dim_ranges: [{{start: 20, end: {min(end, 128)}, step: 4}}, {{start: 136, end: {max(end, 136)}, step: 8}}]
    n_samples: auto
  groks:
    type: groks
    primes: [{primes}]
    seeds: [{numbers}]
    dim_ranges: [{{start: 20, end: {min(end, 128)}, step: 2}}, {{start: 130, end: {max(end, 130)}, step: 10}}]
analysis:
  max_dim: 256
  figures:
    - {{name: intersection, slice_field: p, x_field: n_params, colour_field: dim, {options}}}
    - {{name: intersection_by_prime, slice_field: dim, x_field: dataset_bits, colour_field: p, {options}}}
"""


def synthetic(run: Run, seed: int = 0) -> Finished:
    """A run, finished: its times by the published law and a power of P, with noise that is the run's own."""
    trace = made_up(run, np.random.default_rng([seed, int(run.identity[:12], 16)]))
    return Finished(run, trace, run.measurement.result(run, trace), RECORD)  # type: ignore[attr-defined]


def made_up(run: Run, rng: np.random.Generator) -> Trace:
    """A trace that ends with the epoch in which the run's accuracies are there, or with its last."""
    p, n_train, n_val = run.task.p, run.task.n_train, run.task.n_val  # type: ignore[attr-defined]
    truth, n_params = Truth(p=p, max_epochs=run.max_epochs), run.net.n_params(run.task.signature)
    vocab_bits = np.log2(p + 2)
    if run.measurement.kind == "capacity":
        share = min(1.0, truth.bits_per_param * n_params / (n_train * vocab_bits))
        loss = np.full(600, vocab_bits * np.log(2) * (1 - share * np.exp(0.01 * rng.standard_normal())), np.float32)
        nothing = np.full_like(loss, np.nan)
        return Trace(loss, nothing, loss, nothing, nothing, nothing, nothing)
    with np.errstate(over="ignore"):
        mem = min(1e9, float(truth.t_mem(n_params))) * np.exp(truth.mem_spread * rng.standard_normal())
    gen = float(truth.t_gen(n_params)) * np.exp(truth.gen_spread * rng.standard_normal())
    running, train = (mem, 0.6 * mem) if run.measurement.kind == "speed" else (0.7 * mem, 0.5 * mem)
    last = running if run.measurement.kind == "speed" else max(running, gen)
    log_epoch = np.log(np.arange(1, int(np.clip(np.ceil(last), 1, run.max_epochs)) + 1))

    def accuracy(arrival: float, n: int) -> np.ndarray:
        rise = 1 / (1 + np.exp(-(np.log(99) + STEEPNESS * (log_epoch - np.log(arrival)))))
        # What it departs by below 98 % is chance; from there on it only rises, so that it arrives when it should.
        noisy = rise + np.where(rise < 0.975, 0.5 * (0.98 - rise) * rise, 0) * rng.standard_normal(len(rise)) * 0.1
        return np.asarray(np.ceil(np.clip(noisy, 0, 1) * n - 1e-6) / n, np.float32)

    rises = accuracy(running, n_train), accuracy(train, n_train)
    val = accuracy(gen, n_val) if n_val else np.full(len(log_epoch), np.nan, np.float32)
    losses = [(4.6 * (1 - rise)).astype(np.float32) for rise in (*rises, val)]
    norm = (10 + log_epoch).astype(np.float32)
    return Trace(losses[0], rises[0], losses[1], rises[1], losses[2], val, norm)


def fill(ledger: Ledger, suite: Suite, *, every: int = 1) -> int:
    """Enter the suite and record every so manieth of its runs that are not done. How many those were."""
    ledger.register(suite.name, suite.text, suite.runs)
    states = ledger.states(suite=suite.name)
    todo = [run for run in suite.runs[::every] if states[run.identity] != "done"]
    for start in range(0, len(todo), BATCH):
        ledger.record_all(synthetic(run) for run in todo[start : start + BATCH])
    return len(todo)
