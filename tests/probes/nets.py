"""Small nets and examples for probes."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from grokscope.nets import MLP
from grokscope.run import Signature

TOKENS = Signature(vocab=5, length=2, classes=4)
NUMBERS = Signature(vocab=0, length=6, classes=3, numbers=(6,))
INPUTS = np.random.default_rng(2).integers(0, 5, (31, 2)).astype(np.int32)
TARGETS = np.random.default_rng(3).integers(0, 4, 31).astype(np.int32)


def mlp(seed: int = 0, **settings: Any) -> Any:
    """A net of the tokens, with biases that are not zero."""
    net = MLP(7, **settings).build(TOKENS, key=jax.random.key(seed), dtype=jnp.zeros(0).dtype)
    biases = [0.1 * jnp.arange(1.0, len(layer.bias) + 1) for layer in net.layers]
    return eqx.tree_at(lambda n: [layer.bias for layer in n.layers], net, biases)


def plain_logits(arrays: list[np.ndarray], inputs: np.ndarray = INPUTS) -> np.ndarray:
    """The same net of one hidden layer, in NumPy."""
    w1, b1, w2, b2 = (np.asarray(a, np.float64) for a in arrays)
    x = np.zeros((len(inputs), 10))
    for row, tokens in zip(x, inputs, strict=True):
        for place, token in enumerate(tokens):
            row[5 * place + token] = 1
    return np.maximum(x @ w1 + b1, 0) @ w2 + b2


def arrays_of(net: Any) -> list[np.ndarray]:
    """w1, b1, w2, b2."""
    return [np.array(a) for layer in net.layers for a in (layer.weight, layer.bias)]
