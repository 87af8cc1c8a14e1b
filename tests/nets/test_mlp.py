"""The perceptron against a plain forward pass, of one-hot tokens, of embedded ones and of numbers."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grokscope.nets import MLP, MLPNet
from grokscope.nets.mlp import ACTIVATIONS
from grokscope.run import Signature
from grokscope.spec import SpecError

TOKENS = Signature(vocab=7, length=3, classes=5)
NUMBERS = Signature(vocab=0, length=12, classes=5, numbers=(1, 3, 4))
NETS = {
    "one-hot": (MLP(6, 2), TOKENS),
    "embedded": (MLP(6, 1, embedding=4, activation="tanh", init="xavier_normal"), TOKENS),
    "no bias": (MLP(6, 1, bias="no", activation="square"), TOKENS),
    "numbers": (MLP(6, 3, activation="sigmoid", init_scale=2.0), NUMBERS),
    "activated outputs": (MLP(10, 2, activation="sigmoid", output="activated"), NUMBERS),
}
PLAIN = {
    "relu": lambda x: x * (x > 0),
    "square": lambda x: x * x,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}


def build_net(name: str) -> tuple[MLPNet, np.ndarray]:
    spec, signature = NETS[name]
    draw = np.random.default_rng(3)
    shape = (9, *(signature.numbers or (signature.length,)))
    inputs = draw.normal(size=shape) if signature.numbers else draw.integers(0, signature.vocab, shape, dtype=np.int32)
    with jax.enable_x64(True):
        return spec.build(signature, key=jax.random.key(1), dtype=jnp.float64), inputs


@pytest.mark.parametrize("name", NETS)
def test_it_is_the_plain_product_of_one_hot_tokens_or_numbers(name: str) -> None:
    (spec, signature), (net, inputs) = NETS[name], build_net(name)
    x = inputs if signature.numbers else np.eye(signature.vocab)[inputs]
    if net.embedding is not None:
        x = x @ np.asarray(net.embedding)
    x = x.reshape(len(inputs), -1)
    for i, layer in enumerate(net.layers):
        x = (PLAIN[spec.activation](x) if i else x) @ np.asarray(layer.weight)
        x = x + (0 if layer.bias is None else np.asarray(layer.bias))
    x = PLAIN[spec.activation](x) if spec.output == "activated" else x
    with jax.enable_x64(True):
        np.testing.assert_allclose(net.batched(jnp.asarray(inputs)), x, atol=1e-12)
        np.testing.assert_allclose(net(jnp.asarray(inputs[4])), x[4], atol=1e-12)


@pytest.mark.parametrize("name", NETS)
def test_parameters_are_counted_exactly(name: str) -> None:
    (spec, signature), (net, _) = NETS[name], build_net(name)
    assert spec.n_params(signature) == sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(net, eqx.is_array)))
    assert set(ACTIVATIONS) == set(PLAIN)


def test_the_published_baselines_of_the_study_of_order_have_their_size() -> None:
    two = Signature(vocab=0, length=2, classes=1, numbers=(2,), labelled=False)
    assert MLP(2, 1, output="activated").n_params(two) == 9
    assert MLP(10, 2, output="activated").n_params(two) == 151


def test_two_tokens_one_hot_cost_as_published_and_as_much_as_they_are_multiplied() -> None:
    pairs = Signature(vocab=113, length=2, classes=113)
    assert MLP(512).n_params(pairs) == 226 * 512 + 512 + 512 * 113 + 113
    assert MLP(512).flops_per_example(pairs) == 2 * 512 * 113
    assert MLP(512, embedding=8).flops_per_example(pairs) == 2 * (16 * 512 + 512 * 113)


def test_xavier_normal_has_its_spread_and_no_bias_at_first() -> None:
    net = MLP(400, init="xavier_normal", init_scale=3.0).build(Signature(100, 2, 100), key=jax.random.key(0))
    weight = np.asarray(net.layers[0].weight)
    assert weight.std() == pytest.approx(3 * np.sqrt(2 / 600), rel=0.02)
    assert np.mean(np.abs(weight) < weight.std()) == pytest.approx(0.683, abs=0.01)
    assert not any(np.any(layer.bias) for layer in net.layers)


def test_framework_is_uniform_up_to_the_root_of_fan_in_biases_too() -> None:
    first, last = MLP(400).build(Signature(100, 2, 3), key=jax.random.key(0)).layers
    for array, fan_in in ((first.weight, 200), (first.bias, 200), (last.weight, 400)):
        assert float(jnp.abs(array).max()) == pytest.approx(fan_in**-0.5, rel=0.02)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MLP(0), "width: found 0, expected at least 1"),
        (lambda: MLP(embedding=-1), "embedding: found -1"),
        (lambda: MLP(activation="gelu"), "activation: found 'gelu', expected one of relu"),
        (lambda: MLP(embedding=4).n_params(NUMBERS), "embedding 4"),
    ],
)
def test_what_cannot_be_is_refused(make: object, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        make()  # type: ignore[operator]
