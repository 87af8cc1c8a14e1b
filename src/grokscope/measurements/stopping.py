"""The stopping rule: one rule with numbers in it, so that no measurement needs a program of its own.

A run ends when every accuracy it waits for has been reached in the same epoch, `streak` epochs in a row, or when
a watched quantity has not improved for `patience` epochs. The published measurements are settings of this rule.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

NEVER = 2**31 - 1
"""As a streak or a patience: that way of ending is off."""


class StopRule(NamedTuple):
    """Traced numbers. Counts are of examples that must be right; 0 asks for nothing.

    `watch_sign` is -1 to watch the running loss fall and +1 to watch the validation accuracy rise.
    """

    running_count: Int[Array, ""] | int = 0
    train_count: Int[Array, ""] | int = 0
    val_count: Int[Array, ""] | int = 0
    streak: Int[Array, ""] | int = NEVER
    patience: Int[Array, ""] | int = NEVER
    min_delta: Float[Array, ""] | float = 0.0
    watch_sign: Float[Array, ""] | float = -1.0


class StopState(NamedTuple):
    """Carried from epoch to epoch: length of the current streak, best watched value, epochs since it."""

    streak: Int[Array, ""]
    best: Float[Array, ""]
    waited: Int[Array, ""]


class Epoch(NamedTuple):
    """Input of the rule: how many examples were right in an epoch, and the two quantities to watch."""

    running_count: Int[Array, ""]
    train_count: Int[Array, ""]
    val_count: Int[Array, ""]
    running_loss: Float[Array, ""]
    val_acc: Float[Array, ""]


def initial_stop_state(dtype: jnp.dtype) -> StopState:
    """The state before the first epoch."""
    return StopState(jnp.zeros((), jnp.int32), jnp.full((), -jnp.inf, dtype), jnp.zeros((), jnp.int32))


def should_stop(rule: StopRule, epoch: Epoch, state: StopState) -> tuple[Bool[Array, ""], StopState]:
    """Apply the rule to an epoch.

    Returns:
        Whether the run ends with it, and the state to carry to the next.
    """
    reached = (
        (epoch.running_count >= rule.running_count)
        & (epoch.train_count >= rule.train_count)
        & (epoch.val_count >= rule.val_count)
    )
    streak = jnp.where(reached, state.streak + 1, 0)
    watched = jnp.where(rule.watch_sign < 0, -epoch.running_loss, epoch.val_acc)
    improved = watched > state.best + rule.min_delta
    waited = jnp.where(improved, 0, state.waited + 1)
    best = jnp.where(improved, watched, state.best)
    return (streak >= rule.streak) | (waited >= rule.patience), StopState(streak, best, waited)
