"""AdamW, the published optimiser."""

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
class AdamW(Optimiser):
    """AdamW with decay decoupled and applied to every parameter, gains, biases and embeddings included."""

    kind = "adamw"
    elementwise = True

    lr: float = traced(1e-3, low=0.0)
    weight_decay: float = traced(1.0, low=0.0)
    beta1: float = traced(0.9, low=0.0, high=1.0)
    beta2: float = traced(0.98, low=0.0, high=1.0)
    eps: float = traced(1e-8, low=0.0)

    @staticmethod
    def transform(hyper: dict[str, Any], unravel: Unravel) -> optax.GradientTransformation:
        """The Optax transformation at traced values of the fields."""
        return optax.adamw(
            hyper["lr"], hyper["beta1"], hyper["beta2"], hyper["eps"], weight_decay=hyper["weight_decay"]
        )
