"""The strategy of a pack on this device, and how many lanes it has."""

from __future__ import annotations

import math
import time
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from grokscope.run import Run, Shape
from grokscope.training.advance import Strategy, advance, compile_advance, stack_lanes
from grokscope.training.cost import flops_per_step
from grokscope.training.devices import lane_bucket, n_devices, precision
from grokscope.training.memory import out_of_memory
from grokscope.training.padding import start_padded
from grokscope.training.variant import Variant, drops

MEMORY_SHARE = 0.5
ACTIVATION_ROWS = 40
"""Floats that one example keeps alive in a training step, in units of the square root of P, generously."""
MOST_LANES = 4096
"""Lanes of one device, beyond which no device is expected to gain."""
PROBED = 16
"""Lanes of the program whose memory is asked for."""
GAIN = 1.1
"""A pack four times as wide must be faster by this factor: it takes longer to compile, and longer to drain."""
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
        return measure_choice(shape, sample, most=lane_bucket(waiting + 1))
    return default_choice(shape, waiting + 1)


def default_choice(shape: Shape, n_runs: int) -> Choice:
    """A CPU is full with one lane at batch 512, and vectorising loses, but where a step is so small that most of its
    time is spent between operations; an accelerator wants all it can hold."""
    if jax.default_backend() == "cpu":
        return Choice("vmap", min(n_runs, TINY_LANES), "default") if is_tiny(shape) else Choice("loop", 1, "default")
    return Choice("vmap", max(1, min(n_runs, estimate_max_lanes(shape))), "default")


def is_tiny(shape: Shape) -> bool:
    """Whether a training step is so little work that lanes are better taken together even on a CPU."""
    return flops_per_step(shape) < TINY_STEP


@lru_cache(maxsize=256)
def measure_choice(shape: Shape, sample: Run, most: int = MOST_LANES) -> Choice:
    """Measure the choice with the most lane-epochs a second, two epochs each after compiling.

    On an accelerator packs grow fourfold for as long as that pays and they fit; there is no pack of more than `most`.
    """
    if jax.default_backend() == "cpu":
        candidates = [Choice("loop", 1, "measured"), Choice("vmap", 4, "measured")]
        return max(candidates, key=lambda choice: lane_epochs_per_second(shape, sample, choice))
    fitting = max(n_devices(), min(most, fitting_lanes(shape, sample)))
    best, best_speed = Choice("vmap", n_devices(), "measured"), 0.0
    for lanes in ladder(fitting):
        choice = Choice("vmap", lanes, "measured")
        found = lane_epochs_per_second(shape, sample, choice)
        if found < GAIN * best_speed or not found:
            break
        best, best_speed = choice, found
    return best


def ladder(most: int) -> list[int]:
    """Numbers of lanes that are tried one after the other, an equal share on every device, the last about `most`."""
    each = max(1, most // n_devices())
    top = 1 << (each.bit_length() - 1)
    steps = [PROBED * 4**i for i in range(8) if PROBED * 4**i < top]
    return [n_devices() * lanes for lanes in [*steps, top]]


@lru_cache(maxsize=256)
def fitting_lanes(shape: Shape, sample: Run) -> int:
    """Lanes that fit into the share of the devices' memory, by what the compiler says that a small pack takes.

    Where it says nothing, `estimate_max_lanes`.
    """
    taken = bytes_per_lane(shape, sample)
    return lanes_that_fit(taken) if taken else estimate_max_lanes(shape)


def bytes_per_lane(shape: Shape, sample: Run) -> float:
    """Bytes of arguments, results and everything in between for a lane of a compiled pack; 0 if not known."""
    with precision(shape):
        lane = start_padded(sample, shape)
        stacked = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((PROBED, *leaf.shape), leaf.dtype), lane)
        function: Any = compile_advance(shape, "vmap", 1, Variant(drops(sample)))
        program = function.lower(stacked.fixed, stacked.state, jnp.asarray(0, jnp.int32)).compile()
    found: Any = program.memory_analysis()
    if found is None:
        return 0.0
    return float(found.argument_size_in_bytes + found.output_size_in_bytes + found.temp_size_in_bytes) / PROBED


def lane_epochs_per_second(shape: Shape, sample: Run, choice: Choice) -> float:
    """Measure lane-epochs a second, compiling not counted; 0 if so many lanes do not fit."""
    try:
        return time_two_epochs(shape, sample, choice)
    except jax.errors.JaxRuntimeError as error:
        if not out_of_memory(error):
            raise
        return 0.0


def time_two_epochs(shape: Shape, sample: Run, choice: Choice) -> float:
    """Measure lane-epochs a second over two epochs."""
    with precision(shape):
        lane = start_padded(sample, shape)
        lanes = stack_lanes([lane] * choice.lanes) if choice.strategy == "vmap" else lane
        go = partial(advance, shape, lanes, strategy=choice.strategy, variant=Variant(drops(sample)))
        go(1)[1].block_until_ready()
        began = time.perf_counter()
        go(2)[1].block_until_ready()
        return 2 * choice.lanes / (time.perf_counter() - began)


def estimate_max_lanes(shape: Shape) -> int:
    """Lanes that fit by a rule of thumb, nothing compiled: parameters four times over, and a batch's activations."""
    n_params = shape.net.n_params(shape.signature)
    width = math.sqrt(n_params)
    activations = shape.batch_size * ACTIVATION_ROWS * max(width, shape.signature.classes)
    taken = 4 * (4 * n_params + activations) * (2 if shape.precision == "float64" else 1)
    return lanes_that_fit(float(taken))


def lanes_that_fit(bytes_of_one: float) -> int:
    """Lanes, of so many bytes each, that fit into the share of every local device's memory; one a device at least."""
    stats = jax.local_devices()[0].memory_stats() or {}
    limit = stats.get("bytes_limit", 8 * 2**30)
    return n_devices() * int(max(1, min(MOST_LANES, MEMORY_SHARE * limit // bytes_of_one)))
