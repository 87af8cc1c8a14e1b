"""Parameters by name, as bytes and back: what is kept of a net at an epoch."""

from __future__ import annotations

from collections.abc import Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from safetensors.numpy import save

from grokscope.nets import TransformerNet, from_published
from grokscope.nets.base import ExampleNet
from grokscope.nets.parameters import named_parameters
from grokscope.run import Run
from grokscope.training.lane import frame

FlatParams = Float[Array, " P"] | Float[np.ndarray, " P"]
Named = Mapping[str, Float[np.ndarray, "..."]]


def kept(run: Run, params: FlatParams) -> bytes:
    """A run's flat parameters as safetensors, by name (see `named`)."""
    return save(named(run, params), metadata={"run": run.identity})


def named(run: Run, params: FlatParams) -> dict[str, Float[np.ndarray, "..."]]:
    """A run's flat parameters as arrays by name (see `nets.parameters.named_parameters`)."""
    net = frame(run.shape).net(jnp.asarray(params), {})
    return {name: np.asarray(array, order="C") for name, array in named_parameters(net).items()}


def net_of(run: Run, arrays: Named) -> ExampleNet:
    """The run's net with these named arrays as its parameters: what `named` was given, for probes."""
    empty = frame(run.shape).net(jnp.zeros(run.n_params, run.precision), {})
    if isinstance(empty, TransformerNet) and empty.is_published:
        block = empty.blocks[0]
        return from_published(arrays, heads=block.heads, rotary=block.rotary)

    def filled(path: tuple[object, ...], leaf: object) -> object:
        return jnp.asarray(arrays[jax.tree_util.keystr(path, simple=True, separator=".")])

    trained, rest = eqx.partition(empty, eqx.is_inexact_array)
    whole: ExampleNet = eqx.combine(jax.tree_util.tree_map_with_path(filled, trained), rest)
    return whole
