"""What parameters begin with."""

from __future__ import annotations

from typing import Literal, get_args

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Key

from grokscope.run.draws import in_few_sizes

Initial = Literal["normal", "uniform", "zeros", "ones"]
INITIALS: tuple[Initial, ...] = get_args(Initial)


def drawn(
    initial: Initial, key: Key[Array, ""], shape: tuple[int, ...], dtype: DTypeLike, *, mean: float, std: float
) -> Float[Array, "*shape"]:
    """N(mean, std), U[0, 1), zeros or ones."""
    if initial == "normal":
        return mean + std * in_few_sizes(jax.random.normal, key, shape, dtype)
    if initial == "uniform":
        return in_few_sizes(jax.random.uniform, key, shape, dtype)
    return jnp.full(shape, float(initial == "ones"), dtype)
