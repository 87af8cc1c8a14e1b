"""A task of numbers, a net for it and a transform, as another study would add them: each one small class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Key

from grokscope import AdamW, Run, Seeds
from grokscope.measurements import Watch
from grokscope.nets.base import ExampleNet, MaybeKey
from grokscope.run import Net, Signature, Task, Transform
from grokscope.spec import static, traced
from grokscope.tasks import Dataset


@dataclass(frozen=True)
class Line(Task):
    """y = (2 x0 - x1, x1) of random numbers."""

    kind = "line"

    n: int = traced(20, low=2)

    label = "line"
    row_bucket = 512
    n_val = 4
    signature = Signature(vocab=0, length=2, classes=2, numbers=(2,), labelled=False)

    @property
    def n_train(self) -> int:
        return self.n

    def arrays(self, key: Key[Array, ""]) -> Dataset:
        x = np.asarray(jax.random.normal(key, (self.n + 4, 2), "float32"), np.float64)
        y = np.stack([2 * x[:, 0] - x[:, 1], x[:, 1]], axis=1)
        return Dataset(x[: self.n], y[: self.n], x[self.n :], y[self.n :])


class LinearNet(ExampleNet):
    weight: Float[Array, "out in"]
    bias: Float[Array, " out"]

    def __call__(self, x: Float[Array, " in"], *, key: MaybeKey = None) -> Float[Array, " out"]:
        return self.weight @ x + self.bias

    def batched(self, inputs: Any, *, key: MaybeKey = None, following: tuple[int, ...] = ()) -> Float[Array, "n out"]:
        return inputs @ self.weight.T + self.bias


@dataclass(frozen=True)
class Linear(Net):
    kind = "linear"

    width: int = static(2)

    label = "linear"

    def n_params(self, signature: Signature) -> int:
        return signature.length * signature.classes + signature.classes

    def flops_per_example(self, signature: Signature) -> float:
        return 2.0 * signature.length * signature.classes

    def build(self, signature: Signature, *, key: Key[Array, ""], dtype: DTypeLike) -> LinearNet:
        shape = (signature.classes, signature.length)
        return LinearNet(jax.random.normal(key, shape, dtype), jnp.zeros(signature.classes, dtype))


@dataclass(frozen=True)
class ZeroBias(Transform):
    """Holds the bias at `value` times the progress, and counts its own steps."""

    kind = "zero_bias"

    value: float = traced(0.0)

    @staticmethod
    def start(net: LinearNet) -> Array:
        return jnp.zeros((), jnp.int32)

    @staticmethod
    def apply(net: LinearNet, state: Array, hyper: Any, progress: Array, key: Any) -> tuple[LinearNet, Array]:
        held = jnp.full_like(net.bias, hyper["value"] * progress)
        return eqx.tree_at(lambda n: n.bias, net, held), state + 1


RUN = Run(
    Line(),
    Linear(),
    AdamW(0.1, 0.0),
    Watch(),
    Seeds.all(3),
    batch_size=8,
    max_epochs=40,
    precision="float64",
    loss="squared",
)
