"""Random numbers in few sizes, since every size of a draw is a program to compile."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from jaxtyping import Array, Key


def in_few_sizes(
    draw: Callable[..., Array], key: Key[Array, ""], shape: tuple[int, ...], *how: Any, **more: Any
) -> Array:
    """`draw(key, shape, ...)`, as the first of as many numbers as the next power of two.

    A number of `jax.random` depends on its key and its place alone, so they are the same.
    """
    n = math.prod(shape)
    numbers: Array = draw(key, (1 << max(n - 1, 0).bit_length(),), *how, **more)
    return numbers[:n].reshape(shape)
