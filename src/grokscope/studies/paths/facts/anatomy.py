"""What the study must know of a net's inside: where its hidden units are, and how its Fisher diagonal is had."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, PyTree

from grokscope.nets import CnnNet, MLPNet
from grokscope.nets.base import ExampleNet
from grokscope.nets.mlp import ACTIVATIONS
from grokscope.probes.fisher import Kind, diagonal, one_layer
from grokscope.probes.fourier import live_units

FISHERS: dict[str, Kind] = {"fisher": "logits", "categorical fisher": "categorical"}
"""Both kinds of F by the names they have in figures and tables; `fisher` alone is the published one."""


def is_one_layer(net: ExampleNet) -> bool:
    """Whether it is an MLP of one hidden layer, whose Fisher diagonal and Fourier features have closed forms."""
    return isinstance(net, MLPNet) and len(net.layers) == 2 and net.embedding is None and net.layers[0].bias is not None


def around(net: ExampleNet) -> tuple[Any, Any]:
    """The layers before and after the last hidden units; weights (in, out)."""
    if isinstance(net, CnnNet):
        return net.fc1, net.fc2
    assert isinstance(net, MLPNet)
    return net.layers[-2], net.layers[-1]


def live(net: ExampleNet) -> Bool[Array, " hidden"]:
    """A mask of the last hidden units that still say anything."""
    return live_units(around(net)[1].weight)


def without_dead(net: ExampleNet) -> PyTree[Bool[Array, "..."]]:
    """True for every entry that belongs to no dead unit of the last hidden layer."""
    alive = live(net)
    counted = jax.tree.map(lambda w: jnp.ones(w.shape, bool), eqx.filter(net, eqx.is_inexact_array))

    def ends(n: Any) -> list[Any]:
        before, after = around(n)
        return [before.weight, after.weight]

    into, out = ends(counted)
    return eqx.tree_at(ends, counted, [into & alive, out & alive[:, None]])


@eqx.filter_jit
def fisher(net: ExampleNet, inputs: Array, kind: Kind = "logits") -> Float[Array, " P"]:
    """The diagonal in the order of `flat`: in closed form where there is one, else by differentiation."""
    if not is_one_layer(net):
        return flat_params(diagonal(net, inputs, kind=kind))
    assert isinstance(net, MLPNet)
    hidden, logits = net.preactivations(inputs)
    phi = ACTIVATIONS[net.activation]
    slope = jax.vmap(jax.vmap(jax.grad(phi)))(hidden)
    w1 = net.layers[0].weight
    if jnp.issubdtype(inputs.dtype, jnp.floating):
        x = inputs.reshape(len(inputs), -1)
    else:
        x = jax.nn.one_hot(inputs, len(w1) // inputs.shape[1], dtype=w1.dtype).reshape(len(inputs), -1)
    return flat_params(one_layer(x, phi(hidden), slope, net.layers[1].weight, logits, kind=kind))


def fishers(net: ExampleNet, inputs: Array) -> dict[str, np.ndarray]:
    """Both diagonals by name, on the host."""
    return {name: np.asarray(fisher(net, inputs, kind)) for name, kind in FISHERS.items()}


def flat_params(tree: Any) -> Float[Array, " P"]:
    """All arrays of a net, or of anything of its structure, one after the other in its order."""
    vector: Array = ravel_pytree(eqx.filter(tree, eqx.is_inexact_array))[0]
    return vector


def net_on_host(net: ExampleNet) -> ExampleNet:
    """The net with its arrays in the host's memory."""
    moved: ExampleNet = jax.tree.map(lambda leaf: np.asarray(leaf) if eqx.is_array(leaf) else leaf, net)
    return moved
