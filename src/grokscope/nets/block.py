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
from grokscope.nets.dropout import Dropout
from grokscope.nets.layers import chained, dense, recalled, rotated, spread
from grokscope.nets.norms import centred, dense_gained, gained, normal, over_rms

Rotary = Literal["published", "intended", "none"]
ROTARY: tuple[Rotary, ...] = ("published", "intended", "none")
Norm = Literal["rms", "layer"]
NORMS: tuple[Norm, ...] = ("rms", "layer")
Gate = Literal["silu", "none"]
GATES: tuple[Gate, ...] = ("silu", "none")
EXPANSION = 4
Positions = Float[Array, "_ batch inner"]


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
        q, k = self.all_turned(q, first), self.all_turned(k, 0)
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

    def all_turned(self, x: Positions, first: int) -> Float[Array, "n batch heads dim_head"]:
        """The same of all positions from a first one on."""
        if self.rotary != "intended":
            return self.per_head(x)
        return jnp.stack([self.turned(row, position) for position, row in enumerate(x, first)])

    def mixed(self, weights: Sequence[Weights], v: Positions) -> Float[Array, "last batch inner"]:
        """What each of the last positions reads."""
        v = self.per_head(v)
        read = [mixture(of, v[: len(of)]) for of in weights]
        return jnp.stack(read).reshape(len(read), len(read[0]), -1)

    def per_head(self, x: Float[Array, "*rows inner"]) -> Float[Array, "*rows heads dim_head"]:
        return x.reshape(*x.shape[:-1], self.heads, -1)

    def projected(self, read: Float[Array, "*rows inner"], dropout: Dropout) -> Float[Array, "*rows dim"]:
        """The output matrix, and the published code's second one, present whenever there is more than one head."""
        x = dense(read, self.out.T)
        if self.proj_weight is None or self.proj_bias is None:
            return x
        return dropout(dense(x, self.proj_weight.T) + self.proj_bias)

    def asked(self, x: Float[Array, "*rows dim"]) -> list[Float[Array, "*rows inner"]]:
        """Queries, keys and values of the normed stream."""
        x = normal(x, self.attn_norm_bias) * self.attn_norm
        if self.attn_norm_bias is not None:
            x = x + self.attn_norm_bias
        return [dense(x, weight) for weight in (self.query, self.key, self.value)]

    def of_normal(self, x: Float[Array, "*rows dim"], weight: Float[Array, "dim inner"]) -> Float[Array, "*rows inner"]:
        """A matrix of the attention, of rows that its norm's gain and bias have yet to come to."""
        return dense_gained(x, weight, self.attn_norm, self.attn_norm_bias)

    def beyond_normal(
        self, x: Float[Array, "*rows dim"], weight: Float[Array, "dim inner"], then: Float[Array, "inner dim"]
    ) -> Float[Array, "*rows dim"]:
        """What `then` makes of `of_normal(x, weight)`."""
        product = chained(x, gained(weight, self.attn_norm), then)
        return product if self.attn_norm_bias is None else product + self.attn_norm_bias @ weight @ then

    def attention(self, x: Float[Array, "length batch dim"], dropout: Dropout) -> Float[Array, "length batch dim"]:
        """Every position reads from itself and those before it."""
        return self.projected(self.attend(*self.asked(x)), dropout)

    def last_attention(self, x: Float[Array, "length batch dim"], dropout: Dropout) -> Float[Array, "1 batch dim"]:
        """Attention of the last position alone.

        With one query, a key matrix can act on the query, and a value matrix on what was read: each on one row an
        example, not on four. (W_q n).(W_k n_j) = (W_k' W_q n).n_j, and the sum of w_j W_v n_j is W_v of the sum. A
        bias of the norm adds the same to every score, which a softmax does not see.
        """
        x = normal(x, self.attn_norm_bias)
        if self.is_simple:
            asked = self.beyond_normal(x[-1:], self.query, gained(self.key, self.attn_norm).T)
            return self.beyond_normal(self.attend(asked, x, x), self.value, self.out.T)
        read = self.attend(
            self.of_normal(x[-1:], self.query), self.of_normal(x, self.key), self.of_normal(x, self.value)
        )
        return self.projected(read, dropout)

    def hidden(
        self, x: Float[Array, "*rows dim"], products: Sequence[Float[Array, "*rows hidden"]] = ()
    ) -> Float[Array, "*rows hidden"]:
        """Hidden units of the feed-forward: silu(gate) * up, or silu(up) without a gate.

        `products` are those of `products(x)`, where they are known.
        """
        one, matrices = normal(x, self.ffn_norm_bias), self.gained_feeding
        if products:
            scale = over_rms(x if self.ffn_norm_bias is None else centred(x))
            asked = [
                recalled(one, matrix, jax.lax.stop_gradient(product * spread(scale, product.shape[-1])))
                for matrix, product in zip(matrices, products, strict=True)
            ]
        else:
            asked = [dense(one, matrix) for matrix in matrices]
        if self.ffn_norm_bias is not None:
            asked = [rows + self.ffn_norm_bias @ matrix for rows, matrix in zip(asked, self.feeding, strict=True)]
        gate, *up = asked
        return functools.reduce(jnp.multiply, up, jax.nn.silu(gate))

    @property
    def feeding(self) -> list[Float[Array, "dim hidden"]]:
        """The matrices that the hidden units are made by."""
        return [matrix for matrix in (self.gate, self.up) if matrix is not None]

    @property
    def gained_feeding(self) -> list[Float[Array, "dim hidden"]]:
        return [gained(matrix, self.ffn_norm) for matrix in self.feeding]

    def products(self, x: Float[Array, "*rows dim"]) -> list[Float[Array, "*rows hidden"]]:
        """What `gained_feeding` makes of the stream before the norm's scale, which is the only part that is not linear
        in it: the products of a sum are the sum of the products."""
        x = x if self.ffn_norm_bias is None else centred(x)
        return [dense(x, matrix) for matrix in self.gained_feeding]

    def feed(
        self, hidden: Float[Array, "read batch hidden"], dropout: Dropout, first: int = 0, length: int | None = None
    ) -> Float[Array, "read batch dim"]:
        """Second half of the feed-forward, of all positions or of some; dropout falls on the hidden units.

        Without dropout every position is fed by itself: hidden units of several that were looked up would be formed in
        one kernel, with a choice for every number of which position it is of, and not sixteen numbers at a time.
        """
        if dropout.key is None:
            return jnp.stack([dense(row, self.down.T) for row in hidden])
        return dense(dropout(hidden, first, length), self.down.T)
