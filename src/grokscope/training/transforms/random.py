"""Random pruning: a share of the connections is taken out whatever they weigh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from grokscope.registry import register
from grokscope.spec import static, traced
from grokscope.training.transforms.scheme import Hyper, Scheme, with_weights

State = tuple[Bool[Array, "rows columns"], Int[Array, ""]]


@register
@dataclass(frozen=True)
class RandomPrune(Scheme):
    """Every connection is removed with probability `removed`.

    Attributes:
        mask: drawn `once`, at the first step, or at `every` step anew. A run's masks come from its dropout stream: runs
            with one dropout seed share them (as the published tries of a cell do).
    """

    kind = "random_prune"

    removed: float = traced(0.0, low=0.0, high=1.0)
    mask: Literal["once", "every"] = static("once", choices=("once", "every"))

    def init_state(self, net: Any) -> State:
        return jnp.ones(net.weights.shape, bool), jnp.zeros((), jnp.int32)

    def prune(
        self, net: Any, state: State, hyper: Hyper, progress: Float[Array, ""], key: Key[Array, ""]
    ) -> tuple[Any, State]:
        kept, steps = state
        drawn = jax.random.uniform(key, kept.shape, net.weights.dtype) >= hyper["removed"]
        kept = drawn if self.mask == "every" else jnp.where(steps == 0, drawn, kept)
        return with_weights(net, net.weights * kept), (kept, steps + 1)
