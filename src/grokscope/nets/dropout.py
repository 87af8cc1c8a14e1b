"""Dropout, and the random words it is drawn by."""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, UInt32

from grokscope.nets.base import MaybeKey

LEVELS = 2.0**32


class Dropout(NamedTuple):
    """Inverted dropout of a layer: a unit survives where its random word is not below `rate`.

    Attributes:
        key: of the layer's mask; without one nothing is dropped.
        batch_size: examples of the whole batch, of which a caller may pass the first ones alone. A unit's word depends
            on this size, not on how many examples are passed.
    """

    rate: Float[Array, ""] | float
    key: MaybeKey
    batch_size: int

    def __call__(
        self, x: Float[Array, "positions batch n"], first: int = 0, length: int | None = None
    ) -> Float[Array, "positions batch n"]:
        """x with its mask.

        Args:
            first, length: x holds the positions from `first` on of a layer of `length` positions; by default all.
        """
        if self.key is None:
            return x
        rate = jnp.asarray(self.rate, x.dtype)
        words = random_words(self.key, (length or len(x), self.batch_size, x.shape[-1]))
        survives = words[first : first + len(x), : x.shape[1]] >= (rate * LEVELS).astype(jnp.uint32)
        kept: Array = jnp.where(survives, x * (1 / (1 - rate)), 0)
        return kept


def random_words(key: Key[Array, ""], shape: tuple[int, ...]) -> UInt32[Array, "*shape"]:
    """Uniform 32-bit words that depend on the key and their place alone.

    A counter hash of two multiply-xorshift rounds, half of the key in the counter and half in the second multiplier:
    twenty times cheaper on a CPU than the full Threefry cipher, which still makes the key.
    """
    first, second = jax.random.key_data(key)
    x = jnp.arange(math.prod(shape), dtype=jnp.uint32).reshape(shape) ^ first
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * (jnp.uint32(0x846CA68B) ^ (second << 1))
    words: UInt32[Array, "*shape"] = x ^ (x >> 16)
    return words
