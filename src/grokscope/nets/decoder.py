"""The module of the published network and its variants, with every exact shortcut (`nets.transformer` describes it)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from grokscope.nets.attention import mixture
from grokscope.nets.base import ExampleNet, Following, MaybeKey
from grokscope.nets.block import Block, Rate
from grokscope.nets.layers import dense, normed
from grokscope.nets.lookup import Tables, block_weights, looked_up


class TransformerNet(ExampleNet):
    """Maps one example of token ids to logits over the vocabulary.

    Exact shortcuts are taken. What depends on one token and its place is computed once per vocabulary entry and looked
    up: the first block's queries, keys and values and, with one head, all of its leading positions (up to the
    dropout, if that is on): the first, and those whose token follows in every example.
    The last block is computed only where it is read: at the last position.
    """

    embedding: Float[Array, "vocab dim"]
    blocks: tuple[Block, ...]
    norm: Float[Array, " dim"]
    head: Float[Array, "dim classes"]
    dropout: Rate = 0.0
    norm_bias: Float[Array, " dim"] | None = None
    positions: Float[Array, "length dim"] | None = None

    @property
    def is_published(self) -> bool:
        """Whether it has none but the published arrays: RMSNorm, no positions, a gate."""
        gated = all(block.gate is not None for block in self.blocks)
        return gated and self.norm_bias is None and self.positions is None

    def __call__(self, tokens: Int[Array, " length"], *, key: MaybeKey = None) -> Float[Array, " classes"]:
        """Logits for the token that follows; with a key dropout is on, without one the net is evaluated."""
        return self.batched(tokens[None], key=key)[0]

    def batched(
        self, tokens: Int[Array, "batch length"], *, key: MaybeKey = None, following: Following = ()
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
        return dense(normed(x[-1], self.norm, self.norm_bias), self.head)

    def plain_first_block(
        self, tokens: Int[Array, "length batch"], attn_key: MaybeKey, ffn_key: MaybeKey
    ) -> Float[Array, "read batch dim"]:
        """The residual stream after the first block; only at the last position if there is no other block."""
        block = self.blocks[0]
        first = len(tokens) - 1 if len(self.blocks) == 1 else 0
        own = self.vocabulary()
        q, k, v = block.asked(own)
        seen = block.mixed(block_weights(block, q, k)(tokens, first), looked_up(v, tokens))
        x = jnp.stack(looked_up(own, tokens[first:], first)) + block.projected(seen, self.dropout, attn_key)
        return x + block.feed(block.hidden(x), self.dropout, ffn_key)

    def first_block(
        self, tokens: Int[Array, "length batch"], following: Following, ffn_key: MaybeKey
    ) -> Float[Array, "length batch dim"]:
        """The same with one head, whose output matrix then may act on the vocabulary's values: mixing is linear.

        So may the first matrices of the feed-forward, up to the norm's scale.
        """
        block, own = self.blocks[0], self.vocabulary()
        q, k, v = block.asked(own)
        v = dense(v, block.out.T)
        known = list(zip(block.products(own), block.products(v), strict=True))
        weights_of = block_weights(block, q, k)

        def fed(tokens: Int[Array, "length n"], first: int) -> tuple[Array, Array]:
            """The stream after attention and the hidden units, at the positions from `first` on."""
            weights = [[weight[:, 0] for weight in of] for of in weights_of(tokens, first)]

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

    def leading_tokens(self, following: Following) -> Int[Array, "leading vocab"]:
        """For every token that can come first, it and what follows it."""
        vocab = len(self.embedding)
        return jnp.stack([jnp.arange(vocab), *(jnp.full(vocab, token) for token in following)])

    def vocabulary(self) -> Tables:
        """The residual stream, before any block, of every token."""
        return self.embedding if self.positions is None else self.embedding + self.positions[:, None]


def block_keys(key: Key[Array, ""], index: int) -> Key[Array, "2"]:
    """The keys of a block's two dropout masks: after attention (more than one head), and in the feed-forward."""
    return jax.random.split(jax.random.fold_in(key, index))
