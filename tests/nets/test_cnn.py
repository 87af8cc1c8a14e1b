"""The published convolutional net: its count, its function, its first parameters."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grokscope.nets import MLP, Cnn
from grokscope.run import Signature
from grokscope.spec import SpecError
from grokscope.tasks import Ising, Modular, Pairs

SIGNATURE = Signature(vocab=0, length=36, classes=2, numbers=(1, 6, 6))
NET = Cnn(2, 3, 5).build(SIGNATURE, key=jax.random.key(0), dtype=jnp.float32)


def test_parameters_are_as_many_as_published() -> None:
    assert Cnn().n_params(Ising().signature) == 6798
    assert MLP(512).n_params(Pairs().signature) == 174_193
    built = Cnn().build(Ising().signature, key=jax.random.key(0), dtype=jnp.float32)
    assert sum(leaf.size for leaf in jax.tree.leaves(built)) == 6798


def plain(x: jax.Array) -> jax.Array:
    """The same with the library's convolutions and poolings."""
    for layer in (NET.conv1, NET.conv2):
        z = jax.lax.conv_general_dilated(x, layer.weight, (1, 1), ((1, 1), (1, 1))) + layer.bias[:, None, None]
        x = jax.lax.reduce_window(jax.nn.relu(z), -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    hidden = jax.nn.relu(x.reshape(len(x), -1) @ NET.fc1.weight + NET.fc1.bias)
    return hidden @ NET.fc2.weight + NET.fc2.bias


def test_it_is_two_convolutions_and_two_layers() -> None:
    x = jnp.asarray(np.random.default_rng(0).normal(size=(4, 1, 6, 6)), jnp.float32)
    np.testing.assert_allclose(NET.batched(x), plain(x), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(NET(x[2]), plain(x)[2], rtol=1e-5, atol=1e-6)
    assert {name: z.shape for name, z in NET.preactivations(x).items()} == {
        "conv1": (4, 2, 6, 6),
        "conv2": (4, 3, 3, 3),
        "fc1": (4, 5),
    }


def test_every_parameter_begins_within_its_fan_in_times_w0() -> None:
    ten = Cnn(init_scale=10.0).build(Ising().signature, key=jax.random.key(1), dtype=jnp.float32)
    one = Cnn().build(Ising().signature, key=jax.random.key(1), dtype=jnp.float32)
    for layer, fan_in in (("conv1", 9), ("conv2", 18), ("fc1", 64), ("fc2", 100)):
        for part in ("weight", "bias"):
            array = getattr(getattr(one, layer), part)
            assert float(jnp.abs(array).max()) <= fan_in**-0.5
            np.testing.assert_allclose(getattr(getattr(ten, layer), part), 10 * array, rtol=1e-6)
    assert float(jnp.abs(one.fc1.weight).max()) > 0.99 * 64**-0.5


def test_other_inputs_are_refused() -> None:
    with pytest.raises(SpecError, match="not for images"):
        Cnn().n_params(Modular(13).signature)
    with pytest.raises(SpecError, match="conv2"):
        Cnn(conv2=0)
