"""The complete layer against plain loops: what it computes, what it is equivalent to, where its gradients go."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grokscope.nets import Complete, CompleteNet
from grokscope.nets.layers import largest_mask
from grokscope.run import Signature
from grokscope.spec import SpecError

TWO = Signature(vocab=0, length=2, classes=1, numbers=(2,), labelled=False)


def build_net(spec: Complete, signature: Signature = TWO, seed: int = 0) -> CompleteNet:
    with jax.enable_x64(True):
        return spec.build(signature, key=jax.random.key(seed), dtype="float64")


def outputs(net: CompleteNet, x: np.ndarray) -> np.ndarray:
    with jax.enable_x64(True):
        return np.asarray(net.batched(jnp.asarray(x)))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def set_to(net: CompleteNet, **arrays: np.ndarray) -> CompleteNet:
    with jax.enable_x64(True):
        names = list(arrays)
        return eqx.tree_at(
            lambda n: [getattr(n, name) for name in names], net, [jnp.asarray(a) for a in arrays.values()]
        )


@pytest.mark.parametrize(("iterations", "expected"), [(1, 0.7311), (2, 0.9214), (3, 0.9449)])
def test_two_units_of_ones(iterations: int, expected: float) -> None:
    net = set_to(build_net(Complete(1, iterations, initial="ones")), values=np.zeros(2))
    assert outputs(net, np.array([[1.0, 0.0]]))[0, 0] == pytest.approx(expected, abs=5e-5)


def test_the_same_written_as_loops_over_units() -> None:
    net = build_net(Complete(4, 3, "tanh", bias="trained"))
    w, v, b = (np.asarray(a) for a in (net.weights, net.values, net.bias))
    x = np.array([0.3, -0.7])
    state = v
    for _ in range(3):
        state = np.array([np.tanh(sum(w[i, j] * s for j, s in enumerate([*state, *x])) + b[i]) for i in range(5)])
    np.testing.assert_allclose(outputs(net, x[None])[0], state[:1], rtol=1e-12)
    with jax.enable_x64(True):
        np.testing.assert_allclose(net(jnp.asarray(x)), state[:1], rtol=1e-12)
        assert [s.shape for s in net.states(jnp.asarray(x[None]))] == [(1, 5)] * 4


def layered_net() -> tuple[CompleteNet, list[np.ndarray]]:
    """A 2-3-2-1 perceptron without biases inside a complete layer: outputs, last hidden block, first, inputs."""
    rng = np.random.default_rng(1)
    first, second, third = rng.normal(size=(3, 2)), rng.normal(size=(2, 3)), rng.normal(size=(1, 2))
    w = np.zeros((6, 8))
    w[0:1, 1:3], w[1:3, 3:6], w[3:6, 6:8] = third, second, first
    return set_to(build_net(Complete(5)), weights=w), [first, second, third]


@pytest.mark.parametrize("iterations", [2, 3, 4, 6])
def test_a_triangular_matrix_is_the_layered_perceptron_it_encodes(iterations: int) -> None:
    net, layers = layered_net()
    net = dataclasses.replace(net, iterations=iterations)
    assert not np.tril(np.asarray(net.weights)).any()
    x = np.random.default_rng(0).normal(size=(7, 2))
    expected = x
    for layer in layers:
        expected = sigmoid(expected @ layer.T)
    far = np.abs(outputs(net, x) - expected).max()
    other_start = np.abs(outputs(set_to(net, values=np.full(6, 9.0)), x) - outputs(net, x)).max()
    if iterations >= 3:
        assert max(far, other_start) < 1e-12
    else:
        assert min(far, other_start) > 1e-3


def test_it_is_a_recurrent_network_with_tied_weights() -> None:
    """Outputs and gradients equal those of three copies of the weights, the gradients summed over the copies."""
    net = build_net(Complete(4, 3))
    with jax.enable_x64(True):
        x, y = jnp.array([[0.2, 0.9], [1.0, -1.0]]), jnp.array([[0.1], [0.8]])
        u, z = net.weights[:, :5], net.weights[:, 5:]

        def unrolled(us: list[jax.Array], zs: list[jax.Array], v: jax.Array) -> jax.Array:
            h = jnp.broadcast_to(v, (2, 5))
            for u, z in zip(us, zs, strict=True):
                h = jax.nn.sigmoid(h @ u.T + x @ z.T)
            return jnp.mean((h[:, :1] - y) ** 2)

        loss, (us, zs, v) = jax.value_and_grad(unrolled, argnums=(0, 1, 2))([u] * 3, [z] * 3, net.values)
        ours, gradient = eqx.filter_value_and_grad(lambda n: jnp.mean((n.batched(x) - y) ** 2))(net)
        assert float(ours) == pytest.approx(float(loss), rel=1e-12)
        np.testing.assert_allclose(gradient.weights, jnp.concatenate([sum(us), sum(zs)], axis=1), rtol=1e-9)
        np.testing.assert_allclose(gradient.values, v, rtol=1e-9)


def test_one_iteration_trains_output_rows_alone() -> None:
    net = build_net(Complete(4, 1))
    with jax.enable_x64(True):
        gradient = eqx.filter_grad(lambda n: jnp.sum(n.batched(jnp.ones((1, 2)))))(net)
    assert np.abs(gradient.weights[0]).min() > 0
    assert not np.asarray(gradient.weights[1:]).any()


def test_gates_are_straight_through() -> None:
    """Open at the largest scores; a score's gradient is that of its connection times the weight, open or shut."""
    net = dataclasses.replace(build_net(Complete(3, 2, scores="trained")), keep=0.4)
    with jax.enable_x64(True):
        shut = np.asarray(net.gated_weights()) == 0
        assert (~shut).sum() == int(0.4 * 24)
        assert np.abs(net.scores)[~shut].min() > np.abs(net.scores)[shut].max()
        np.testing.assert_array_equal(np.asarray(net.gated_weights())[~shut], np.asarray(net.weights)[~shut])

        def loss(n: CompleteNet) -> jax.Array:
            return jnp.sum(n.batched(jnp.array([[0.5, 1.0]])))

        gradient = eqx.filter_grad(loss)(net)
        plain = eqx.filter_grad(loss)(dataclasses.replace(net, weights=net.gated_weights(), scores=None))
        np.testing.assert_allclose(gradient.scores, plain.weights * net.weights, rtol=1e-12)
        np.testing.assert_array_equal(np.asarray(gradient.weights)[shut], 0)


def test_what_is_held_has_no_gradient() -> None:
    net = build_net(Complete(3, 2, values="held", weights="held", scores="trained", bias="trained"))
    with jax.enable_x64(True):
        gradient = eqx.filter_grad(lambda n: jnp.sum(n.batched(jnp.ones((1, 2)))))(net)
    assert not np.asarray(gradient.values).any()
    assert not np.asarray(gradient.weights).any()
    assert np.asarray(gradient.scores).any()
    assert np.asarray(gradient.bias).any()


def test_what_it_begins_with() -> None:
    normal = np.asarray(build_net(Complete(40, mean=2.0, std=0.5)).weights)
    assert normal.mean() == pytest.approx(2, abs=0.1)
    assert normal.std() == pytest.approx(0.5, abs=0.05)
    uniform = np.asarray(build_net(Complete(40, initial="uniform", bias="trained")).bias)
    assert (uniform.min() >= 0) & (uniform.max() < 1) & (uniform.std() > 0.2)
    assert not np.asarray(build_net(Complete(3, initial="zeros")).weights).any()
    damped = np.asarray(build_net(Complete(3, initial="ones", lower=0.1)).weights)
    np.testing.assert_array_equal(damped, np.where(np.tri(4, 6, -1), 0.1, 1))
    shifted = np.asarray(build_net(Complete(3, initial="ones", lower=0.0, diagonal=1)).weights)
    np.testing.assert_array_equal(shifted, 1 - np.tri(4, 6, 0))


@pytest.mark.parametrize(("hidden", "expected"), [(5, 54), (8, 108)])
def test_parameters_are_counted(hidden: int, expected: int) -> None:
    assert Complete(hidden).n_params(TWO) == expected
    for spec in (Complete(hidden), Complete(hidden, scores="trained", bias="trained")):
        arrays = jax.tree.leaves(eqx.filter(build_net(spec), eqx.is_inexact_array))
        assert sum(a.size for a in arrays) == spec.n_params(TWO)


def test_tokens_are_seen_one_hot() -> None:
    signature = Signature(vocab=3, length=2, classes=3)
    net = build_net(Complete(2, 1), signature)
    assert net.weights.shape == (5, 11)
    expected = sigmoid(np.asarray(net.weights) @ np.array([*np.asarray(net.values), 0, 0, 1, 1, 0, 0]))[:3]
    np.testing.assert_allclose(outputs(net, np.array([[2, 0]])), [expected], rtol=1e-12)


def test_of_equals_the_first_are_kept_and_a_share_is_floored() -> None:
    assert largest_mask(jnp.ones((2, 3)), 0.5).ravel().tolist() == [True] * 3 + [False] * 3
    assert largest_mask(jnp.array([1.0, -3.0, 2.0]), 0.67).tolist() == [False, True, True]
    assert int(largest_mask(jnp.arange(10.0), jnp.float32(0.9)).sum()) == 9


@pytest.mark.parametrize(("name", "value"), [("hidden", -1), ("iterations", 0), ("keep", 1.1), ("activation", "step")])
def test_what_cannot_be_is_refused(name: str, value: object) -> None:
    with pytest.raises(SpecError, match=name):
        Complete(**{name: value})  # type: ignore[arg-type]
