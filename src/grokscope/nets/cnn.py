"""Two small convolutions and two linear layers, for square images. Source: Manning-Coe et al. 2025, appendix A.

A convolution is 3 x 3 with a rim of zeros; each is followed by ReLU and the largest of every 2 x 2. On few channels
sums of shifted images are several times faster on a CPU than a call of a convolution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Key

from grokscope.nets.base import ExampleNet, Following, MaybeKey
from grokscope.nets.initialisers import uniform_by_fan_in
from grokscope.nets.mlp import Linear
from grokscope.registry import register
from grokscope.run import Net, Signature
from grokscope.spec import SpecError, static, traced

KERNEL = 3


class Convolution(eqx.Module):
    """Cross-correlation, stride 1, the image padded with a rim of zeros."""

    weight: Float[Array, "out in 3 3"]
    bias: Float[Array, " out"]

    def __call__(self, x: Float[Array, "n in side side"]) -> Float[Array, "n out side side"]:
        side, weight = x.shape[-1], self.weight.reshape(*self.weight.shape[:2], KERNEL**2)
        padded = jnp.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        shifted = [padded[:, :, i : i + side, j : j + side] for i in range(KERNEL) for j in range(KERNEL)]
        return jnp.einsum("ncsij,ocs->noij", jnp.stack(shifted, axis=2), weight) + self.bias[:, None, None]


class CnnNet(ExampleNet):
    """Maps an image of shape (channels, side, side) to logits."""

    conv1: Convolution
    conv2: Convolution
    fc1: Linear
    fc2: Linear

    def __call__(self, x: Float[Array, "channels side side"], *, key: MaybeKey = None) -> Float[Array, " classes"]:
        return self.batched(x[None])[0]

    def batched(
        self, inputs: Float[Array, "n channels side side"], *, key: MaybeKey = None, following: Following = ()
    ) -> Float[Array, "n classes"]:
        return self.fc2(jax.nn.relu(self.preactivations(inputs)["fc1"]))

    def preactivations(self, inputs: Float[Array, "n channels side side"]) -> dict[str, Float[Array, "n ..."]]:
        """The hidden layers' units before their ReLU, by layer."""
        first = self.conv1(inputs)
        second = self.conv2(max_pool(jax.nn.relu(first)))
        flat = max_pool(jax.nn.relu(second)).reshape(len(inputs), -1)
        return {"conv1": first, "conv2": second, "fc1": self.fc1(flat)}


def max_pool(x: Float[Array, "n channels side side"]) -> Float[Array, "n channels half half"]:
    """The largest number of every 2 x 2 square; a last odd row or column is left out."""
    rows = jnp.maximum(x[:, :, 0 : x.shape[2] // 2 * 2 : 2], x[:, :, 1::2])
    return jnp.maximum(rows[..., 0 : x.shape[3] // 2 * 2 : 2], rows[..., 1::2])


@register
@dataclass(frozen=True)
class Cnn(Net):
    """Two convolutions, each with ReLU and max-pooling, and two linear layers.

    Weights and biases are uniform within 1 / sqrt(fan_in), all times `init_scale` (w0), before the first step.
    """

    kind = "cnn"
    width_axis = "hidden"

    conv1: int = static(2)
    conv2: int = static(4)
    hidden: int = static(100)
    init_scale: float = traced(1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("conv1", "conv2", "hidden"):
            if getattr(self, name) < 1:
                raise SpecError(name, getattr(self, name), "at least 1")

    @property
    def label(self) -> str:
        return f"cnn {self.conv1},{self.conv2},{self.hidden}"

    def shapes(self, signature: Signature) -> dict[str, tuple[int, ...]]:
        """The shape of each layer's weight.

        Raises:
            SpecError: the task's examples are not square images of at least 4 x 4.
        """
        numbers = signature.numbers
        if len(numbers) != 3 or numbers[1] != numbers[2] or numbers[1] < 4:
            raise SpecError("net", self.label, f"a net for examples of shape {numbers or 'tokens'}, not for images")
        flat = self.conv2 * (numbers[1] // 2 // 2) ** 2
        return {
            "conv1": (self.conv1, numbers[0], KERNEL, KERNEL),
            "conv2": (self.conv2, self.conv1, KERNEL, KERNEL),
            "fc1": (flat, self.hidden),
            "fc2": (self.hidden, signature.classes),
        }

    def n_params(self, signature: Signature) -> int:
        return sum(math.prod(shape) + _n_outputs(shape) for shape in self.shapes(signature).values())

    def flops_per_example(self, signature: Signature) -> float:
        side = signature.numbers[1]
        sites = {"conv1": side**2, "conv2": (side // 2) ** 2}
        return sum(2.0 * math.prod(shape) * sites.get(name, 1) for name, shape in self.shapes(signature).items())

    def build(self, signature: Signature, *, key: Key[Array, ""], dtype: DTypeLike) -> CnnNet:
        shapes = list(self.shapes(signature).values())
        keys = jax.random.split(key, len(shapes))
        arrays = [self._init_arrays(shape, k, dtype) for shape, k in zip(shapes, keys, strict=True)]
        conv1, conv2, fc1, fc2 = arrays
        return CnnNet(Convolution(*conv1), Convolution(*conv2), Linear(*fc1), Linear(*fc2))

    def _init_arrays(self, shape: tuple[int, ...], key: Key[Array, ""], dtype: DTypeLike) -> tuple[Array, Array]:
        fan_in = math.prod(shape) // _n_outputs(shape)
        keys = jax.random.split(key)
        shapes = (shape, (_n_outputs(shape),))
        weight, bias = (uniform_by_fan_in(k, s, dtype, fan_in=fan_in) for k, s in zip(keys, shapes, strict=True))
        return self.init_scale * weight, self.init_scale * bias


def _n_outputs(shape: tuple[int, ...]) -> int:
    """Outputs of a layer, by its weight's shape: a convolution's are the first axis, a linear layer's the last."""
    return shape[0] if len(shape) > 2 else shape[1]
