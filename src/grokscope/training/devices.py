"""This process's devices: how a vectorised pack is spread over them, and which matrix products they take."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Shaped

from grokscope.run import MATMULS, Matmul, Shape

PRODUCTS: dict[Matmul, str] = dict(zip(MATMULS, ("highest", "tensorfloat32", "BF16_BF16_F32"), strict=True))
"""JAX's names. `highest` is asked for and not left to the default, which on an accelerator is a faster product;
`BF16_BF16_F32` and not JAX's `bfloat16`, which there means whatever the device does by default."""
LANES = PartitionSpec("lanes")


def precision(shape: Shape) -> AbstractContextManager[None]:
    """64-bit numbers for runs that ask for them, and never for others."""
    context: AbstractContextManager[None] = jax.enable_x64(shape.precision == "float64")
    return context


def n_devices() -> int:
    """Devices of this process."""
    return jax.local_device_count()


def n_shards(n_lanes: int) -> int:
    """Devices that so many lanes are spread over: all, or one where they do not come out even."""
    return n_devices() if n_lanes % n_devices() == 0 else 1


def lane_bucket(n: int) -> int:
    """Lanes of a vectorised pack for n runs: a power of two on every device, so that few widths are ever compiled."""
    each = -(-n // n_devices())
    return n_devices() << (each - 1).bit_length()


def shard_over_devices(function: Callable[..., Any], over: int) -> Callable[..., Any]:
    """Run a function of the fixed and changing parts of lanes and a number of epochs on so many devices at once.

    Every device has a loop of its own: nothing is exchanged, and one whose lanes are done is idle before the others.
    """
    if over == 1:
        return function
    specs = (LANES, LANES, PartitionSpec())
    sharded: Callable[..., Any] = jax.shard_map(
        function, mesh=_mesh(over), in_specs=specs, out_specs=LANES, check_vma=False
    )
    return sharded


def put_on_devices(stacked: Shaped[np.ndarray, "lanes ..."]) -> Array:
    """Put an array of lanes from the host straight on the devices that advance them."""
    where = sharding(len(stacked))
    array: Array = jnp.asarray(stacked) if where is None else jax.device_put(stacked, where)
    return array


def sharding(n_lanes: int) -> NamedSharding | None:
    """The sharding of an array of so many lanes; None where they are all on one device."""
    over = n_shards(n_lanes)
    return None if over == 1 else NamedSharding(_mesh(over), LANES)


@lru_cache(maxsize=3)
def supports_matmul(matmul: Matmul) -> bool:
    """Whether this process's devices take such products: whether one of them differs from a float32 product."""
    if matmul == "highest":
        return True
    a = jax.random.normal(jax.random.key(0), (64, 64), jnp.float32)
    products = []
    for name in (PRODUCTS["highest"], PRODUCTS[matmul]):
        with jax.default_matmul_precision(name):
            products.append(np.asarray(jax.jit(lambda a: a @ a)(a)))
    exact, cheaper = products
    return not np.array_equal(exact, cheaper)


@lru_cache(maxsize=8)
def _mesh(over: int) -> Mesh:
    return Mesh(np.array(jax.local_devices()[:over]), ("lanes",))
