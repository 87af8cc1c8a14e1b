"""Grokfast: the slow part of the gradient, amplified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool

from grokscope.registry import register
from grokscope.run import Filter
from grokscope.spec import traced
from grokscope.training.flat import Flat, Unravel


class Slow(NamedTuple):
    """The moving average of the gradient, and whether it has begun."""

    average: Flat
    begun: Bool[Array, ""]


@register
@dataclass(frozen=True)
class Grokfast(Filter):
    """g + amplify * h with the moving average h <- decay * h + (1 - decay) * g, which begins at the first g.

    Source: Lee et al. 2024, "Grokfast", arXiv 2405.20233, algorithm 2 (alpha is `decay`, lambda `amplify`); the
    beginning is their code's.
    """

    kind = "grokfast"

    decay: float = traced(0.98, low=0.0, high=1.0)
    amplify: float = traced(2.0, low=0.0)

    @staticmethod
    def transform(hyper: dict[str, Any], unravel: Unravel) -> optax.GradientTransformation:
        """The Optax transformation at traced values of the fields."""
        decay, amplify = hyper["decay"], hyper["amplify"]

        def init(params: Flat) -> Slow:
            return Slow(jnp.zeros_like(params), jnp.zeros((), bool))

        def update(gradient: Flat, slow: Slow, params: Flat | None = None) -> tuple[Flat, Slow]:
            before = jnp.where(slow.begun, slow.average, gradient)
            average = decay * before + (1 - decay) * gradient
            return gradient + amplify * average, Slow(average, jnp.ones((), bool))

        return optax.GradientTransformation(init, update)
