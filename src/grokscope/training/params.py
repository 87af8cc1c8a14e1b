"""Parameters as arrays by name and as safetensors, and the net that they belong to."""

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
from grokscope.training.lane import net_structure

FlatParams = Float[Array, " P"] | Float[np.ndarray, " P"]
NamedArrays = Mapping[str, Float[np.ndarray, "..."]]


def params_to_bytes(run: Run, params: FlatParams) -> bytes:
    """A run's flat parameters as safetensors, by name (see `named_arrays`)."""
    return save(named_arrays(run, params), metadata={"run": run.identity})


def named_arrays(run: Run, params: FlatParams) -> dict[str, Float[np.ndarray, "..."]]:
    """A run's flat parameters as arrays by name (see `nets.parameters.named_parameters`)."""
    net = net_structure(run.shape).net(jnp.asarray(params), {})
    return {name: np.asarray(array, order="C") for name, array in named_parameters(net).items()}


def net_from_arrays(run: Run, arrays: NamedArrays) -> ExampleNet:
    """The run's net with these arrays, as `named_arrays` names them, for parameters."""
    empty = net_structure(run.shape).net(jnp.zeros(run.n_params, run.precision), {})
    if isinstance(empty, TransformerNet) and empty.is_published:
        block = empty.blocks[0]
        return from_published(arrays, heads=block.heads, rotary=block.rotary)

    def filled(path: tuple[object, ...], leaf: object) -> object:
        return jnp.asarray(arrays[jax.tree_util.keystr(path, simple=True, separator=".")])

    trained, rest = eqx.partition(empty, eqx.is_inexact_array)
    whole: ExampleNet = eqx.combine(jax.tree_util.tree_map_with_path(filled, trained), rest)
    return whole
