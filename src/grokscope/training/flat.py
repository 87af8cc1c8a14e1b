"""Flat parameter vectors, which lanes and optimisers work on, and the arrays that they stand for."""

from __future__ import annotations

from collections.abc import Callable

import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

Flat = Float[Array, " P"]
Unravel = Callable[[Flat], PyTree]
"""From a flat vector to a net-shaped tree of the arrays it stands for."""


def ravel(tree: PyTree) -> Flat:
    """Flatten a tree to a (P,) vector, which `Unravel` undoes."""
    vector: Array = ravel_pytree(tree)[0]
    return vector


def apply_to_arrays(transformation: optax.GradientTransformation, unravel: Unravel) -> optax.GradientTransformation:
    """Wrap a transformation that must see arrays, such as matrices, as one of flat vectors.

    Args:
        transformation: of trees of arrays.
        unravel: from a (P,) vector to such a tree.
    """

    def init(params: Flat) -> optax.OptState:
        return transformation.init(unravel(params))

    def update(gradient: Flat, state: optax.OptState, params: Flat | None = None) -> tuple[Flat, optax.OptState]:
        updates, state = transformation.update(unravel(gradient), state, None if params is None else unravel(params))
        return ravel(updates), state

    return optax.GradientTransformation(init, update)
