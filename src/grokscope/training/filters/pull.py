"""The gradient of a loss to which the lengths of the parameters are added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax

from grokscope.registry import register
from grokscope.run import Filter
from grokscope.spec import traced
from grokscope.training.flat import Unravel, apply_to_arrays


@register
@dataclass(frozen=True)
class Pull(Filter):
    """g + strength * theta / |theta| for every array theta: the gradient of loss + strength * sum |theta|.

    The norm-regularised loss of Song 2025 (arXiv 2507.14747, released code; strength 0.5), whose recorded loss here
    stays the one without the norms. An array that has no gradient at all is held, and stays where it is; one of zeros
    is pulled nowhere.
    """

    kind = "pull"

    strength: float = traced(0.5, low=0.0)

    @staticmethod
    def transform(hyper: dict[str, Any], unravel: Unravel) -> optax.GradientTransformation:
        """The Optax transformation at traced values of the fields."""

        def pulled(gradient: jax.Array, params: jax.Array) -> jax.Array:
            length = jnp.linalg.norm(params)
            moves = jnp.any(gradient != 0) & (length > 0)
            direction = jnp.where(moves, params / jnp.where(length > 0, length, 1), 0)
            towards: jax.Array = hyper["strength"] * direction
            return gradient + towards

        return apply_to_arrays(optax.stateless(lambda g, params: jax.tree.map(pulled, g, params)), unravel)
