"""A task, a net, a loss and a signal. As a file of its own it can be given to `grokscope run --include`, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from grokscope import Dataset, ExampleNet, Loss, Net, Signal, Signature, Task, register, static, traced


@register
@dataclass(frozen=True)
class Majority(Task):
    """Does a word of bits, each -1 or 1, have more ones?"""

    kind = "majority"
    group_axis = "bits"

    bits: int = traced(7, low=1, high=13)
    fraction: float = traced(0.5, low=0.0, high=1.0)

    @property
    def signature(self) -> Signature:
        return Signature(vocab=0, length=self.bits, classes=2, numbers=(self.bits,))

    @property
    def n_train(self) -> int:
        return int(self.fraction * 2**self.bits)

    @property
    def n_val(self) -> int:
        return 2**self.bits - self.n_train

    def arrays(self, key: Key[Array, ""]) -> Dataset:
        """Every word once, split by the key."""
        words = (np.arange(2**self.bits)[:, None] >> np.arange(self.bits)) & 1
        labels = (2 * words.sum(axis=1) > self.bits).astype(np.int32)
        order = np.asarray(jax.random.permutation(key, len(words)))
        train, val = order[: self.n_train], order[self.n_train :]
        inputs = 2.0 * words - 1
        return Dataset(inputs[train], labels[train], inputs[val], labels[val])


class GatedNet(ExampleNet):
    """Outputs of (x A) * sigmoid(x B), some units of which are silent while it is trained."""

    value: Float[Array, "n_in width"]
    gate: Float[Array, "n_in width"]
    out: Float[Array, "width classes"]
    silent: float

    def __call__(self, x: Float[Array, " n_in"], *, key: Key[Array, ""] | None = None) -> Float[Array, " classes"]:
        return self.batched(x[None], key=key)[0]

    def batched(
        self,
        inputs: Float[Array, "batch n_in"],
        *,
        key: Key[Array, ""] | None = None,
        following: tuple[int | Int[Array, ""], ...] = (),
    ) -> Float[Array, "batch classes"]:
        units = (inputs @ self.value) * jax.nn.sigmoid(inputs @ self.gate)
        if key is not None:
            kept = jax.random.bernoulli(key, 1 - self.silent, units.shape)
            units = units * kept / (1 - self.silent)
        return units @ self.out


@register
@dataclass(frozen=True)
class Gated(Net):
    """One layer of gated units; each is silent with probability `silent` while it is trained."""

    kind = "gated"
    width_axis = "width"

    width: int = static(16)
    silent: float = traced(0.0, low=0.0, high=0.9)

    def n_params(self, signature: Signature) -> int:
        return self.width * (2 * signature.length + signature.classes)

    def flops_per_example(self, signature: Signature) -> float:
        return 2.0 * self.n_params(signature)

    def build(self, signature: Signature, *, key: Key[Array, ""], dtype: Any) -> GatedNet:
        shapes = (
            (signature.length, self.width),
            (signature.length, self.width),
            (self.width, signature.classes),
        )
        keys = jax.random.split(key, len(shapes))
        weights = (
            jax.random.normal(k, shape, dtype) / np.sqrt(shape[0]) for k, shape in zip(keys, shapes, strict=True)
        )
        return GatedNet(*weights, silent=self.silent)


@register
@dataclass(frozen=True)
class Smoothed(Loss):
    """Cross-entropy to labels of which a share is spread over all classes, in nats."""

    kind = "smoothed"

    amount: float = traced(0.1, low=0.0, high=1.0)

    def per_example(
        self, outputs: Float[Array, "n classes"], targets: Int[Array, " n"], hyper: dict[str, Float[Array, ""]]
    ) -> Float[Array, " n"]:
        log_p = jax.nn.log_softmax(outputs)
        own = jnp.take_along_axis(log_p, targets[:, None], axis=-1)[:, 0]
        return -(1 - hyper["amount"]) * own - hyper["amount"] * jnp.mean(log_p, axis=-1)


@register
@dataclass(frozen=True)
class Margin(Signal):
    """How far the right answer's logit is above the best other one, on average over the validation examples."""

    kind = "margin"
    reads = ("logits",)

    def values(self, seen: Any) -> Float[Array, ""]:
        own = jax.nn.one_hot(seen.targets, seen.logits.shape[-1], dtype=bool)
        best_other = jnp.max(jnp.where(own, -jnp.inf, seen.logits), axis=-1)
        margin = jnp.sum(jnp.where(own, seen.logits, 0), axis=-1) - best_other
        return jnp.sum(jnp.where(seen.is_val, margin, 0)) / jnp.sum(seen.is_val)
