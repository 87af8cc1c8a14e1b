"""Muon: momentum whose singular values are made equal, array by array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import optax

from grokscope.registry import register
from grokscope.run import Optimiser
from grokscope.spec import traced
from grokscope.training.flat import Unravel, apply_to_arrays


@register
@dataclass(frozen=True)
class Muon(Optimiser):
    """Muon on every matrix, embedding and output included; Adam with Nesterov momentum on gains and biases.

    An update's root mean square is `rms` * lr whatever the shape of its matrix, so that one learning rate serves both
    and no matter is made of how a matrix is stored. Decay is decoupled. Sources: Jordan et al. 2024, "Muon"; Liu et
    al. 2025, arXiv 2502.16982, for `rms`.
    """

    kind = "muon"

    lr: float = traced(1e-3, low=0.0)
    weight_decay: float = traced(1.0, low=0.0)
    momentum: float = traced(0.95, low=0.0, high=1.0)
    beta1: float = traced(0.9, low=0.0, high=1.0)
    beta2: float = traced(0.98, low=0.0, high=1.0)
    eps: float = traced(1e-8, low=0.0)
    rms: float = traced(0.2, low=0.0)

    @staticmethod
    def transform(hyper: dict[str, Any], unravel: Unravel) -> optax.GradientTransformation:
        """The Optax transformation at traced values of the fields."""
        muon = optax.contrib.muon(
            hyper["lr"],
            beta=hyper["momentum"],
            eps=hyper["eps"],
            weight_decay=hyper["weight_decay"],
            adam_b1=hyper["beta1"],
            adam_b2=hyper["beta2"],
            adam_weight_decay=hyper["weight_decay"],
            consistent_rms=hyper["rms"],
        )
        return apply_to_arrays(muon, unravel)
