"""The forward pass of the published network and its variants, with every exact shortcut.

`nets.transformer` describes the network and initialises it, `nets.block` has its block.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from grokscope.nets.base import ExampleNet, Following, MaybeKey
from grokscope.nets.block import AttentionWeights, Block
from grokscope.nets.dropout import Dropout
from grokscope.nets.layers import dense, dense_after_norm, normalise, softmax, weighted_sum

Tables = Float[Array, "*length vocab features"]
"""A row for every token; where positions are learned, a table for every position."""
MAX_PAIRS = 2**17
"""Pairs of tokens beyond which the product of all queries and keys costs more than the scores of a batch."""


class TransformerNet(ExampleNet):
    """Maps one example of token ids to logits over the vocabulary.

    Exact shortcuts are taken. What depends on one token and its position is computed once per vocabulary entry and
    looked up: the first block's queries, keys and values and, with one head, the whole first block at its leading
    positions (up to the dropout, if that is on): the first, and those whose token follows in every example.
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
        """Logits for many examples; one key draws independent masks for all of them."""
        return self.batched_prefix(tokens, len(tokens), key=key, following=following)

    def batched_prefix(
        self, tokens: Int[Array, "n length"], batch_size: int, *, key: MaybeKey = None, following: Following = ()
    ) -> Float[Array, "n classes"]:
        """Logits for the first examples of a batch of `batch_size`, whose masks they get."""
        dropouts = self.dropouts(key, batch_size)
        if self.blocks[0].heads == 1 and len(self.blocks) > 1:
            x = self.tabulated_first_block(tokens.T, following, dropouts[0][1])
        else:
            x = self.first_block(tokens.T, *dropouts[0])
        for block, (after_attention, in_ffn) in zip(self.blocks[1:-1], dropouts[1:-1], strict=True):
            x = x + block.attention(x, after_attention)
            x = x + block.ffn(x, in_ffn)
        if len(self.blocks) > 1:
            block, (after_attention, in_ffn) = self.blocks[-1], dropouts[-1]
            x = x[-1:] + block.last_attention(x, after_attention)
            x = x + block.ffn(x, in_ffn)
        return dense_after_norm(normalise(x[-1], self.norm_bias), self.head, self.norm, self.norm_bias)

    def dropouts(self, key: MaybeKey, batch_size: int) -> list[tuple[Dropout, Dropout]]:
        """The two dropouts of every block: after attention (more than one head), and in the FFN."""
        if key is None:
            return [(Dropout(self.dropout, None, batch_size),) * 2] * len(self.blocks)
        keys = jax.vmap(lambda index: jax.random.split(jax.random.fold_in(key, index)))(jnp.arange(len(self.blocks)))
        return [
            (Dropout(self.dropout, one, batch_size), Dropout(self.dropout, other, batch_size)) for one, other in keys
        ]

    def first_block(
        self, tokens: Int[Array, "length batch"], after_attention: Dropout, in_ffn: Dropout
    ) -> Float[Array, "read batch dim"]:
        """The residual stream after the first block; only at the last position if there is no other block."""
        block = self.blocks[0]
        first = len(tokens) - 1 if len(self.blocks) == 1 else 0
        embedded = self.embedded_vocabulary()
        q, k, v = block.qkv(embedded)
        attended = block.attended_values(tabulate_attention(block, q, k)(tokens, first), lookup(v, tokens))
        x = lookup(embedded, tokens[first:], first) + block.output_projection(attended, after_attention)
        return x + block.ffn(x, in_ffn)

    def tabulated_first_block(
        self, tokens: Int[Array, "length batch"], following: Following, in_ffn: Dropout
    ) -> Float[Array, "length batch dim"]:
        """`first_block` with one head, whose output matrix may act on the vocabulary's values before they are looked
        up, since a weighted sum is linear. So may the first matrices of the FFN, up to the norm's scale.
        """
        block, embedded = self.blocks[0], self.embedded_vocabulary()
        q, k, v = block.qkv(embedded)
        v = dense(v, block.out.T)
        products = list(zip(block.ffn_products(embedded), block.ffn_products(v), strict=True))
        attention_weights = tabulate_attention(block, q, k)

        def stream_and_hidden(tokens: Int[Array, "length n"], first: int) -> tuple[Array, Array]:
            """The stream after attention and the FFN's hidden units, at the positions from `first` on."""
            weights = [row[:, :, 0] for row in attention_weights(tokens, first)]

            def add_attended(own: Tables, values: Tables) -> Float[Array, "read n _"]:
                residual, seen = lookup(own, tokens[first:], first), lookup(values, tokens)
                return jnp.stack(
                    [row + weighted_sum(of, seen[: len(of)]) for row, of in zip(residual, weights, strict=True)]
                )

            x = add_attended(embedded, v)
            return x, block.ffn_hidden(x, [add_attended(*tables) for tables in products])

        leading = stream_and_hidden(self.leading_tokens(following), 0)
        n, length = len(leading[0]), len(tokens)
        rest = stream_and_hidden(tokens, n)
        if in_ffn.key is None:
            first = (leading[0] + block.ffn_down(leading[1], in_ffn))[:, tokens[0]]
        else:
            x, hidden = (table[:, tokens[0]] for table in leading)
            first = x + block.ffn_down(hidden, in_ffn, 0, length)
        return jnp.concatenate([first, rest[0] + block.ffn_down(rest[1], in_ffn, n, length)])

    def leading_tokens(self, following: Following) -> Int[Array, "leading vocab"]:
        """Every token that can come first, each with the tokens that follow it."""
        vocab = len(self.embedding)
        return jnp.stack([jnp.arange(vocab), *(jnp.full(vocab, token) for token in following)])

    def embedded_vocabulary(self) -> Tables:
        """The residual stream, before any block, of every token."""
        return self.embedding if self.positions is None else self.embedding + self.positions[:, None]


def tabulate_attention(
    block: Block, q: Tables, k: Tables
) -> Callable[[Int[Array, "n batch"], int], list[AttentionWeights]]:
    """A function of tokens and a first position: the attention weights of the positions from that one on.

    A score depends on two tokens alone (and their positions, where the net can tell them), so every pair's is one entry
    of a matrix product, looked up. Its gradient, too, is collected by pairs before it meets queries and keys.

    Args:
        q, k: queries and keys of the vocabulary.
    """
    vocab, by_position = q.shape[-2], q.ndim == 3 or block.rotary == "intended"
    if vocab**2 > MAX_PAIRS:
        return lambda tokens, first: block.attention_weights(lookup(q, tokens[first:], first), lookup(k, tokens))

    @functools.cache
    def scores(i: int, j: int) -> Float[Array, "pairs heads"]:
        return block.pair_scores(table_at(q, i), table_at(k, j), i, j).reshape(vocab**2, -1)

    def weights_at(tokens: Int[Array, "n batch"], i: int) -> AttentionWeights:
        if i == 0:  # a position that sees itself alone reads all of it
            return jnp.ones((1, tokens.shape[1], block.heads, 1), q.dtype)
        pairs = tokens[i] * vocab + tokens[: i + 1]
        if by_position:
            found = jnp.stack([take_rows(scores(i, j), pair) for j, pair in enumerate(pairs)])
        else:
            found = take_rows(scores(0, 0), pairs.ravel()).reshape(*pairs.shape, -1)
        return softmax(found[..., None])

    return lambda tokens, first: [weights_at(tokens, i) for i in range(first, len(tokens))]


def lookup(tables: Tables, tokens: Int[Array, "n batch"], first: int = 0) -> Float[Array, "n batch _"]:
    """The rows of tokens that stand at the positions from `first` on."""
    return jnp.stack([take_rows(table_at(tables, position), row) for position, row in enumerate(tokens, first)])


def table_at(tables: Tables, position: int) -> Float[Array, "vocab features"]:
    return tables if tables.ndim == 2 else tables[position]


def take_rows(table: Float[Array, "m n"], rows: Int[Array, " batch"]) -> Float[Array, "batch n"]:
    """Rows of a table. They are there: checking each for its bounds keeps XLA from reading at full speed."""
    return table.at[rows].get(mode="promise_in_bounds", wrap_negative_indices=False)
