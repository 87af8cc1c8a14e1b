"""The parameters of any net by name: the names under which a ledger keeps them."""

from __future__ import annotations

import equinox as eqx
import jax
from jaxtyping import Array, Float

from grokscope.nets.base import ExampleNet
from grokscope.nets.decoder import TransformerNet
from grokscope.nets.published import published_parameters


def named_parameters(net: ExampleNet) -> dict[str, Float[Array, "..."]]:
    """The published names where the net has them, else the path of each array in it (`layers.0.weight`).

    Args:
        net: a net, or anything of its structure, such as its gradient; its arrays may be traced.
    """
    if isinstance(net, TransformerNet) and net.is_published:
        return published_parameters(net)
    leaves = jax.tree_util.tree_leaves_with_path(eqx.filter(net, eqx.is_inexact_array))
    return {jax.tree_util.keystr(path, simple=True, separator="."): leaf for path, leaf in leaves}
