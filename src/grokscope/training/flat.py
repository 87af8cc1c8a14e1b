"""The parameters of a lane are one flat vector. Here it is taken for the arrays that it stands for, and back."""

from __future__ import annotations

from collections.abc import Callable

import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

Flat = Float[Array, " P"]
Unravel = Callable[[Flat], PyTree]
"""From a flat vector to a net-shaped tree of the arrays it stands for."""


def flat(tree: PyTree) -> Flat:
    """The vector of a tree: what `Unravel` undoes."""
    vector: Array = ravel_pytree(tree)[0]
    return vector


def over_arrays(transformation: optax.GradientTransformation, unravel: Unravel) -> optax.GradientTransformation:
    """A transformation of flat vectors that does what this one does to their arrays, for one that must see those."""

    def init(params: Flat) -> optax.OptState:
        return transformation.init(unravel(params))

    def update(gradient: Flat, state: optax.OptState, params: Flat | None = None) -> tuple[Flat, optax.OptState]:
        updates, state = transformation.update(unravel(gradient), state, None if params is None else unravel(params))
        return flat(updates), state

    return optax.GradientTransformation(init, update)
