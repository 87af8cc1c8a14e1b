"""One block of the transformer: attention, then the feed-forward network (FFN)."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Key

from grokscope.nets.dropout import Dropout
from grokscope.nets.initialisers import uniform_by_fan_in
from grokscope.nets.layers import (
    apply_rotary,
    broadcast_rows,
    centre,
    dense,
    dense_after_norm,
    dense_chain,
    dense_precomputed,
    dot_products,
    fold_gain,
    inverse_rms,
    normalise,
    softmax,
    weighted_sum,
)

Rotary = Literal["published", "intended", "none"]
ROTARY: tuple[Rotary, ...] = ("published", "intended", "none")
Norm = Literal["rms", "layer"]
NORMS: tuple[Norm, ...] = ("rms", "layer")
Gate = Literal["silu", "none"]
GATES: tuple[Gate, ...] = ("silu", "none")
EXPANSION = 4
Positions = Float[Array, "_ batch inner"]
AttentionWeights = Float[Array, "_ batch heads 1"]
"""How much one position reads from each position that it sees; they sum to 1."""


class Block(eqx.Module):
    """One residual block. Rows of the residual stream come position first: (length, batch, dim).

    Matrices are stored with the residual stream's `dim` first: their gradient then transposes the narrow factor of
    its product, which on a CPU is three times faster than transposing the wide one. `proj_*` exist only with more
    than one head, `*_bias` of the norms only in a LayerNorm, `gate` only in a gated FFN.
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

    def attention(self, x: Float[Array, "length batch dim"], dropout: Dropout) -> Float[Array, "length batch dim"]:
        """Causal self-attention of every position of the residual stream."""
        return self.output_projection(self.attend(*self.qkv(x)), dropout)

    def qkv(self, x: Float[Array, "*rows dim"]) -> list[Float[Array, "*rows inner"]]:
        """Queries, keys and values of the normed stream."""
        x = normalise(x, self.attn_norm_bias) * self.attn_norm
        if self.attn_norm_bias is not None:
            x = x + self.attn_norm_bias
        return [dense(x, weight) for weight in (self.query, self.key, self.value)]

    def attend(self, q: Positions, k: Positions, v: Positions) -> Float[Array, "last batch inner"]:
        """Causal attention over all positions of the last ones, which `q` belongs to."""
        return self.attended_values(self.attention_weights(q, k), v)

    def attention_weights(self, q: Positions, k: Positions) -> list[AttentionWeights]:
        """softmax(q.k / sqrt(dim_head)) for each of the last positions, which `q` belongs to, over those it sees."""
        first = len(k) - len(q)
        q, k = self.all_heads(q, first), self.all_heads(k, 0)
        return [softmax(dot_products(row, k[: first + i + 1]) / math.sqrt(row.shape[-1])) for i, row in enumerate(q)]

    def attended_values(self, weights: Sequence[AttentionWeights], v: Positions) -> Float[Array, "last batch inner"]:
        """Weighted sums of the values that each of the last positions sees, its heads side by side."""
        v = self.split_heads(v)
        attended = [weighted_sum(row, v[: len(row)]) for row in weights]
        return jnp.stack(attended).reshape(len(attended), len(attended[0]), -1)

    def pair_scores(
        self, q: Float[Array, "vocab inner"], k: Float[Array, "vocab inner"], i: int, j: int
    ) -> Float[Array, "vocab vocab heads"]:
        """q.k / sqrt(dim_head) for every token at position i that sees every token at position j."""
        q, k = self.heads_at(q, i), self.heads_at(k, j)
        return jnp.einsum("vhd,whd->vwh", q, k) / math.sqrt(q.shape[-1])

    def split_heads(self, x: Float[Array, "*rows inner"]) -> Float[Array, "*rows heads dim_head"]:
        return x.reshape(*x.shape[:-1], self.heads, -1)

    def heads_at(self, x: Float[Array, "batch inner"], position: int) -> Float[Array, "batch heads dim_head"]:
        """Queries or keys of one position by heads, rotated if the rotary embedding is on."""
        x = self.split_heads(x)
        return apply_rotary(x, position) if self.rotary == "intended" else x

    def all_heads(self, x: Positions, first: int) -> Float[Array, "n batch heads dim_head"]:
        """`heads_at` for the positions from `first` on."""
        if self.rotary != "intended":
            return self.split_heads(x)
        return jnp.stack([self.heads_at(row, position) for position, row in enumerate(x, first)])

    def output_projection(self, attended: Float[Array, "*rows inner"], dropout: Dropout) -> Float[Array, "*rows dim"]:
        """The output matrix, and the published code's second one, present whenever there is more than one head."""
        x = dense(attended, self.out.T)
        if self.proj_weight is None or self.proj_bias is None:
            return x
        return dropout(dense(x, self.proj_weight.T) + self.proj_bias)

    def last_attention(self, x: Float[Array, "length batch dim"], dropout: Dropout) -> Float[Array, "1 batch dim"]:
        """Attention of the last position alone.

        With one query, a key matrix can act on the query, and a value matrix on what was read: each on one row an
        example, not on four. (W_q n).(W_k n_j) = (W_k' W_q n).n_j, and the sum of w_j W_v n_j is W_v of the sum. A
        bias of the norm adds the same to every score, which a softmax does not see.
        """
        x = normalise(x, self.attn_norm_bias)
        if self.heads == 1 and self.rotary != "intended":
            query = self._two_after_norm(x[-1:], self.query, fold_gain(self.key, self.attn_norm).T)
            return self._two_after_norm(self.attend(query, x, x), self.value, self.out.T)
        attended = self.attend(
            self._after_norm(x[-1:], self.query), self._after_norm(x, self.key), self._after_norm(x, self.value)
        )
        return self.output_projection(attended, dropout)

    def _after_norm(self, x: Float[Array, "*rows dim"], weight: Float[Array, "dim n"]) -> Float[Array, "*rows n"]:
        """Gain and bias of the attention's norm, then `weight`, for rows that `normalise` made."""
        return dense_after_norm(x, weight, self.attn_norm, self.attn_norm_bias)

    def _two_after_norm(
        self, x: Float[Array, "*rows dim"], first: Float[Array, "dim n"], second: Float[Array, "n dim"]
    ) -> Float[Array, "*rows dim"]:
        """`_after_norm(x, first) @ second`."""
        product = dense_chain(x, fold_gain(first, self.attn_norm), second)
        return product if self.attn_norm_bias is None else product + self.attn_norm_bias @ first @ second

    def ffn(self, x: Float[Array, "positions batch dim"], dropout: Dropout) -> Float[Array, "positions batch dim"]:
        """The feed-forward network of some positions of the residual stream."""
        return self.ffn_down(self.ffn_hidden(x), dropout)

    def ffn_hidden(
        self, x: Float[Array, "*rows dim"], products: Sequence[Float[Array, "*rows hidden"]] = ()
    ) -> Float[Array, "*rows hidden"]:
        """Hidden units of the FFN: silu(gate) * up, or silu(up) without a gate.

        Args:
            products: `ffn_products(x)`, where they are known.
        """
        normed, weights = normalise(x, self.ffn_norm_bias), self.ffn_weights_with_gain
        if products:
            scale = inverse_rms(x if self.ffn_norm_bias is None else centre(x))
            projected = [
                dense_precomputed(
                    normed, weight, jax.lax.stop_gradient(product * broadcast_rows(scale, product.shape[-1]))
                )
                for weight, product in zip(weights, products, strict=True)
            ]
        else:
            projected = [dense(normed, weight) for weight in weights]
        if self.ffn_norm_bias is not None:
            projected = [
                rows + self.ffn_norm_bias @ weight for rows, weight in zip(projected, self.ffn_weights, strict=True)
            ]
        gate, *up = projected
        return functools.reduce(jnp.multiply, up, jax.nn.silu(gate))

    def ffn_products(self, x: Float[Array, "*rows dim"]) -> list[Float[Array, "*rows hidden"]]:
        """`ffn_weights_with_gain` times the stream before the norm's scale, which is the only part that is not linear
        in it: the products of a sum are the sum of the products."""
        x = x if self.ffn_norm_bias is None else centre(x)
        return [dense(x, weight) for weight in self.ffn_weights_with_gain]

    @property
    def ffn_weights(self) -> list[Float[Array, "dim hidden"]]:
        """The matrices that lead to the hidden units: gate, if there is one, and up."""
        return [weight for weight in (self.gate, self.up) if weight is not None]

    @property
    def ffn_weights_with_gain(self) -> list[Float[Array, "dim hidden"]]:
        return [fold_gain(weight, self.ffn_norm) for weight in self.ffn_weights]

    def ffn_down(
        self, hidden: Float[Array, "read batch hidden"], dropout: Dropout, first: int = 0, length: int | None = None
    ) -> Float[Array, "read batch dim"]:
        """Second half of the FFN, whose dropout falls on the hidden units.

        Without dropout every position is multiplied by itself: hidden units of several that were looked up would be
        formed in one kernel, with a choice for every number of which position it is of, and not sixteen at a time.

        Args:
            first, length: as `Dropout` takes them.
        """
        if dropout.key is None:
            return jnp.stack([dense(row, self.down.T) for row in hidden])
        return dense(dropout(hidden, first, length), self.down.T)


def init_block(
    dim: int, heads: int, rotary: Rotary, norm: Norm, gate: Gate, *, key: Key[Array, ""], dtype: DTypeLike
) -> Block:
    """A block as the published framework initialises it: gains 1, biases of norms 0, every linear parameter
    U(-1/sqrt(fan_in), 1/sqrt(fan_in))."""
    d, hidden = dim, EXPANSION * dim
    keys = iter(jax.random.split(key, 9))

    def linear(*shape: int, fan_in: int = d) -> Float[Array, "..."]:
        return uniform_by_fan_in(next(keys), shape, dtype, fan_in=fan_in)

    return Block(
        attn_norm=jnp.ones(d, dtype),
        attn_norm_bias=init_norm_bias(norm, d, dtype),
        query=linear(d, d),
        key=linear(d, d),
        value=linear(d, d),
        out=linear(d, d),
        ffn_norm=jnp.ones(d, dtype),
        ffn_norm_bias=init_norm_bias(norm, d, dtype),
        gate=linear(d, hidden) if gate == "silu" else None,
        up=linear(d, hidden),
        down=linear(d, hidden, fan_in=hidden),
        proj_weight=linear(d, d) if heads > 1 else None,
        proj_bias=linear(d) if heads > 1 else None,
        heads=heads,
        rotary=rotary,
    )


def init_norm_bias(norm: Norm, dim: int, dtype: DTypeLike) -> Float[Array, " dim"] | None:
    """Zeros for a LayerNorm; None for an RMSNorm, which has no bias."""
    return jnp.zeros(dim, dtype) if norm == "layer" else None
