"""What is computed at some epochs only, of one lane or of many side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Bool

Given = TypeVar("Given")
Numbers = dict[str, Array]


def only_when(due: Bool[Array, ""], compute: Callable[[Given], Numbers], given: Given) -> Numbers:
    """`compute(given)` where it is due, NaN elsewhere, at no cost there.

    Vectorised, a condition alone would be computed for every lane at every epoch. So it is asked of the lanes together:
    all are computed if any is due.

    Args:
        compute: numbers by name from arrays; it closes over no traced ones.
    """

    def absent(given: Given) -> Numbers:
        shapes: Numbers = jax.eval_shape(compute, given)
        return {name: jnp.full(number.shape, jnp.nan, number.dtype) for name, number in shapes.items()}

    @custom_vmap
    def conditional(due: Bool[Array, ""], given: Given) -> Numbers:
        found: Numbers = jax.lax.cond(due, compute, absent, given)
        return found

    @conditional.def_vmap
    def together(n_lanes: int, batched: Any, due: Array, given: Any) -> tuple[Numbers, Any]:
        due, given = jax.tree.map(
            lambda leaf, is_batched: leaf if is_batched else jnp.broadcast_to(leaf, (n_lanes, *leaf.shape)),
            (due, given),
            tuple(batched),
        )

        def of_all(given: Any) -> Numbers:
            found = jax.vmap(compute)(given)
            return {name: jnp.where(due, column, jnp.nan) for name, column in found.items()}

        found = jax.lax.cond(jnp.any(due), of_all, jax.vmap(absent), given)
        return found, jax.tree.map(lambda _: True, found)

    numbers: Numbers = conditional(due, given)
    return numbers
