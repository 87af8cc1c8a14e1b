"""Pruning by magnitude: below a threshold, all but the largest, and the largest of many rounds with rewinding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from grokscope.nets.layers import largest_mask
from grokscope.registry import register
from grokscope.spec import static, traced
from grokscope.training.transforms.scheme import (
    SCHEDULES,
    Hyper,
    Schedule,
    Scheme,
    strength,
    with_weights,
)

Mask = Bool[Array, "rows columns"]


@register
@dataclass(frozen=True)
class Threshold(Scheme):
    """Connections below `least` in magnitude are zero.

    Attributes:
        at: `least`, or `median`: the floor(n / 2)-th smallest magnitude after the first step, from then on.
    """

    kind = "threshold"

    least: float = traced(0.0, low=0.0)
    at: Literal["least", "median"] = static("least", choices=("least", "median"))

    def init_state(self, net: Any) -> tuple[Float[Array, ""], Int[Array, ""]]:
        return jnp.zeros((), net.weights.dtype), jnp.zeros((), jnp.int32)

    def prune(
        self,
        net: Any,
        state: tuple[Float[Array, ""], Int[Array, ""]],
        hyper: Hyper,
        progress: Float[Array, ""],
        key: Key[Array, ""],
    ) -> tuple[Any, tuple[Float[Array, ""], Int[Array, ""]]]:
        least, steps = state
        size = jnp.abs(net.weights)
        now = hyper["least"] if self.at == "least" else jnp.sort(size.ravel())[max(size.size // 2 - 1, 0)]
        least = jnp.where(steps == 0, now, least)
        return with_weights(net, jnp.where(size < least, 0, net.weights)), (least, steps + 1)


@register
@dataclass(frozen=True)
class TopK(Scheme):
    """The floor(k n) connections of largest magnitude are kept.

    Attributes:
        keep: k. A `rising` schedule begins at everything: k'(x) = 1 - (1 - k) sin(pi x / 2)^4.
        regrowth: `allowed` lets a pruned connection compete again (it is moved by a learning rate each step); with
            `never` what is pruned stays so, as if its gradient were masked.
    """

    kind = "top_k"

    keep: float = traced(1.0, low=0.0, high=1.0)
    schedule: Schedule = static("constant", choices=SCHEDULES)
    regrowth: Literal["allowed", "never"] = static("allowed", choices=("allowed", "never"))

    def init_state(self, net: Any) -> Mask:
        return jnp.ones(net.weights.shape, bool)

    def prune(
        self, net: Any, state: Mask, hyper: Hyper, progress: Float[Array, ""], key: Key[Array, ""]
    ) -> tuple[Any, Mask]:
        weights = net.weights * state
        kept = largest_mask(weights, 1 - (1 - hyper["keep"]) * strength(self.schedule, progress))
        return with_weights(net, weights * kept), kept if self.regrowth == "never" else state


@register
@dataclass(frozen=True)
class Rewind(Scheme):
    """Magnitude pruning in rounds, each of which rewinds what is left to what it was early in training.

    Training is cut into `rounds` + 1 equal parts. At the end of each but the last, only the largest
    keep^(round / rounds) of the connections are kept, for good, and every parameter goes back to its value at `to`.
    The optimiser's moments are not rewound, since a transform sees parameters alone.
    Source: Frankle & Carbin 2019, arXiv 1803.03635; rewinding, Frankle et al. 2020, arXiv 1912.05671.

    Attributes:
        keep: share of the connections that are kept in the end.
        to: what is rewound to, as a share of the first part: parameters after the last epoch that begins by then.
    """

    kind = "rewind"

    keep: float = traced(1.0, low=0.0, high=1.0)
    rounds: int = traced(3, low=1)
    to: float = traced(0.0, low=0.0, high=1.0)

    def init_state(self, net: Any) -> tuple[Mask, PyTree[Array], Int[Array, ""]]:
        return jnp.ones(net.weights.shape, bool), eqx.filter(net, eqx.is_inexact_array), jnp.zeros((), jnp.int32)

    def prune(
        self,
        net: Any,
        state: tuple[Mask, PyTree[Array], Int[Array, ""]],
        hyper: Hyper,
        progress: Float[Array, ""],
        key: Key[Array, ""],
    ) -> tuple[Any, tuple[Mask, PyTree[Array], Int[Array, ""]]]:
        kept, early, done = state
        part = progress * (hyper["rounds"] + 1)
        due = jnp.floor(part + 1e-4).astype(jnp.int32)
        params, rest = eqx.partition(net, eqx.is_inexact_array)
        early = jax.tree.map(lambda now, then: jnp.where(part <= hyper["to"], now, then), params, early)
        share = hyper["keep"] ** (due / hyper["rounds"])
        kept = jnp.where(due > done, largest_mask(net.weights * kept, share), kept)
        params = jax.tree.map(lambda now, then: jnp.where(due > done, then, now), params, early)
        net = eqx.combine(params, rest)
        return with_weights(net, net.weights * kept), (kept, early, due)
