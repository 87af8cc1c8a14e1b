"""The module of the published network and its variants, with every exact shortcut (`nets.transformer` describes it)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from grokscope.nets.attention import mixture
from grokscope.nets.base import ExampleNet, Following, MaybeKey
from grokscope.nets.block import Block
from grokscope.nets.dropout import Dropout
from grokscope.nets.layers import dense
from grokscope.nets.lookup import Tables, block_weights, looked_up
from grokscope.nets.norms import dense_gained, normal


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
    dropout: Float[Array, ""] | float = 0.0
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
        return self.first_of(tokens, len(tokens), key=key, following=following)

    def first_of(
        self, tokens: Int[Array, "batch length"], room: int, *, key: MaybeKey = None, following: Following = ()
    ) -> Float[Array, "batch classes"]:
        """The same for the first examples of a batch with room for so many."""
        masks = self.masks(key, room)
        if self.blocks[0].heads == 1 and len(self.blocks) > 1:
            x = self.first_block(tokens.T, following, masks[0][1])
        else:
            x = self.plain_first_block(tokens.T, *masks[0])
        for block, (after_attention, in_feed) in zip(self.blocks[1:-1], masks[1:-1], strict=True):
            x = x + block.attention(x, after_attention)
            x = x + block.feed(block.hidden(x), in_feed)
        if len(self.blocks) > 1:
            block, (after_attention, in_feed) = self.blocks[-1], masks[-1]
            x = x[-1:] + block.last_attention(x, after_attention)
            x = x + block.feed(block.hidden(x), in_feed)
        return dense_gained(normal(x[-1], self.norm_bias), self.head, self.norm, self.norm_bias)

    def masks(self, key: MaybeKey, room: int) -> list[tuple[Dropout, Dropout]]:
        """The two dropouts of every block: after attention (more than one head), and in the feed-forward."""
        if key is None:
            return [(Dropout(self.dropout, None, room),) * 2] * len(self.blocks)
        keys = jax.vmap(lambda index: jax.random.split(jax.random.fold_in(key, index)))(jnp.arange(len(self.blocks)))
        return [(Dropout(self.dropout, one, room), Dropout(self.dropout, other, room)) for one, other in keys]

    def plain_first_block(
        self, tokens: Int[Array, "length batch"], after_attention: Dropout, in_feed: Dropout
    ) -> Float[Array, "read batch dim"]:
        """The residual stream after the first block; only at the last position if there is no other block."""
        block = self.blocks[0]
        first = len(tokens) - 1 if len(self.blocks) == 1 else 0
        own = self.vocabulary()
        q, k, v = block.asked(own)
        seen = block.mixed(block_weights(block, q, k)(tokens, first), looked_up(v, tokens))
        x = looked_up(own, tokens[first:], first) + block.projected(seen, after_attention)
        return x + block.feed(block.hidden(x), in_feed)

    def first_block(
        self, tokens: Int[Array, "length batch"], following: Following, in_feed: Dropout
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
            weights = [of[:, :, 0] for of in weights_of(tokens, first)]

            def read(own: Tables, seen: Tables) -> Float[Array, "read n _"]:
                at, others = looked_up(own, tokens[first:], first), looked_up(seen, tokens)
                return jnp.stack([row + mixture(of, others[: len(of)]) for row, of in zip(at, weights, strict=True)])

            x = read(own, v)
            return x, block.hidden(x, [read(*tables) for tables in known])

        leading = fed(self.leading_tokens(following), 0)
        n, length = len(leading[0]), len(tokens)
        rest = fed(tokens, n)
        if in_feed.key is None:
            first = (leading[0] + block.feed(leading[1], in_feed))[:, tokens[0]]
        else:
            x, hidden = (of[:, tokens[0]] for of in leading)
            first = x + block.feed(hidden, in_feed, 0, length)
        return jnp.concatenate([first, rest[0] + block.feed(rest[1], in_feed, n, length)])

    def leading_tokens(self, following: Following) -> Int[Array, "leading vocab"]:
        """For every token that can come first, it and what follows it."""
        vocab = len(self.embedding)
        return jnp.stack([jnp.arange(vocab), *(jnp.full(vocab, token) for token in following)])

    def vocabulary(self) -> Tables:
        """The residual stream, before any block, of every token."""
        return self.embedding if self.positions is None else self.embedding + self.positions[:, None]
