"""A multi-layer perceptron: the baseline that has no attention, for tokens and for numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Key, Shaped

from grokscope.nets.base import ExampleNet, Following, MaybeKey
from grokscope.nets.initialisers import uniform_by_fan_in, xavier_normal
from grokscope.registry import register
from grokscope.run import Net, Signature
from grokscope.run.draws import in_few_sizes
from grokscope.spec import SpecError, static, traced

Activation = Literal["relu", "square", "sigmoid", "tanh"]
Init = Literal["framework", "xavier_normal"]
Output = Literal["linear", "activated"]
ACTIVATIONS: dict[Activation, Callable[[Array], Array]] = {
    "relu": jax.nn.relu,
    "square": jnp.square,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
}


class Linear(eqx.Module):
    """x @ weight + bias."""

    weight: Float[Array, "n_in n_out"]
    bias: Float[Array, " n_out"] | None

    def __call__(self, x: Float[Array, "n n_in"]) -> Float[Array, "n n_out"]:
        return self.add_bias(x @ self.weight)

    def from_tokens(self, tokens: Shaped[Array, "n length"]) -> Float[Array, "n n_out"]:
        """The layer of tokens that are one-hot vectors side by side: a sum of the matrix's rows, looked up."""
        first = jnp.arange(tokens.shape[1]) * (len(self.weight) // tokens.shape[1])
        return self.add_bias(jnp.sum(self.weight[first + tokens], axis=1))

    def add_bias(self, x: Float[Array, "n n_out"]) -> Float[Array, "n n_out"]:
        return x if self.bias is None else x + self.bias


class MLPNet(ExampleNet):
    """Maps tokens, or numbers of any shape taken as one row, to outputs."""

    embedding: Float[Array, "vocab features"] | None
    layers: tuple[Linear, ...]
    activation: Activation = eqx.field(static=True)
    output: Output = eqx.field(static=True, default="linear")

    def __call__(self, x: Shaped[Array, "..."], *, key: MaybeKey = None) -> Float[Array, " outputs"]:
        return self.batched(x[None])[0]

    def batched(
        self, inputs: Shaped[Array, "n ..."], *, key: MaybeKey = None, following: Following = ()
    ) -> Float[Array, "n outputs"]:
        last = self.preactivations(inputs)[-1]
        return last if self.output == "linear" else ACTIVATIONS[self.activation](last)

    def preactivations(self, inputs: Shaped[Array, "n ..."]) -> list[Float[Array, "n ..."]]:
        """Every layer's units before their activation; the last are the outputs, where those are linear."""
        _, *others = self.layers
        found = [self.first_preactivation(inputs)]
        for layer in others:
            found.append(layer(ACTIVATIONS[self.activation](found[-1])))
        return found

    def first_preactivation(self, inputs: Shaped[Array, "n ..."]) -> Float[Array, "n n_out"]:
        """The first layer of numbers laid in a row, of tokens one-hot, or of tokens embedded."""
        first = self.layers[0]
        if jnp.issubdtype(inputs.dtype, jnp.floating):
            return first(inputs.reshape(len(inputs), -1))
        if self.embedding is None:
            return first.from_tokens(inputs)
        return first(self.embedding[inputs].reshape(len(inputs), -1))


@register
@dataclass(frozen=True)
class MLP(Net):
    """A multi-layer perceptron: `depth` hidden layers of `width` units and one to the outputs.

    Attributes:
        embedding: features that each token is given, side by side; 0 takes tokens one-hot. Not for numbers.
        bias: whether layers have one.
        init: `framework` draws weights and biases from U(+-1/sqrt(fan_in)) and the embedding from N(0, 1);
            `xavier_normal` draws every matrix from N(0, 2 / (fan_in + fan_out)), with biases of zero.
        init_scale: multiplies every parameter once after initialisation.
        output: whether outputs go through the activation too, as those of a complete layer do.
    """

    kind = "mlp"
    width_axis = "width"

    width: int = static(128)
    depth: int = static(1)
    embedding: int = static(0)
    activation: Activation = static("relu", choices=tuple(ACTIVATIONS))
    bias: Literal["yes", "no"] = static("yes", choices=("yes", "no"))
    init: Init = static("framework", choices=("framework", "xavier_normal"))
    init_scale: float = traced(1.0)
    output: Output = static("linear", choices=("linear", "activated"), later=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("width", 1), ("depth", 1), ("embedding", 0)):
            if getattr(self, name) < least:
                raise SpecError(name, getattr(self, name), f"at least {least}")

    @property
    def dim(self) -> int:
        """The width, under the name that tables and laws know."""
        return self.width

    @property
    def label(self) -> str:
        return f"mlp d={self.width}"

    def sizes(self, signature: Signature) -> list[int]:
        """Units from layer to layer, inputs first and outputs last.

        Raises:
            SpecError: an embedding for numbers.
        """
        if signature.numbers and self.embedding:
            raise SpecError("net", f"embedding {self.embedding}", "no embedding where inputs are numbers")
        features = signature.length * (self.embedding or signature.vocab)
        n_in = math.prod(signature.numbers) if signature.numbers else features
        return [n_in, *[self.width] * self.depth, signature.classes]

    def n_params(self, signature: Signature) -> int:
        """P: every trainable number, biases and the embedding included."""
        sizes = self.sizes(signature)
        weights = sum(math.prod(pair) for pair in itertools.pairwise(sizes))
        biases = sum(sizes[1:]) if self.bias == "yes" else 0
        return signature.vocab * self.embedding + weights + biases

    def flops_per_example(self, signature: Signature) -> float:
        """Floating-point operations of matrix products in a forward pass, without what is looked up."""
        pairs = list(itertools.pairwise(self.sizes(signature)))
        multiplied = pairs if signature.numbers or self.embedding else pairs[1:]
        return 2.0 * sum(math.prod(pair) for pair in multiplied)

    def build(self, signature: Signature, *, key: Key[Array, ""], dtype: DTypeLike = jnp.float32) -> MLPNet:
        """The net before its first step, its parameters drawn as `init` says."""
        embedding_key, *layer_keys = jax.random.split(key, self.depth + 2)
        pairs = itertools.pairwise(self.sizes(signature))
        net = MLPNet(
            embedding=self._init_embedding(embedding_key, signature.vocab, dtype) if self.embedding else None,
            layers=tuple(self._init_layer(k, *pair, dtype) for k, pair in zip(layer_keys, pairs, strict=True)),
            activation=self.activation,
            output=self.output,
        )
        scaled: MLPNet = jax.tree.map(lambda x: x * self.init_scale, net)
        return scaled

    def _init_embedding(self, key: Key[Array, ""], vocab: int, dtype: DTypeLike) -> Float[Array, "vocab features"]:
        if self.init == "framework":
            return in_few_sizes(jax.random.normal, key, (vocab, self.embedding), dtype)
        return xavier_normal(key, (vocab, self.embedding), dtype)

    def _init_layer(self, key: Key[Array, ""], n_in: int, n_out: int, dtype: DTypeLike) -> Linear:
        weight_key, bias_key = jax.random.split(key)
        if self.init == "framework":
            weight = uniform_by_fan_in(weight_key, (n_in, n_out), dtype, fan_in=n_in)
            bias = uniform_by_fan_in(bias_key, (n_out,), dtype, fan_in=n_in)
        else:
            weight, bias = xavier_normal(weight_key, (n_in, n_out), dtype), jnp.zeros(n_out, dtype)
        return Linear(weight, bias if self.bias == "yes" else None)
