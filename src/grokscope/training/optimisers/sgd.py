"""Stochastic gradient descent with momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import optax

from grokscope.registry import register
from grokscope.run import Optimiser
from grokscope.spec import traced
from grokscope.training.flat import Unravel


@register
@dataclass(frozen=True)
class SGD(Optimiser):
    """theta <- theta - lr * v with v <- momentum * v + g + weight_decay * theta: decay is coupled."""

    kind = "sgd"
    elementwise = True

    lr: float = traced(0.1, low=0.0)
    momentum: float = traced(0.9, low=0.0, high=1.0)
    weight_decay: float = traced(0.0, low=0.0)

    @staticmethod
    def transform(hyper: dict[str, Any], unravel: Unravel) -> optax.GradientTransformation:
        """The Optax transformation at traced values of the fields."""
        return optax.chain(optax.add_decayed_weights(hyper["weight_decay"]), optax.sgd(hyper["lr"], hyper["momentum"]))
