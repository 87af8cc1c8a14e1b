"""What the engine asks of every net."""

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

    `batched` is the same function of many examples. A net that gains nothing from seeing its batch whole implements
    it as `over_examples(self, inputs, key)`. `following` is the caller's promise of `Signature.following`, which may
    be ignored. `first_of` is `batched` of the first examples of a batch, computed without the others by a net
    whose spec says that it `halves`.
    """

    @abstractmethod
    def __call__(self, x: Shaped[Array, "..."], *, key: MaybeKey = None) -> Float[Array, " outputs"]:
        """Outputs for one example."""

    @abstractmethod
    def batched(
        self, inputs: Shaped[Array, "batch ..."], *, key: MaybeKey = None, following: Following = ()
    ) -> Float[Array, "batch outputs"]:
        """Outputs for many; one key gives every example randomness of its own."""

    def first_of(
        self, inputs: Shaped[Array, "batch ..."], room: int, *, key: MaybeKey = None, following: Following = ()
    ) -> Float[Array, "batch outputs"]:
        """Outputs for the first examples of a batch with room for so many: what `batched` makes of them in it."""
        rest = jnp.broadcast_to(inputs[:1], (room - len(inputs), *inputs.shape[1:]))
        return self.batched(jnp.concatenate([inputs, rest]), key=key, following=following)[: len(inputs)]


def over_examples(net: ExampleNet, inputs: Shaped[Array, "batch ..."], key: MaybeKey) -> Float[Array, "batch outputs"]:
    """`net` of every example, each with a key of its own."""
    if key is None:
        return jax.vmap(net)(inputs)
    return jax.vmap(lambda x, k: net(x, key=k))(inputs, jax.random.split(key, len(inputs)))
