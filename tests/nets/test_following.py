"""The promise of what follows the first token changes no logit and no gradient, with dropout and without."""

from __future__ import annotations

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grokscope.nets import Transformer, TransformerNet
from grokscope.nets.block import Rotary
from grokscope.tasks import Modular

TASK = Modular(13)
TOKENS = TASK.arrays(jax.random.key(0)).train_inputs[:48]


CASES = [
    *itertools.product([2], [1], ["published", "intended"], [False, True]),
    (3, 1, "intended", True),
    (1, 1, "published", False),  # these have no use for it
    (2, 2, "published", True),
]


def loss(net: TransformerNet, key: jax.Array | None, following: tuple[int, ...]) -> jax.Array:
    return jnp.sum(jnp.sin(net.batched(jnp.asarray(TOKENS), key=key, following=following)))


value_and_gradient = jax.jit(jax.value_and_grad(loss), static_argnums=2)


@pytest.mark.parametrize(("depth", "heads", "rotary", "dropout"), CASES)
def test_the_promise_is_exact(depth: int, heads: int, rotary: Rotary, dropout: bool) -> None:
    with jax.enable_x64(True):
        net = Transformer(8, depth, heads, rotary).build(TASK.signature, key=jax.random.key(1), dtype=jnp.float64)
        net = eqx.tree_at(lambda n: n.dropout, net, jnp.asarray(0.3))
        key = jax.random.key(2) if dropout else None
        value, gradient = value_and_gradient(net, key, ())
        promised, promised_gradient = value_and_gradient(net, key, TASK.signature.following)
        np.testing.assert_allclose(promised, value, rtol=1e-12)
        for one, other in zip(jax.tree.leaves(gradient), jax.tree.leaves(promised_gradient), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-11 * max(1.0, float(jnp.abs(one).max())))


def test_the_promise_is_kept_by_every_example_of_the_task() -> None:
    data = TASK.arrays(jax.random.key(3))
    for inputs in (data.train_inputs, data.val_inputs):
        assert (inputs[:, 1 : 1 + len(TASK.signature.following)] == TASK.signature.following).all()
