"""What depends on one token or on a pair of tokens is computed once for each, and looked up."""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from grokscope.nets.attention import Weights, shares
from grokscope.nets.block import Block

Tables = Float[Array, "*length vocab inner"]
"""A row for every token; where positions are learned, a table for every position."""
MOST_PAIRS = 2**17
"""Pairs of tokens beyond which the product of all queries and keys costs more than the scores of a batch."""


def block_weights(block: Block, q: Tables, k: Tables) -> Callable[[Int[Array, "n batch"], int], list[Weights]]:
    """How much the positions from a first one on read from those they see, of tokens with such queries and keys.

    A score depends on two tokens alone (and their places, where the net can tell them), so every pair's is one entry
    of a matrix product. Its gradient, too, is collected by pairs before it meets queries and keys.
    """
    vocab, knows_places = q.shape[-2], q.ndim == 3 or block.rotary == "intended"
    if vocab**2 > MOST_PAIRS:
        return lambda tokens, first: block.weights(looked_up(q, tokens[first:], first), looked_up(k, tokens))

    @functools.cache
    def scores(i: int, j: int) -> Float[Array, "pairs heads"]:
        return block.pair_scores(at_place(q, i), at_place(k, j), i, j).reshape(vocab**2, -1)

    def seen(tokens: Int[Array, "n batch"], i: int) -> Weights:
        if i == 0:  # who sees itself alone reads all of it
            return jnp.ones((1, tokens.shape[1], block.heads, 1), q.dtype)
        pairs = tokens[i] * vocab + tokens[: i + 1]
        if knows_places:
            found = jnp.stack([rows(scores(i, j), of) for j, of in enumerate(pairs)])
        else:
            found = rows(scores(0, 0), pairs.ravel()).reshape(*pairs.shape, -1)
        return shares(found[..., None])

    def weights(tokens: Int[Array, "n batch"], first: int) -> list[Weights]:
        return [seen(tokens, i) for i in range(first, len(tokens))]

    return weights


def looked_up(tables: Tables, tokens: Int[Array, "n batch"], first: int = 0) -> Float[Array, "n batch _"]:
    """The rows of tokens that stand at the positions from `first` on."""
    return jnp.stack([rows(at_place(tables, place), of) for place, of in enumerate(tokens, first)])


def at_place(tables: Tables, position: int) -> Float[Array, "vocab inner"]:
    return tables if tables.ndim == 2 else tables[position]


def rows(table: Float[Array, "n _"], which: Int[Array, " batch"]) -> Float[Array, "batch _"]:
    """Rows of a table. They are there: checking each for its bounds keeps XLA from reading at full speed."""
    return table.at[which].get(mode="promise_in_bounds", wrap_negative_indices=False)
