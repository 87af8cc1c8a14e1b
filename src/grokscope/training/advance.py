"""`advance`: many epochs of many lanes between two looks from the host. The one jitted function of the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from grokscope.run import Shape
from grokscope.training.devices import PRODUCTS, n_shards, put_on_devices, shard_over_devices
from grokscope.training.epoch import one_epoch
from grokscope.training.lane import Fixed, Lane, State
from grokscope.training.observe import columns
from grokscope.training.variant import EVERY, Variant

Strategy = Literal["loop", "vmap"]
STRATEGIES: tuple[Strategy, ...] = ("loop", "vmap")
MAX_CHUNK_EPOCHS = 256
"""Epochs of a chunk, at most: its records have a row for each."""

Records = Float[Array, "*lanes chunk columns"]


def advance_one(
    shape: Shape, fixed: Fixed, state: State, n_epochs: Int[Array, ""], variant: Variant = EVERY
) -> tuple[State, Float[Array, "chunk columns"]]:
    """One lane, at most `n_epochs` epochs further; a lane that is done stays as it is.

    Records of epochs that were not run are NaN. How many were run is the difference in `state.epoch`.
    """
    records = jnp.full((MAX_CHUNK_EPOCHS, len(columns(shape))), jnp.nan, shape.precision)

    def goes_on(carry: tuple[Int[Array, ""], State, Array]) -> Array:
        i, state, _ = carry
        return (i < n_epochs) & ~state.done

    def body(carry: tuple[Int[Array, ""], State, Array]) -> tuple[Int[Array, ""], State, Array]:
        i, state, records = carry
        state, record = one_epoch(shape, fixed, state, variant)
        return i + 1, state, records.at[i].set(jnp.stack(list(record.values())))

    _, state, records = jax.lax.while_loop(goes_on, body, (jnp.zeros((), jnp.int32), state, records))
    return state, records


def advance(
    shape: Shape, lanes: Lane, n_epochs: int, *, strategy: Strategy, variant: Variant = EVERY
) -> tuple[Lane, Records]:
    """Lanes `n_epochs` (at most `MAX_CHUNK_EPOCHS`) further, with what was recorded.

    `vmap` takes lanes stacked along a leading axis and advances them together, an equal share of them on each local
    device; `loop` takes a single lane.
    """
    over = n_shards(len(lanes.state.done)) if strategy == "vmap" else 1
    function = compile_advance(shape, strategy, over, variant)
    state, records = function(lanes.fixed, lanes.state, jnp.asarray(n_epochs, jnp.int32))
    return Lane(lanes.fixed, state), records


@lru_cache(maxsize=256)
def compile_advance(shape: Shape, strategy: Strategy, over: int, variant: Variant = EVERY) -> Callable[..., Any]:
    """The jitted function of a shape. Runs of a shape share it whatever their numbers are.

    Args:
        over: devices that a vectorised pack is spread over; each takes its own lanes to their end and waits for none.
    """

    def one(fixed: Fixed, state: State, n_epochs: Array) -> tuple[State, Array]:
        with jax.default_matmul_precision(PRODUCTS[shape.matmul]):
            return advance_one(shape, fixed, state, n_epochs, variant)

    function = shard_over_devices(jax.vmap(one, in_axes=(0, 0, None)), over) if strategy == "vmap" else one
    return jax.jit(function, compiler_options=compiler_options())


@lru_cache(maxsize=1)
def compiler_options() -> dict[str, Any] | None:
    """On a CPU, keep XLA's fused library calls to matrix products.

    Its reductions over short axes cost this program a third of its time. Left out where XLA has no such option.
    """
    if jax.default_backend() != "cpu":
        return None
    options = {"xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT"}
    try:
        jax.jit(lambda x: x, compiler_options=options).lower(0.0).compile()
    except jax.errors.JaxRuntimeError:
        return None
    return options


def stack_lanes(lanes: Sequence[Lane]) -> Lane:
    """Lanes side by side along a leading axis, each share of them on its device."""
    stacked: Lane = jax.tree.map(lambda *leaves: _stack_leaves(leaves), *lanes)
    return stacked


def _stack_leaves(leaves: Sequence[Any]) -> Array:
    """Through the host: many small arrays are put together there without a program for each."""
    if jnp.issubdtype(leaves[0].dtype, jax.dtypes.prng_key):
        words = np.stack([jax.random.key_data(leaf) for leaf in leaves])
        keys: Array = jax.random.wrap_key_data(put_on_devices(words), impl=jax.random.key_impl(leaves[0]))
        return keys
    return put_on_devices(np.stack(leaves))
