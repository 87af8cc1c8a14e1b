"""Adam with coupled decay: a penalty on the squared norm, whose gradient the moments see."""

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
class Adam(Optimiser):
    """Adam of g + weight_decay * theta, the gradient of the loss plus weight_decay / 2 * |theta|^2.

    Unlike in AdamW, decay is then divided by the second moment as the gradient is. Source: Kingma & Ba 2015, arXiv
    1412.6980; the betas are theirs.
    """

    kind = "adam"
    elementwise = True

    lr: float = traced(1e-3, low=0.0)
    weight_decay: float = traced(0.0, low=0.0)
    beta1: float = traced(0.9, low=0.0, high=1.0)
    beta2: float = traced(0.999, low=0.0, high=1.0)
    eps: float = traced(1e-8, low=0.0)

    @staticmethod
    def transform(hyper: dict[str, Any], unravel: Unravel) -> optax.GradientTransformation:
        """The Optax transformation at traced values of the fields."""
        return optax.chain(
            optax.add_decayed_weights(hyper["weight_decay"]),
            optax.adam(hyper["lr"], hyper["beta1"], hyper["beta2"], hyper["eps"]),
        )
