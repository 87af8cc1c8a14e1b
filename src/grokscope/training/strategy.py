"""Which strategy a pack uses on this device, and how many lanes."""

from __future__ import annotations

import math
import time
from functools import lru_cache
from typing import NamedTuple

import jax

from grokscope.run import Run, Shape
from grokscope.training.advance import Strategy, advance, stack
from grokscope.training.cost import PASSES
from grokscope.training.lane import start
from grokscope.training.memory import out_of_memory
from grokscope.training.pack import precision

MEMORY_SHARE = 0.5
ACTIVATION_ROWS = 40
"""Floats that one example keeps alive in a training step, in units of the square root of P, generously."""
MOST_LANES = 1024
WORTH_MEASURING = 64
"""Runs that must be waiting before a few dozen seconds of compiling candidates pay."""


TINY_STEP = 5e5
"""Floating-point operations of a training step below which a CPU takes many lanes together: 256 lanes of a step of 3e3
go eleven times as fast as one after another, of 2e5 three times, of 4e6 no faster (`benchmarks/lanes.py`)."""
TINY_LANES = 256


class Choice(NamedTuple):
    """A strategy, the lanes of its pack, and how it was chosen: `default` for the device, or `measured` on it."""

    strategy: Strategy
    lanes: int
    how: str


def choose(shape: Shape, sample: Run, *, waiting: int) -> Choice:
    """The default of the device; measured where so many runs are waiting that measuring pays, and is in doubt."""
    if waiting >= WORTH_MEASURING and not (jax.default_backend() == "cpu" and is_tiny(shape)):
        return measured(shape, sample)
    return default(shape, waiting + 1)


def default(shape: Shape, n_runs: int) -> Choice:
    """A CPU is full with one lane at batch 512, and vectorising loses, but where a step is so small that most of its
    time is spent between operations; an accelerator wants all it can hold."""
    if jax.default_backend() == "cpu":
        return Choice("vmap", min(n_runs, TINY_LANES), "default") if is_tiny(shape) else Choice("loop", 1, "default")
    return Choice("vmap", max(1, min(n_runs, most_lanes(shape))), "default")


def is_tiny(shape: Shape) -> bool:
    """Whether a training step is so little work that lanes are better taken together even on a CPU."""
    return PASSES * shape.batch_size * shape.net.flops_per_example(shape.signature) < TINY_STEP


@lru_cache(maxsize=256)
def measured(shape: Shape, sample: Run) -> Choice:
    """The candidate with the most lane-epochs a second, two epochs each after compiling."""
    on_cpu = jax.default_backend() == "cpu"
    widths = (4,) if on_cpu else tuple(w for w in (16, 64, 256, 1024) if w <= most_lanes(shape)) or (1,)
    candidates = [Choice("loop", 1, "measured")] if on_cpu else []
    candidates += [Choice("vmap", width, "measured") for width in widths]
    return max(candidates, key=lambda choice: speed(shape, sample, choice))


def speed(shape: Shape, sample: Run, choice: Choice) -> float:
    """Lane-epochs a second, compiling not counted; none if so many lanes do not fit."""
    try:
        return timed(shape, sample, choice)
    except jax.errors.JaxRuntimeError as error:
        if not out_of_memory(error):
            raise
        return 0.0


def timed(shape: Shape, sample: Run, choice: Choice) -> float:
    """Lane-epochs a second, of two epochs."""
    with precision(shape):
        lane = start(sample)
        lanes = stack([lane] * choice.lanes) if choice.strategy == "vmap" else lane
        advance(shape, lanes, 1, strategy=choice.strategy)[1].block_until_ready()
        began = time.perf_counter()
        advance(shape, lanes, 2, strategy=choice.strategy)[1].block_until_ready()
        return 2 * choice.lanes / (time.perf_counter() - began)


def most_lanes(shape: Shape) -> int:
    """Lanes that fit into half of the device's memory: parameters four times over, and a batch's activations."""
    stats = jax.local_devices()[0].memory_stats() or {}
    n_params = shape.net.n_params(shape.signature)
    width = math.sqrt(n_params)
    activations = shape.batch_size * ACTIVATION_ROWS * max(width, shape.signature.classes)
    bytes_per_lane = 4 * (4 * n_params + activations) * (2 if shape.precision == "float64" else 1)
    limit = stats.get("bytes_limit", 8 * 2**30)
    return int(max(1, min(MOST_LANES, MEMORY_SHARE * limit // bytes_per_lane)))
