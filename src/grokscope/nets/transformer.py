"""The published network: a small decoder-only transformer that reads four tokens and answers with one.

Pre-norm blocks, RMSNorm, gated feed-forward of width 4 * dim, no biases, untied head on the last position.
Source: Song & Ye 2026, section 3 and its public description; the rotary step as published does nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from grokscope.nets.layers import dropped, framework_linear, rms_norm, rotated
from grokscope.run import Signature, Spec, SpecError, static, traced

Rotary = Literal["published", "intended", "none"]
ROTARY: tuple[Rotary, ...] = ("published", "intended", "none")
EXPANSION = 4


class Block(eqx.Module):
    """One residual block; linear weights are stored (out, in).

    `qkv` stacks the query, key and value matrices and `gate_up` the two first feed-forward matrices, because
    one wide product is faster than two narrow ones. `proj_*` exist only with more than one head.
    """

    attn_norm: Float[Array, " dim"]
    qkv: Float[Array, "3*inner dim"]
    out: Float[Array, "dim inner"]
    proj_weight: Float[Array, "dim inner"] | None
    proj_bias: Float[Array, " dim"] | None
    ffn_norm: Float[Array, " dim"]
    gate_up: Float[Array, "2*hidden dim"]
    down: Float[Array, "dim hidden"]
    heads: int = eqx.field(static=True)
    rotary: Rotary = eqx.field(static=True)

    def project(self, x: Float[Array, "n dim"], part: slice = slice(0, 3)) -> Float[Array, "n parts*inner"]:
        """Queries, keys and values (parts 0, 1, 2) of rows of the residual stream, side by side."""
        inner = self.out.shape[1]
        return rms_norm(x, self.attn_norm) @ self.qkv[part.start * inner : part.stop * inner].T

    def attend(
        self, q: Float[Array, "last inner"], k: Float[Array, "length inner"], v: Float[Array, "length inner"]
    ) -> Float[Array, "last dim"]:
        """Causal attention of the last positions, which `q` belongs to, over all positions."""
        last, length = len(q), len(k)
        q, k, v = (t.reshape(len(t), self.heads, -1) for t in (q, k, v))
        positions = jnp.arange(length)
        if self.rotary == "intended":
            q, k = rotated(q, positions[-last:]), rotated(k, positions)
        scores = jnp.einsum("qhd,khd->hqk", q, k) / math.sqrt(q.shape[-1])
        seen = positions[None, :] <= positions[-last:, None]
        weights = jax.nn.softmax(jnp.where(seen, scores, -jnp.inf), axis=-1)
        return jnp.einsum("hqk,khd->qhd", weights, v).reshape(last, -1) @ self.out.T

    def extra_projection(
        self, x: Float[Array, "n dim"], rate: Float[Array, ""] | float, key: Key[Array, ""] | None
    ) -> Float[Array, "n dim"]:
        """The published code's second output matrix, present whenever there is more than one head."""
        if self.proj_weight is None:
            return x
        return dropped(x @ self.proj_weight.T + self.proj_bias, rate, key)

    def feed(
        self, x: Float[Array, "n dim"], rate: Float[Array, ""] | float, key: Key[Array, ""] | None
    ) -> Float[Array, "n dim"]:
        """Gated feed-forward; dropout falls on the gated hidden units."""
        gate, up = jnp.split(rms_norm(x, self.ffn_norm) @ self.gate_up.T, 2, axis=-1)
        return dropped(jax.nn.silu(gate) * up, rate, key) @ self.down.T


class TransformerNet(eqx.Module):
    """Maps one example of token ids to logits over the vocabulary.

    Two exact shortcuts are taken. The first block's projections depend on the token alone, so they are computed
    once per vocabulary entry and looked up; under `jax.vmap` over examples that product is shared by the batch.
    The last block is computed only where it is read: at the last position.
    """

    embedding: Float[Array, "vocab dim"]
    blocks: tuple[Block, ...]
    norm: Float[Array, " dim"]
    head: Float[Array, "classes dim"]
    dropout: Float[Array, ""] | float = 0.0

    def __call__(
        self, tokens: Int[Array, " length"], *, key: Key[Array, ""] | None = None
    ) -> Float[Array, " classes"]:
        """Logits for the token that follows; with a key dropout is on, without one the net is evaluated."""
        x = self.embedding[tokens]
        for index, block in enumerate(self.blocks):
            attn_key, ffn_key = (None, None) if key is None else jax.random.split(jax.random.fold_in(key, index))
            read = slice(-1, None) if index == len(self.blocks) - 1 else slice(None)
            if index == 0:
                q, k, v = jnp.split(block.project(self.embedding)[tokens], 3, axis=-1)
                q = q[read]
            else:
                q = block.project(x[read], slice(0, 1))
                k, v = jnp.split(block.project(x, slice(1, 3)), 2, axis=-1)
            x = x[read]
            x = x + block.extra_projection(block.attend(q, k, v), self.dropout, attn_key)
            x = x + block.feed(x, self.dropout, ffn_key)
        return rms_norm(x[-1], self.norm) @ self.head.T


@dataclass(frozen=True)
class Transformer(Spec):
    """Spec of `TransformerNet`: width `dim`, number of blocks `depth`, `heads`, and the rotary switch.

    `rotary`: `published` (mathematically no rotation at all), `intended` (by position), `none`.
    `init_scale` multiplies every parameter once after initialisation, gains and biases included.
    """

    kind = "transformer"

    dim: int = static(128)
    depth: int = static(2)
    heads: int = static(1)
    rotary: Rotary = static("published", choices=ROTARY)
    dropout: float = traced(0.2, low=0.0, high=1.0)
    init_scale: float = traced(1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("dim", "depth", "heads"):
            if getattr(self, name) < 1:
                raise SpecError(name, getattr(self, name), "at least 1")
        if self.dim % (2 * self.heads):
            raise SpecError("dim", self.dim, f"a multiple of {2 * self.heads} for heads = {self.heads}")
        if self.dropout == 1.0:
            raise SpecError("dropout", self.dropout, "less than 1")

    def n_params(self, signature: Signature) -> int:
        """P: every trainable number, biases and gains included."""
        d, hidden = self.dim, EXPANSION * self.dim
        extra = d * d + d if self.heads > 1 else 0
        block = 2 * d + 4 * d * d + 3 * d * hidden + extra
        return signature.vocab * d + self.depth * block + d + signature.classes * d

    def build(self, signature: Signature, *, key: Key[Array, ""]) -> TransformerNet:
        """Initialised as the published framework does by default: embedding N(0, 1), linear U(+-1/sqrt(fan_in))."""
        d, hidden = self.dim, EXPANSION * self.dim
        embedding_key, head_key, *block_keys = jax.random.split(key, 2 + self.depth)
        blocks = tuple(self._block(d, hidden, block_key) for block_key in block_keys)
        net = TransformerNet(
            embedding=jax.random.normal(embedding_key, (signature.vocab, d)),
            blocks=blocks,
            norm=jnp.ones(d),
            head=framework_linear(head_key, signature.classes, d),
        )
        return jax.tree.map(lambda leaf: leaf * self.init_scale if eqx.is_inexact_array(leaf) else leaf, net)

    def _block(self, d: int, hidden: int, key: Key[Array, ""]) -> Block:
        keys = jax.random.split(key, 6)
        several = self.heads > 1
        return Block(
            attn_norm=jnp.ones(d),
            qkv=framework_linear(keys[0], 3 * d, d),
            out=framework_linear(keys[1], d, d),
            proj_weight=framework_linear(keys[2], d, d) if several else None,
            proj_bias=jax.random.uniform(keys[3], (d,), minval=-1, maxval=1) / math.sqrt(d) if several else None,
            ffn_norm=jnp.ones(d),
            gate_up=framework_linear(keys[4], 2 * hidden, d),
            down=framework_linear(keys[5], d, hidden),
            heads=self.heads,
            rotary=self.rotary,
        )
