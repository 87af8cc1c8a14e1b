"""What all pruning schemes share: the matrix they act on, a scheme that goes before, and how strong they are when.

Schemes act on a net's `weights` as a whole, after every optimiser step. Gradients and moments of pruned entries go on:
the optimiser moves a pruned weight from zero by about its learning rate, and the next pruning decides again.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from grokscope.run import Transform
from grokscope.spec import InputError, static

Schedule = Literal["constant", "rising"]
SCHEDULES: tuple[Schedule, ...] = ("constant", "rising")
Hyper = dict[str, Float[Array, ""]]
Matrix = Float[Array, "rows columns"]
BEFORE = "before."
"""What the numbers of the scheme before are called by, in the numbers of this one."""


@dataclass(frozen=True)
class Scheme(Transform):
    """A pruning scheme. `before`: a scheme that has been applied when this one comes."""

    _: KW_ONLY
    before: Scheme | None = static(None)

    @abstractmethod
    def init_state(self, net: Any) -> PyTree[Array]:
        """The state of this scheme alone, before the first step."""

    @abstractmethod
    def prune(
        self, net: Any, state: PyTree[Array], hyper: Hyper, progress: Float[Array, ""], key: Key[Array, ""]
    ) -> tuple[Any, PyTree[Array]]:
        """The net after this scheme alone, and the scheme's state."""

    def start(self, net: Any) -> tuple[PyTree[Array], PyTree[Array]]:
        """States of the scheme before and of this one."""
        if not hasattr(net, "weights") or jnp.ndim(net.weights) != 2:
            raise InputError(f"transform {self.kind}: found {type(net).__name__}, expected a net with a matrix weights")
        return (self.before.start(net) if self.before else ()), self.init_state(net)

    def apply(
        self,
        net: Any,
        state: tuple[PyTree[Array], PyTree[Array]],
        hyper: Hyper,
        progress: Float[Array, ""],
        key: Key[Array, ""],
    ) -> tuple[Any, tuple[PyTree[Array], PyTree[Array]]]:
        """See `grokscope.training.transforms`."""
        earlier, own = state
        if self.before:
            inner = {name.removeprefix(BEFORE): value for name, value in hyper.items() if name.startswith(BEFORE)}
            net, earlier = self.before.apply(net, earlier, inner, progress, jax.random.fold_in(key, 1))
        net, own = self.prune(net, own, hyper, progress, key)
        return net, (earlier, own)

    def static_part(self) -> Scheme:
        neutral = super().static_part()
        return dataclasses.replace(neutral, before=self.before.static_part()) if self.before else neutral

    def traced_part(self) -> dict[str, Any]:
        numbers = super().traced_part()
        earlier = self.before.traced_part() if self.before else {}
        return numbers | {BEFORE + name: value for name, value in earlier.items()}


def strength(schedule: Schedule, progress: Float[Array, "*epochs"]) -> Float[Array, "*epochs"]:
    """Share of a scheme that holds at this progress: sin(pi x / 2)^4 of it where it is rising, else all.

    Progress is that of the epoch and never 1: the last of 40 epochs has 0.9969 of it.
    """
    return jnp.sin(jnp.pi * progress / 2) ** 4 if schedule == "rising" else jnp.ones_like(progress)


def with_weights(net: Any, weights: Matrix) -> Any:
    """The net with other weights."""
    return eqx.tree_at(lambda n: n.weights, net, weights)


def row_and_column_numbers(matrix: Matrix) -> tuple[Float[Array, "rows 1"], Float[Array, " columns"]]:
    """Row and column numbers, to compare."""
    return jnp.arange(matrix.shape[0], dtype=matrix.dtype)[:, None], jnp.arange(matrix.shape[1], dtype=matrix.dtype)
