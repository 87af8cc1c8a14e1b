"""Euclidean norms of the parameters and of the gradient."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float

from grokscope.nets.base import ExampleNet
from grokscope.nets.parameters import named_parameters
from grokscope.probes.seen import Seen
from grokscope.registry import register
from grokscope.run import Signal
from grokscope.spec import static

Of = Literal["tensors", "whole"]
OF: tuple[Of, ...] = ("tensors", "whole")
Norms = dict[str, Float[Array, ""]] | Float[Array, ""]


def norms(tree: ExampleNet, of: Of) -> Norms:
    """Euclidean norm of every parameter tensor by its name, or of all of them together (method 9.1).

    Args:
        tree: a net, or its gradient. Rows and columns that are room are 0 and add nothing.
    """
    squares = {name: jnp.sum(jnp.square(tensor)) for name, tensor in named_parameters(tree).items()}
    if of == "whole":
        return jnp.sqrt(sum(squares.values(), jnp.zeros(())))
    return {name: jnp.sqrt(square) for name, square in squares.items()}


@register
@dataclass(frozen=True)
class WeightNorm(Signal):
    """Euclidean norm of every parameter tensor, or of all together.

    Attributes:
        of: `tensors` makes a column for each (`weight_norm/embedding`); `whole` is what `param_norm` records.
    """

    kind = "weight_norm"
    pads = True

    of: Of = static("tensors", choices=OF)

    def values(self, seen: Seen) -> Norms:
        """See `norms`."""
        return norms(seen.net, self.of)


@register
@dataclass(frozen=True)
class GradientNorm(Signal):
    """Euclidean norm of the gradient of the mean loss over all training examples, without dropout (method 9.2).

    It costs a forward and a backward pass over the training set, about as much as an epoch: hence every tenth.

    Attributes:
        of: `whole`, or `tensors` for a column for each (`gradient_norm/embedding`).
        every: epochs from one value to the next.
    """

    kind = "gradient_norm"
    reads = ("gradient",)
    pads = True

    of: Of = static("whole", choices=OF)
    _: KW_ONLY
    every: int = static(10)

    def values(self, seen: Seen) -> Norms:
        """See `norms`."""
        assert seen.gradient is not None
        return norms(seen.gradient, self.of)
