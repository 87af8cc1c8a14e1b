"""The published network: a small decoder-only transformer that reads four tokens and answers with one.

Pre-norm blocks, RMSNorm, gated feed-forward of width 4 * dim, no biases, untied head on the last position.
Source: Song & Ye 2026, section 3 and its public description; the rotary step as published does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Int, Key

from grokscope.nets.base import ExampleNet, MaybeKey
from grokscope.nets.block import EXPANSION, ROTARY, Block, Rate, Rotary, new_block
from grokscope.nets.layers import dense, framework_linear, rms_norm
from grokscope.run import Signature
from grokscope.spec import Spec, SpecError, static, traced


class TransformerNet(ExampleNet):
    """Maps one example of token ids to logits over the vocabulary.

    Exact shortcuts are taken. What depends on the first token alone is computed once per vocabulary entry and looked
    up: the first block's queries, keys and values and, with one head, all of its leading positions (up to the
    dropout, if that is on): the first, and those whose token follows in every example.
    The last block is computed only where it is read: at the last position.
    """

    embedding: Float[Array, "vocab dim"]
    blocks: tuple[Block, ...]
    norm: Float[Array, " dim"]
    head: Float[Array, "dim classes"]
    dropout: Rate = 0.0

    def __call__(self, tokens: Int[Array, " length"], *, key: MaybeKey = None) -> Float[Array, " classes"]:
        """Logits for the token that follows; with a key dropout is on, without one the net is evaluated."""
        return self.batched(tokens[None], key=key)[0]

    def batched(
        self, tokens: Int[Array, "batch length"], *, key: MaybeKey = None, following: tuple[int, ...] = ()
    ) -> Float[Array, "batch classes"]:
        """The same for many examples; one key draws independent masks for all of them."""
        keys = [(None, None) if key is None else block_keys(key, index) for index in range(len(self.blocks))]
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
        return dense(rms_norm(x[-1], self.norm), self.head)

    def plain_first_block(
        self, tokens: Int[Array, "length batch"], attn_key: MaybeKey, ffn_key: MaybeKey
    ) -> Float[Array, "read batch dim"]:
        """The residual stream after the first block; only at the last position if there is no other block."""
        block = self.blocks[0]
        reading = tokens[-1:] if len(self.blocks) == 1 else tokens
        q, k, v = self.projected_vocabulary()
        seen = block.attend([q[t] for t in reading], [k[t] for t in tokens], [v[t] for t in tokens])
        x = self.embedding[reading] + block.projected(seen, self.dropout, attn_key)
        return x + block.feed(block.hidden(x), self.dropout, ffn_key)

    def first_block(
        self, tokens: Int[Array, "length batch"], following: tuple[int, ...], ffn_key: MaybeKey
    ) -> Float[Array, "length batch dim"]:
        """The same with one head, whose output matrix then may act on the vocabulary's values: mixing is linear."""
        block = self.blocks[0]
        q, k, v = self.projected_vocabulary()
        v = dense(v, block.out.T)

        def attended(tokens: Int[Array, "length n"], first: int) -> Float[Array, "read n dim"]:
            reading = tokens[first:]
            seen = block.attend([q[t] for t in reading], [k[t] for t in tokens], [v[t] for t in tokens])
            return self.embedding[reading] + seen

        leading = attended(self.leading_tokens(following), 0)
        rest = attended(tokens, len(leading))
        if ffn_key is None:
            leading, rest = (x + block.feed(block.hidden(x), self.dropout, None) for x in (leading, rest))
            return jnp.concatenate([leading[:, tokens[0]], rest])
        hidden = jnp.concatenate([block.hidden(leading)[:, tokens[0]], block.hidden(rest)])
        return jnp.concatenate([leading[:, tokens[0]], rest]) + block.feed(hidden, self.dropout, ffn_key)

    def leading_tokens(self, following: tuple[int, ...]) -> Int[Array, "leading vocab"]:
        """For every token that can come first, it and what follows it."""
        vocab = len(self.embedding)
        return jnp.stack([jnp.arange(vocab), *(jnp.full(vocab, token) for token in following)])

    def projected_vocabulary(self) -> list[Float[Array, "vocab inner"]]:
        """The first block's queries, keys and values of every token."""
        block = self.blocks[0]
        normed = rms_norm(self.embedding, block.attn_norm)
        return [dense(normed, weight) for weight in (block.query, block.key, block.value)]


def block_keys(key: Key[Array, ""], index: int) -> Key[Array, "2"]:
    """The keys of a block's two dropout masks: after attention (more than one head), and in the feed-forward."""
    return jax.random.split(jax.random.fold_in(key, index))


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

    @property
    def label(self) -> str:
        return f"d={self.dim}"

    def n_params(self, signature: Signature) -> int:
        """P: every trainable number, biases and gains included."""
        d, hidden = self.dim, EXPANSION * self.dim
        extra = d * d + d if self.heads > 1 else 0
        block = 2 * d + 4 * d * d + 3 * d * hidden + extra
        return signature.vocab * d + self.depth * block + d + signature.classes * d

    def flops_per_example(self, signature: Signature) -> float:
        """Floating-point operations of matrix products in a forward pass, without what is looked up or not read."""
        d, length, feed = self.dim, signature.length, 3 * EXPANSION
        leading = 1 + len(signature.following)
        if self.heads == 1 and self.depth > 1:
            first = feed * (length - leading) + EXPANSION * leading
        else:
            first = (feed + min(self.heads, 2)) * (length if self.depth > 1 else 1)
        inner = (feed + 4 + (self.heads > 1)) * length * max(self.depth - 2, 0)
        last = feed + 4 if self.heads == 1 and self.rotary != "intended" else feed + 3 + 2 * length
        return 2.0 * d * (d * (first + inner + (last if self.depth > 1 else 0)) + signature.classes)

    def build(self, signature: Signature, *, key: Key[Array, ""], dtype: DTypeLike = jnp.float32) -> TransformerNet:
        """Initialised as the published framework does by default: embedding N(0, 1), linear U(+-1/sqrt(fan_in))."""
        embedding_key, head_key, *block_keys = jax.random.split(key, 2 + self.depth)
        net = TransformerNet(
            embedding=jax.random.normal(embedding_key, (signature.vocab, self.dim), dtype),
            blocks=tuple(new_block(self.dim, self.heads, self.rotary, key=k, dtype=dtype) for k in block_keys),
            norm=jnp.ones(self.dim, dtype),
            head=framework_linear(head_key, (self.dim, signature.classes), dtype, fan_in=self.dim),
        )
        scaled: TransformerNet = jax.tree.map(lambda x: x * self.init_scale if eqx.is_inexact_array(x) else x, net)
        return scaled
