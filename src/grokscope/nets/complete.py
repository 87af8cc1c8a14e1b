"""The complete layer: every unit is connected to every unit, itself included, and to every input.

s(0) = v;  s(t) = phi(W [s(t-1); x] + b) for t = 1 ... T, all units at once;  the outputs are the first O of s(T).

W[i, j] is the connection from j into unit i. Its first m columns come from the m = O + H units, outputs first, its last
I from the inputs, which are held. It is a recurrent network with tied weights and a constant input; a layered
perceptron is the case whose connections all run from higher to lower units (see `tests/nets/test_complete.py`).

Source: method 7.1; Song 2025, arXiv 2507.14747, and the code released with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Key, Shaped

from grokscope.nets.base import ExampleNet, Following, MaybeKey
from grokscope.nets.initialisers import INITIALISERS, Initialiser, draw_initial
from grokscope.nets.layers import largest_mask
from grokscope.registry import register
from grokscope.run import Net, Signature
from grokscope.spec import SpecError, static, traced

Activation = Literal["sigmoid", "tanh", "relu", "identity"]
ACTIVATIONS: dict[Activation, Callable[[Array], Array]] = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "identity": lambda x: x,
}


class CompleteNet(ExampleNet):
    """A complete layer.

    Attributes:
        values: v, what every unit is before the first iteration.
        weights: W.
        bias: b, or None.
        scores: of every connection, or None: the `keep` share with the largest magnitudes is open, the rest shut. The
            gradient of an open or shut gate goes to its score as it is (straight through).
        keep: share of the connections that are open.
        held: what is not trained, of values and weights.
        vocab: token ids, each seen as a one-hot vector; 0 where inputs are numbers.
    """

    values: Float[Array, " units"]
    weights: Float[Array, "units sources"]
    bias: Float[Array, " units"] | None
    scores: Float[Array, "units sources"] | None
    keep: float | Float[Array, ""]
    outputs: int = eqx.field(static=True)
    iterations: int = eqx.field(static=True)
    activation: Activation = eqx.field(static=True)
    held: tuple[str, ...] = eqx.field(static=True)
    vocab: int = eqx.field(static=True)

    def __call__(self, x: Shaped[Array, "..."], *, key: MaybeKey = None) -> Float[Array, " outputs"]:
        """The output units after the last iteration, for one example."""
        return self.batched(x[None], key=key)[0]

    def batched(
        self, inputs: Shaped[Array, "batch ..."], *, key: MaybeKey = None, following: Following = ()
    ) -> Float[Array, "batch outputs"]:
        """The output units after the last iteration, for many examples."""
        return self.states(inputs)[-1][:, : self.outputs]

    def states(self, inputs: Shaped[Array, "batch ..."]) -> list[Float[Array, "batch units"]]:
        """s(0) to s(T) for every example."""
        weights, values = self.gated_weights(), self._with_gradient("values")
        units = len(values)
        x = jax.nn.one_hot(inputs, self.vocab, dtype=values.dtype) if self.vocab else inputs
        x = x.reshape(len(x), -1)
        from_inputs = x @ weights[:, units:].T + (0 if self.bias is None else self.bias)
        states = [jnp.broadcast_to(values, (len(x), units))]
        for _ in range(self.iterations):
            states.append(ACTIVATIONS[self.activation](states[-1] @ weights[:, :units].T + from_inputs))
        return states

    def gated_weights(self) -> Float[Array, "units sources"]:
        """W with its shut connections at zero."""
        weights = self._with_gradient("weights")
        if self.scores is None:
            return weights
        is_open = largest_mask(self.scores, self.keep).astype(weights.dtype)
        return weights * (is_open + self.scores - jax.lax.stop_gradient(self.scores))

    def _with_gradient(self, name: str) -> Array:
        value: Array = getattr(self, name)
        return jax.lax.stop_gradient(value) if name in self.held else value


@register
@dataclass(frozen=True)
class Complete(Net):
    """A complete layer of `hidden` units besides its outputs; its weights are not divided by their number.

    Attributes:
        iterations: T.
        values, weights: `trained`, or `held` at what they begin with (held ones count among P).
        scores: `trained` gates the connections by scores that begin at uniform random numbers, `none` opens all.
        keep: share of the connections that scores keep open.
        bias: `trained` gives every unit one, beginning as the weights do.
        initial: what values, weights and bias begin with.
        mean, std: of a `normal` beginning.
        lower: factor on the connections from a unit to one behind it (row > column - diagonal), at the beginning.
    """

    kind = "complete"
    width_axis = "hidden"

    hidden: int = static(5)
    iterations: int = static(3)
    activation: Activation = static("sigmoid", choices=tuple(ACTIVATIONS))
    values: Literal["trained", "held"] = static("trained", choices=("trained", "held"))
    weights: Literal["trained", "held"] = static("trained", choices=("trained", "held"))
    scores: Literal["none", "trained"] = static("none", choices=("none", "trained"))
    bias: Literal["none", "trained"] = static("none", choices=("none", "trained"))
    initial: Initialiser = static("normal", choices=INITIALISERS)
    mean: float = traced(0.0)
    std: float = traced(1.0, low=0.0)
    lower: float = traced(1.0, low=0.0, high=1.0)
    diagonal: int = traced(0)
    keep: float = traced(1.0, low=0.0, high=1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.hidden < 0:
            raise SpecError("hidden", self.hidden, "at least 0 units")
        if self.iterations < 1:
            raise SpecError("iterations", self.iterations, "at least 1")

    @property
    def label(self) -> str:
        return f"complete hidden={self.hidden} T={self.iterations}"

    def build(self, signature: Signature, *, key: Key[Array, ""], dtype: DTypeLike) -> CompleteNet:
        """The layer before its first step, its numbers drawn from `key`."""
        units, sources = self.shape(signature)
        value_key, weight_key, score_key, bias_key = jax.random.split(key, 4)

        def draw(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
            return draw_initial(self.initial, key, shape, dtype, mean=self.mean, std=self.std)

        behind = jnp.arange(units)[:, None] > jnp.arange(sources) - self.diagonal
        weights = draw(weight_key, (units, sources))
        return CompleteNet(
            values=draw(value_key, (units,)),
            weights=weights * jnp.where(behind, self.lower, 1).astype(dtype),
            bias=draw(bias_key, (units,)) if self.bias == "trained" else None,
            scores=jax.random.uniform(score_key, (units, sources), dtype) if self.scores == "trained" else None,
            keep=self.keep,
            outputs=signature.classes,
            iterations=self.iterations,
            activation=self.activation,
            held=tuple(name for name in ("values", "weights") if getattr(self, name) == "held"),
            vocab=signature.vocab,
        )

    def shape(self, signature: Signature) -> tuple[int, int]:
        """Rows and columns of W: m = O + H units and N = m + I sources."""
        units = signature.classes + self.hidden
        return units, units + signature.length * max(signature.vocab, 1)

    def n_params(self, signature: Signature) -> int:
        units, sources = self.shape(signature)
        per_unit = 1 + sources * (2 if self.scores == "trained" else 1) + (self.bias == "trained")
        return units * per_unit

    def flops_per_example(self, signature: Signature) -> float:
        units, sources = self.shape(signature)
        return 2.0 * units * (sources - units + self.iterations * units)
