"""The published network: a small decoder-only transformer that reads four tokens and answers with one.

Pre-norm blocks, RMSNorm, gated feed-forward of width 4 * dim, no biases, untied head on the last position.
Source: Song & Ye 2026, section 3 and its public description; the rotary step as published does nothing.
Its variants, one switch each: LayerNorm, learned positions, no gate. Every shortcut is exact for them too.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Int, Key

from grokscope.nets.base import ExampleNet, MaybeKey
from grokscope.nets.block import (
    EXPANSION,
    GATES,
    NORMS,
    ROTARY,
    Block,
    Gate,
    Norm,
    Rate,
    Rotary,
    mixture,
    new_block,
    norm_bias,
)
from grokscope.nets.layers import dense, framework_linear, normed
from grokscope.run import Signature
from grokscope.spec import Spec, SpecError, static, traced

Tables = Float[Array, "*length vocab inner"]
"""A row for every token; where positions are learned, a table for every position."""


class TransformerNet(ExampleNet):
    """Maps one example of token ids to logits over the vocabulary.

    Exact shortcuts are taken. What depends on one token and its place is computed once per vocabulary entry and looked
    up: the first block's queries, keys and values and, with one head, all of its leading positions (up to the
    dropout, if that is on): the first, and those whose token follows in every example.
    The last block is computed only where it is read: at the last position. A net that never `drops` takes, in training
    too, the shortcuts that dropout forbids.
    """

    embedding: Float[Array, "vocab dim"]
    blocks: tuple[Block, ...]
    norm: Float[Array, " dim"]
    head: Float[Array, "dim classes"]
    dropout: Rate = 0.0
    norm_bias: Float[Array, " dim"] | None = None
    positions: Float[Array, "length dim"] | None = None
    drops: bool = eqx.field(static=True, default=True)

    @property
    def is_published(self) -> bool:
        """Whether it has none but the published arrays: RMSNorm, no positions, a gate."""
        gated = all(block.gate is not None for block in self.blocks)
        return gated and self.norm_bias is None and self.positions is None

    def __call__(self, tokens: Int[Array, " length"], *, key: MaybeKey = None) -> Float[Array, " classes"]:
        """Logits for the token that follows; with a key dropout is on, without one the net is evaluated."""
        return self.batched(tokens[None], key=key)[0]

    def batched(
        self, tokens: Int[Array, "batch length"], *, key: MaybeKey = None, following: tuple[int, ...] = ()
    ) -> Float[Array, "batch classes"]:
        """The same for many examples; one key draws independent masks for all of them."""
        keys = [
            (None, None) if key is None or not self.drops else block_keys(key, index)
            for index in range(len(self.blocks))
        ]
        if self.blocks[0].heads == 1 and len(self.blocks) > 1:
            x = self.first_block(tokens.T, following, keys[0][1])
        else:
            x = self.plain_first_block(tokens.T, *keys[0])
        for block, (attn_key, ffn_key) in zip(self.blocks[1:-1], keys[1:-1], strict=True):
            x = x + block.attention(x, self.dropout, attn_key)
            x = x + block.feed(block.hidden(x), self.dropout, ffn_key)
        if len(self.blocks) > 1:
            block, (attn_key, ffn_key) = self.blocks[-1], keys[-1]
            x = x[-1:] + block.last_attention(x, self.dropout, attn_key)
            x = x + block.feed(block.hidden(x), self.dropout, ffn_key)
        return dense(normed(x[-1], self.norm, self.norm_bias), self.head)

    def plain_first_block(
        self, tokens: Int[Array, "length batch"], attn_key: MaybeKey, ffn_key: MaybeKey
    ) -> Float[Array, "read batch dim"]:
        """The residual stream after the first block; only at the last position if there is no other block."""
        block = self.blocks[0]
        first = len(tokens) - 1 if len(self.blocks) == 1 else 0
        own = self.vocabulary()
        q, k, v = block.asked(own)
        seen = block.attend(looked_up(q, tokens[first:], first), looked_up(k, tokens), looked_up(v, tokens))
        x = jnp.stack(looked_up(own, tokens[first:], first)) + block.projected(seen, self.dropout, attn_key)
        return x + block.feed(block.hidden(x), self.dropout, ffn_key)

    def first_block(
        self, tokens: Int[Array, "length batch"], following: tuple[int, ...], ffn_key: MaybeKey
    ) -> Float[Array, "length batch dim"]:
        """The same with one head, whose output matrix then may act on the vocabulary's values: mixing is linear.

        So may the first matrices of the feed-forward, up to the norm's scale.
        """
        block, own = self.blocks[0], self.vocabulary()
        q, k, v = block.asked(own)
        v = dense(v, block.out.T)
        known = list(zip(block.products(own), block.products(v), strict=True))

        def fed(tokens: Int[Array, "length n"], first: int) -> tuple[Array, Array]:
            """The stream after attention and the hidden units, at the positions from `first` on."""
            weights = block.weights(looked_up(q, tokens[first:], first), looked_up(k, tokens))
            weights = [[weight[:, 0] for weight in of] for of in weights]

            def read(own: Tables, seen: Tables) -> Float[Array, "read n _"]:
                at, others = looked_up(own, tokens[first:], first), looked_up(seen, tokens)
                return jnp.stack([row + mixture(of, others[: len(of)]) for row, of in zip(at, weights, strict=True)])

            x = read(own, v)
            return x, block.hidden(x, [read(*tables) for tables in known])

        leading = fed(self.leading_tokens(following), 0)
        rest = fed(tokens, len(leading[0]))
        if ffn_key is None:
            first, then = (x + block.feed(hidden, self.dropout, None) for x, hidden in (leading, rest))
            return jnp.concatenate([first[:, tokens[0]], then])
        x, hidden = (jnp.concatenate([of[:, tokens[0]], more]) for of, more in zip(leading, rest, strict=True))
        return x + block.feed(hidden, self.dropout, ffn_key)

    def leading_tokens(self, following: tuple[int, ...]) -> Int[Array, "leading vocab"]:
        """For every token that can come first, it and what follows it."""
        vocab = len(self.embedding)
        return jnp.stack([jnp.arange(vocab), *(jnp.full(vocab, token) for token in following)])

    def vocabulary(self) -> Tables:
        """The residual stream, before any block, of every token."""
        return self.embedding if self.positions is None else self.embedding + self.positions[:, None]


def looked_up(tables: Tables, tokens: Int[Array, "n batch"], first: int = 0) -> list[Float[Array, "batch _"]]:
    """The rows of tokens that stand at the positions from `first` on, one array a position.

    Tokens are ids of the vocabulary: checking each for its bounds keeps XLA from reading rows at full speed.
    """
    table = [tables if tables.ndim == 2 else tables[position] for position in range(first, first + len(tokens))]
    return [
        of.at[t].get(mode="promise_in_bounds", wrap_negative_indices=False) for of, t in zip(table, tokens, strict=True)
    ]


def block_keys(key: Key[Array, ""], index: int) -> Key[Array, "2"]:
    """The keys of a block's two dropout masks: after attention (more than one head), and in the feed-forward."""
    return jax.random.split(jax.random.fold_in(key, index))


@dataclass(frozen=True)
class Transformer(Spec):
    """Spec of `TransformerNet`: width `dim`, number of blocks `depth`, `heads`, and the rotary switch.

    `rotary`: `published` (mathematically no rotation at all), `intended` (by position), `none`.
    `norm`: `rms`, or `layer` with a bias. `positions`: `none` (the causal mask alone tells order), or `learned` vectors
    added to the embedding, N(0, 1) at first. `gate`: `silu`, or `none`, so that the feed-forward is silu between two
    matrices.
    `init_scale` multiplies every parameter once after initialisation, gains and biases included.
    """

    kind = "transformer"

    dim: int = static(128)
    depth: int = static(2)
    heads: int = static(1)
    rotary: Rotary = static("published", choices=ROTARY)
    dropout: float = traced(0.2, low=0.0, high=1.0)
    init_scale: float = traced(1.0)
    norm: Norm = static("rms", choices=NORMS, later=True)
    positions: Literal["none", "learned"] = static("none", choices=("none", "learned"), later=True)
    gate: Gate = static("silu", choices=GATES, later=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("dim", "depth", "heads"):
            if getattr(self, name) < 1:
                raise SpecError(name, getattr(self, name), "at least 1")
        if self.dim % (2 * self.heads):
            raise SpecError("dim", self.dim, f"a multiple of {2 * self.heads} for heads = {self.heads}")
        if self.dropout == 1.0:
            raise SpecError("dropout", self.dropout, "less than 1")

    def static_part(self) -> Transformer:
        """As of any spec, but no dropout at all is a shape of its own: more is then computed once a token."""
        return self._common

    @cached_property
    def _common(self) -> Transformer:
        common = super().static_part()
        return common if self.dropout else dataclasses.replace(common, dropout=0.0)

    @property
    def label(self) -> str:
        return f"d={self.dim}"

    def n_params(self, signature: Signature) -> int:
        """P: every trainable number, biases and gains included."""
        d, hidden = self.dim, EXPANSION * self.dim
        extra = d * d + d if self.heads > 1 else 0
        norm = 2 * d if self.norm == "layer" else d
        block = 2 * norm + 4 * d * d + (2 + (self.gate != "none")) * d * hidden + extra
        positions = signature.length * d if self.positions == "learned" else 0
        return signature.vocab * d + positions + self.depth * block + norm + signature.classes * d

    def flops_per_example(self, signature: Signature) -> float:
        """Floating-point operations of matrix products in a forward pass, without what is looked up or not read."""
        d, length, feed = self.dim, signature.length, (2 + (self.gate != "none")) * EXPANSION
        leading = 1 + len(signature.following)
        if self.heads == 1 and self.depth > 1:
            first = feed * (length - leading) + EXPANSION * leading
        else:
            first = (feed + min(self.heads, 2)) * (length if self.depth > 1 else 1)
        inner = (feed + 4 + (self.heads > 1)) * length * max(self.depth - 2, 0)
        last = feed + 4 if self.heads == 1 and self.rotary != "intended" else feed + 3 + 2 * length
        return 2.0 * d * (d * (first + inner + (last if self.depth > 1 else 0)) + signature.classes)

    def recalled_flops_per_example(self, signature: Signature) -> float:
        """Of those, what a forward pass looks up: with one head the first products of the first feed-forward, which
        only a gradient takes."""
        if self.heads > 1 or self.depth == 1:
            return 0.0
        read = signature.length - 1 - len(signature.following)
        return 2.0 * self.dim**2 * EXPANSION * (1 + (self.gate != "none")) * read

    def build(self, signature: Signature, *, key: Key[Array, ""], dtype: DTypeLike = jnp.float32) -> TransformerNet:
        """Initialised as the published framework does by default: embedding N(0, 1), linear U(+-1/sqrt(fan_in))."""
        embedding_key, head_key, *block_keys = jax.random.split(key, 2 + self.depth)
        net = TransformerNet(
            embedding=jax.random.normal(embedding_key, (signature.vocab, self.dim), dtype),
            blocks=tuple(
                new_block(self.dim, self.heads, self.rotary, self.norm, self.gate, key=k, dtype=dtype)
                for k in block_keys
            ),
            norm=jnp.ones(self.dim, dtype),
            norm_bias=norm_bias(self.norm, self.dim, dtype),
            positions=self._positions(jax.random.fold_in(embedding_key, 1), signature.length, dtype),
            head=framework_linear(head_key, (self.dim, signature.classes), dtype, fan_in=self.dim),
            drops=self.dropout > 0,
        )
        scaled: TransformerNet = jax.tree.map(lambda x: x * self.init_scale if eqx.is_inexact_array(x) else x, net)
        return scaled

    def _positions(self, key: Key[Array, ""], length: int, dtype: DTypeLike) -> Float[Array, "length dim"] | None:
        return jax.random.normal(key, (length, self.dim), dtype) if self.positions == "learned" else None
