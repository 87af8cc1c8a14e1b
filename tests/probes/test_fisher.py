"""The Fisher diagonal: closed form, automatic differentiation, and one example and class at a time."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grokscope.nets import Cnn
from grokscope.probes.fisher import diagonal
from grokscope.run import Signature
from grokscope.studies.paths.facts.anatomy import fisher, flat_params

from .nets import INPUTS, mlp

IMAGES = Signature(vocab=0, length=16, classes=2, numbers=(1, 4, 4))


def plain_diagonal(net: Any, inputs: np.ndarray, kind: str) -> np.ndarray:
    """Mean over examples of the sum over classes of p_k (d ln p_k)^2, or of (d z_k)^2."""

    def said(net: Any, x: jax.Array, k: int) -> jax.Array:
        return net(x)[k] if kind == "logits" else jax.nn.log_softmax(net(x))[k]

    gradient = eqx.filter_jit(eqx.filter_grad(said))
    total = 0.0
    for x in jnp.asarray(inputs):
        p = jax.nn.softmax(net(x))
        for k in range(len(p)):
            total = total + (1.0 if kind == "logits" else p[k]) * flat_params(gradient(net, x, jnp.asarray(k))) ** 2
    return np.asarray(total / len(inputs))


@pytest.mark.parametrize("activation", ["relu", "square"])
@pytest.mark.parametrize("kind", ["logits", "categorical"])
def test_closed_form_and_autodiff_are_the_sum_written_out(kind: Any, activation: Any) -> None:
    with jax.enable_x64(True):
        net = mlp(activation=activation, init="xavier_normal", init_scale=2.0)
        expected = plain_diagonal(net, INPUTS[:9], kind)
        np.testing.assert_allclose(fisher(net, jnp.asarray(INPUTS[:9]), kind), expected, rtol=1e-10, atol=1e-12)
        found = flat_params(diagonal(net, jnp.asarray(INPUTS[:9]), kind=kind))
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_closed_form_in_single_precision_agrees_to_1e_5() -> None:
    net, x = mlp(init_scale=3.0), jnp.asarray(INPUTS)
    found, expected = fisher(net, x), flat_params(diagonal(net, x))
    assert float(jnp.max(jnp.abs(found - expected)) / jnp.max(expected)) < 1e-5


def test_biases_of_the_last_layer_matter_by_one_to_raw_logits() -> None:
    net = mlp()
    np.testing.assert_allclose(diagonal(net, jnp.asarray(INPUTS)).layers[1].bias, 1, rtol=1e-6)
    np.testing.assert_allclose(fisher(net, jnp.asarray(INPUTS))[-4:], 1, rtol=1e-6)


def test_a_convolutional_net_in_blocks_that_do_not_divide() -> None:
    with jax.enable_x64(True):
        net = Cnn(1, 2, 3, init_scale=2.0).build(IMAGES, key=jax.random.key(0), dtype=jnp.float64)
        images = np.random.default_rng(0).normal(size=(52, 1, 4, 4))
        found = fisher(net, jnp.asarray(images))
        np.testing.assert_allclose(found, plain_diagonal(net, images, "logits"), rtol=1e-9, atol=1e-12)
