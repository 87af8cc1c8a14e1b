"""The interface of every net."""

from __future__ import annotations

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, Shaped

MaybeKey = Key[Array, ""] | None
"""A key turns dropout on; None is evaluation."""
Following = tuple[int | Int[Array, ""], ...]
"""Tokens that follow the first one in every example; traced where lanes of one program differ in them."""


class ExampleNet(eqx.Module):
    """A net that maps one example to its outputs.

    `batched` is the same function of many examples. A net that gains nothing from seeing its batch whole implements it
    as `vmap_examples(self, inputs, key)`. `following` is the caller's promise of `Signature.following`, which a net may
    ignore.
    """

    @abstractmethod
    def __call__(self, x: Shaped[Array, "..."], *, key: MaybeKey = None) -> Float[Array, " outputs"]:
        """Outputs for one example."""

    @abstractmethod
    def batched(
        self, inputs: Shaped[Array, "batch ..."], *, key: MaybeKey = None, following: Following = ()
    ) -> Float[Array, "batch outputs"]:
        """Outputs for many examples; one key gives every example randomness of its own."""

    def batched_prefix(
        self, inputs: Shaped[Array, "n ..."], batch_size: int, *, key: MaybeKey = None, following: Following = ()
    ) -> Float[Array, "n outputs"]:
        """Outputs for the first n examples of a batch: those that `batched` gives them in the whole of it.

        A net whose spec `halves` computes them without the rest of the batch.

        Args:
            batch_size: examples of the whole batch.
        """
        rest = jnp.broadcast_to(inputs[:1], (batch_size - len(inputs), *inputs.shape[1:]))
        return self.batched(jnp.concatenate([inputs, rest]), key=key, following=following)[: len(inputs)]


def vmap_examples(net: ExampleNet, inputs: Shaped[Array, "batch ..."], key: MaybeKey) -> Float[Array, "batch outputs"]:
    """Outputs for many examples by a `vmap` over the net for one, each example with a key of its own."""
    if key is None:
        return jax.vmap(net)(inputs)
    return jax.vmap(lambda x, k: net(x, key=k))(inputs, jax.random.split(key, len(inputs)))
