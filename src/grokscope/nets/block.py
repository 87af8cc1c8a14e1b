"""One block of the transformer."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from grokscope.nets.attention import Weights, mixture, weights
from grokscope.nets.base import MaybeKey
from grokscope.nets.layers import (
    centred,
    dense,
    dropped,
    normed,
    over_rms,
    recalled,
    rotated,
    spread,
)

Rotary = Literal["published", "intended", "none"]
ROTARY: tuple[Rotary, ...] = ("published", "intended", "none")
Norm = Literal["rms", "layer"]
NORMS: tuple[Norm, ...] = ("rms", "layer")
Gate = Literal["silu", "none"]
GATES: tuple[Gate, ...] = ("silu", "none")
EXPANSION = 4
Positions = Sequence[Float[Array, "batch inner"]]
"""One array a position, not one array of all: each is then read and differentiated without cutting and padding."""
Rate = Float[Array, ""] | float


class Block(eqx.Module):
    """One residual block. Rows of the residual stream come position first: (length, batch, dim).

    Matrices are stored with the residual stream's `dim` first: their gradient then transposes the narrow factor of
    its product, which on a CPU is three times faster than transposing the wide one. `proj_*` exist only with more
    than one head, `*_bias` of the norms only in a LayerNorm, `gate` only in a gated feed-forward.
    """

    attn_norm: Float[Array, " dim"]
    attn_norm_bias: Float[Array, " dim"] | None
    query: Float[Array, "dim inner"]
    key: Float[Array, "dim inner"]
    value: Float[Array, "dim inner"]
    out: Float[Array, "dim inner"]
    proj_weight: Float[Array, "dim inner"] | None
    proj_bias: Float[Array, " dim"] | None
    ffn_norm: Float[Array, " dim"]
    ffn_norm_bias: Float[Array, " dim"] | None
    gate: Float[Array, "dim hidden"] | None
    up: Float[Array, "dim hidden"]
    down: Float[Array, "dim hidden"]
    heads: int = eqx.field(static=True)
    rotary: Rotary = eqx.field(static=True)

    @property
    def is_simple(self) -> bool:
        """One head and no rotation: attention is then linear in the normed stream on either side of the softmax."""
        return self.heads == 1 and self.rotary != "intended"

    def attend(self, q: Positions, k: Positions, v: Positions) -> Float[Array, "last batch inner"]:
        """Causal attention of the last positions, which `q` belongs to, over all positions."""
        return self.mixed(self.weights(q, k), v)

    def weights(self, q: Positions, k: Positions) -> list[Weights]:
        """How much each of the last positions, which `q` belongs to, reads from those it sees."""
        first = len(k) - len(q)
        q = [self.turned(row, first + position) for position, row in enumerate(q)]
        k = [self.turned(row, position) for position, row in enumerate(k)]
        return [weights(row, k[: first + i + 1]) for i, row in enumerate(q)]

    def pair_scores(
        self, q: Float[Array, "vocab inner"], k: Float[Array, "vocab inner"], i: int, j: int
    ) -> Float[Array, "vocab vocab heads"]:
        """What the softmax is taken of, for every token at position i that sees every token at position j."""
        q, k = self.turned(q, i), self.turned(k, j)
        return jnp.einsum("vhd,whd->vwh", q, k) / math.sqrt(q.shape[-1])

    def turned(self, x: Float[Array, "batch inner"], position: int) -> Float[Array, "batch heads dim_head"]:
        """Queries or keys of a position by heads, rotated if they are to be."""
        x = self.per_head(x)
        return rotated(x, position) if self.rotary == "intended" else x

    def mixed(self, weights: Sequence[Weights], v: Positions) -> Float[Array, "last batch inner"]:
        """What each of the last positions reads."""
        v = [self.per_head(row) for row in v]
        read = [mixture(of, v[: len(of)]) for of in weights]
        return jnp.stack(read).reshape(len(read), len(read[0]), -1)

    def per_head(self, x: Float[Array, "batch inner"]) -> Float[Array, "batch heads dim_head"]:
        return x.reshape(len(x), self.heads, -1)

    def projected(self, read: Float[Array, "*rows inner"], rate: Rate, key: MaybeKey) -> Float[Array, "*rows dim"]:
        """The output matrix, and the published code's second one, present whenever there is more than one head."""
        x = dense(read, self.out.T)
        if self.proj_weight is None or self.proj_bias is None:
            return x
        return dropped(dense(x, self.proj_weight.T) + self.proj_bias, rate, key)

    def asked(self, x: Float[Array, "*rows dim"]) -> list[Float[Array, "*rows inner"]]:
        """Queries, keys and values of the normed stream."""
        x = normed(x, self.attn_norm, self.attn_norm_bias)
        return [dense(x, weight) for weight in (self.query, self.key, self.value)]

    def attention(
        self, x: Float[Array, "length batch dim"], rate: Rate, key: MaybeKey
    ) -> Float[Array, "length batch dim"]:
        """Every position reads from itself and those before it."""
        q, k, v = (list(rows) for rows in self.asked(x))
        return self.projected(self.attend(q, k, v), rate, key)

    def last_attention(
        self, x: Float[Array, "length batch dim"], rate: Rate, key: MaybeKey
    ) -> Float[Array, "1 batch dim"]:
        """Attention of the last position alone.

        With one query, a key matrix can act on the query, and a value matrix on what was read: each on one row an
        example, not on four. (W_q n).(W_k n_j) = (W_k' W_q n).n_j, and the sum of w_j W_v n_j is W_v of the sum.
        """
        x = normed(x, self.attn_norm, self.attn_norm_bias)
        q = dense(x[-1:], self.query)
        if self.is_simple:
            seen = list(x)
            read = dense(self.attend(list(dense(q, self.key.T)), seen, seen), self.value)
        else:
            read = self.attend(list(q), list(dense(x, self.key)), list(dense(x, self.value)))
        return self.projected(read, rate, key)

    def hidden(
        self, x: Float[Array, "*rows dim"], products: Sequence[Float[Array, "*rows hidden"]] = ()
    ) -> Float[Array, "*rows hidden"]:
        """Hidden units of the feed-forward: silu(gate) * up, or silu(up) without a gate.

        `products` are those of `products(x)`, where they are known.
        """
        normal = normed(x, self.ffn_norm, self.ffn_norm_bias)
        if products:
            scale = over_rms(x if self.ffn_norm_bias is None else centred(x))
            gate, *up = [
                recalled(normal, matrix, jax.lax.stop_gradient(self.scaled(product, scale, matrix)))
                for matrix, product in zip(self.feeding, products, strict=True)
            ]
        else:
            gate, *up = [dense(normal, matrix) for matrix in self.feeding]
        return functools.reduce(jnp.multiply, up, jax.nn.silu(gate))

    @property
    def feeding(self) -> tuple[Float[Array, "dim hidden"], ...]:
        """The matrices that the hidden units are made by."""
        return (self.up,) if self.gate is None else (self.gate, self.up)

    def products(self, x: Float[Array, "*rows dim"]) -> list[Float[Array, "*rows hidden"]]:
        """What `feeding` makes of the stream before the norm's scale, which is the only part that is not linear in
        it: the products of a sum are the sum of the products."""
        gained = (x if self.ffn_norm_bias is None else centred(x)) * self.ffn_norm
        return [dense(gained, matrix) for matrix in self.feeding]

    def scaled(
        self, product: Float[Array, "*rows hidden"], scale: Float[Array, "*rows 1"], matrix: Float[Array, "dim hidden"]
    ) -> Float[Array, "*rows hidden"]:
        """The product of the normed stream from that before the scale."""
        of_stream = product * spread(scale, product.shape[-1])
        return of_stream if self.ffn_norm_bias is None else of_stream + self.ffn_norm_bias @ matrix

    def feed(self, hidden: Float[Array, "*rows hidden"], rate: Rate, key: MaybeKey) -> Float[Array, "*rows dim"]:
        """Second half of the feed-forward; dropout falls on the hidden units."""
        return dense(dropped(hidden, rate, key), self.down.T)
