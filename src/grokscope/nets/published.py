"""Nets from and to named arrays as the published framework keeps them: linear weights stored (out, in)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from grokscope.nets.block import ROTARY, Block, Rotary
from grokscope.nets.decoder import TransformerNet
from grokscope.spec import InputError

TRANSPOSED = {"wq": "query", "wk": "key", "wv": "value", "w1": "gate", "w3": "up"}
AS_THEY_ARE = {
    "wo": "out",
    "w2": "down",
    "attn_norm": "attn_norm",
    "ffn_norm": "ffn_norm",
    "proj_weight": "proj_weight",
    "proj_bias": "proj_bias",
}
ONLY_WITH_HEADS = ("proj_weight", "proj_bias")


def from_published(
    arrays: Mapping[str, Float[np.ndarray, "..."]], *, heads: int, rotary: Rotary = "published"
) -> TransformerNet:
    """A net from named arrays: `embedding`, `layerI.wq|wk|wv|wo|w1|w2|w3|attn_norm|ffn_norm`, `norm`, `out`, and,
    with more than one head, `layerI.proj_weight|proj_bias`.

    Raises:
        InputError: an array is missing, is left over, or has the wrong shape.
    """
    if rotary not in ROTARY:
        raise InputError(f"rotary: found {rotary!r}, expected one of {', '.join(ROTARY)}")
    depth = len({name.partition(".")[0] for name in arrays if name.startswith("layer")})
    _check(arrays, heads, depth)
    blocks = tuple(
        _block({name: arrays[f"layer{i}.{name}"] for name in _names(heads)}, heads, rotary) for i in range(depth)
    )
    return TransformerNet(
        embedding=jnp.asarray(arrays["embedding"]),
        blocks=blocks,
        norm=jnp.asarray(arrays["norm"]),
        head=jnp.asarray(arrays["out"]).T,
    )


def to_published(net: TransformerNet) -> dict[str, Float[np.ndarray, "..."]]:
    """The named arrays of a net (or of anything of its structure, such as its gradient).

    Raises:
        InputError: the net is one of the variants, whose arrays have no published names.
    """
    return {name: np.ascontiguousarray(array) for name, array in published_parameters(net).items()}


def published_parameters(net: TransformerNet) -> dict[str, Float[Array, "..."]]:
    """As of `to_published`, of arrays that may be traced."""
    if not net.is_published:
        raise InputError("net: found a variant, expected the published one: RMSNorm, no learned positions, a gate")
    named: dict[str, Array | None] = {"embedding": net.embedding, "norm": net.norm, "out": net.head.T}
    for i, block in enumerate(net.blocks):
        named |= {f"layer{i}.{name}": getattr(block, ours).T for name, ours in TRANSPOSED.items()}
        named |= {f"layer{i}.{name}": getattr(block, ours) for name, ours in AS_THEY_ARE.items()}
    return {name: array for name, array in named.items() if array is not None}


def _names(heads: int) -> list[str]:
    return [name for name in (*TRANSPOSED, *AS_THEY_ARE) if heads > 1 or name not in ONLY_WITH_HEADS]


def _block(arrays: Mapping[str, Float[np.ndarray, "..."]], heads: int, rotary: Rotary) -> Block:
    fields: dict[str, Any] = {ours: jnp.asarray(arrays[name]).T for name, ours in TRANSPOSED.items()}
    fields |= {ours: jnp.asarray(arrays[name]) if name in arrays else None for name, ours in AS_THEY_ARE.items()}
    return Block(**fields, attn_norm_bias=None, ffn_norm_bias=None, heads=heads, rotary=rotary)


def _check(arrays: Mapping[str, Float[np.ndarray, "..."]], heads: int, depth: int) -> None:
    wanted = {"embedding", "norm", "out"} | {f"layer{i}.{name}" for i in range(depth) for name in _names(heads)}
    if missing := sorted(wanted - set(arrays)):
        raise InputError(f"published arrays: {missing[0]} is missing ({len(missing)} in all), heads = {heads}")
    if left_over := sorted(set(arrays) - wanted):
        raise InputError(f"published arrays: {left_over[0]} is not known for heads = {heads} and depth = {depth}")
    if not depth:
        raise InputError("published arrays: layer0.wq is missing, expected at least one layer")
    if np.ndim(arrays["embedding"]) != 2:
        raise InputError(f"published arrays: embedding has shape {np.shape(arrays['embedding'])}, expected two axes")
    vocab, dim = np.shape(arrays["embedding"])
    if dim % (2 * heads):
        raise InputError(f"published arrays: embedding has width {dim}, expected a multiple of {2 * heads}")
    hidden = 4 * dim
    shapes = {"wq": (dim, dim), "wk": (dim, dim), "wv": (dim, dim), "wo": (dim, dim), "attn_norm": (dim,)}
    shapes |= {"ffn_norm": (dim,), "w1": (hidden, dim), "w3": (hidden, dim), "w2": (dim, hidden)}
    shapes |= {
        "proj_weight": (dim, dim),
        "proj_bias": (dim,),
        "norm": (dim,),
        "out": (vocab, dim),
        "embedding": (vocab, dim),
    }
    for name in sorted(wanted):
        found, expected = np.shape(arrays[name]), shapes[name.rpartition(".")[2]]
        if found != expected:
            raise InputError(f"published arrays: {name} has shape {found}, expected {expected}")
