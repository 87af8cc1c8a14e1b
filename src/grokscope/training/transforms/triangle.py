"""Schemes that impose an order: what runs from a unit to one behind it is damped or removed.

Lower entries are those with row > column - diagonal: with diagonal 0 those below the diagonal, self-connections kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from grokscope.registry import register
from grokscope.spec import static, traced
from grokscope.training.transforms.scheme import (
    SCHEDULES,
    Hyper,
    Matrix,
    Schedule,
    Scheme,
    row_and_column_numbers,
    strength,
    with_weights,
)


@register
@dataclass(frozen=True)
class TrilDamp(Scheme):
    """Lower entries are multiplied by 1 - f at every step; it adds up, so f hardly matters and is no sparsity.

    Attributes:
        damping: f. A `rising` schedule begins at none: f'(x) = f sin(pi x / 2)^4.
    """

    kind = "tril_damp"

    damping: float = traced(0.9, low=0.0, high=1.0)
    diagonal: int = traced(0)
    schedule: Schedule = static("constant", choices=SCHEDULES)

    def init_state(self, net: Any) -> tuple[()]:
        return ()

    def prune(
        self, net: Any, state: tuple[()], hyper: Hyper, progress: Float[Array, ""], key: Key[Array, ""]
    ) -> tuple[Any, tuple[()]]:
        factor = 1 - hyper["damping"] * strength(self.schedule, progress)
        return with_weights(net, _scale_lower(net.weights, factor, hyper["diagonal"])), ()


@register
@dataclass(frozen=True)
class TrilPrune(Scheme):
    """Lower entries are zero."""

    kind = "tril_prune"

    diagonal: int = traced(0)

    def init_state(self, net: Any) -> tuple[()]:
        return ()

    def prune(
        self, net: Any, state: tuple[()], hyper: Hyper, progress: Float[Array, ""], key: Key[Array, ""]
    ) -> tuple[Any, tuple[()]]:
        return with_weights(net, _scale_lower(net.weights, jnp.zeros_like(progress), hyper["diagonal"])), ()


def _scale_lower(weights: Matrix, factor: Float[Array, ""], diagonal: Float[Array, ""]) -> Matrix:
    row, column = row_and_column_numbers(weights)
    return jnp.where(row > column - diagonal, weights * factor, weights)
