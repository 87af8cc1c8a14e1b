"""The engine's net against the oracle, and what the published network can and cannot see."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oracle
from grokscope.nets import Transformer, TransformerNet, from_published, to_published
from grokscope.run import Signature
from grokscope.spec import SpecError

from .compiled import loss_and_gradient, output, outputs
from .random_arrays import published_arrays, random_tokens

SIGNATURE = Signature(vocab=15, length=4, classes=15)


@pytest.mark.parametrize(
    ("depth", "heads", "rotary"),
    [
        *itertools.product([1, 2], [1, 2], ["published", "intended", "none"]),
        *((3, 1, "published"), (3, 4, "intended"), (1, 4, "none")),
    ],
)
def test_shortcuts_change_no_logit_and_no_gradient(depth: int, heads: int, rotary: str) -> None:
    params, (inputs, targets) = published_arrays(depth=depth, heads=heads), random_tokens()
    model = oracle.Model(heads, rotary)
    loss, gradient = oracle.gradient(params, inputs, targets, model)
    with jax.enable_x64(True):
        net = from_published(params, heads=heads, rotary=rotary)  # type: ignore[arg-type]
        (our_loss, our_logits), our_gradient = loss_and_gradient(net, jnp.asarray(inputs), jnp.asarray(targets))
    np.testing.assert_allclose(our_logits, oracle.logits(params, inputs, model), atol=1e-9, rtol=0)
    assert float(our_loss) == pytest.approx(loss, abs=1e-9)
    ours = to_published(our_gradient)
    assert set(ours) == set(gradient)
    for name, expected in gradient.items():
        np.testing.assert_allclose(ours[name], expected, atol=1e-9, rtol=0, err_msg=name)


def swap_effect(depth: int, rotary: str, heads: int = 1) -> float:
    """Largest change of a logit when the two operands change places."""
    there, back = np.array([3, 13, 8, 14], np.int32), np.array([8, 13, 3, 14], np.int32)
    with jax.enable_x64(True):
        net = from_published(published_arrays(depth=depth, heads=heads), heads=heads, rotary=rotary)  # type: ignore[arg-type]
        return float(np.max(np.abs(output(net, there) - output(net, back))))


@pytest.mark.parametrize("heads", [1, 2])
def test_published_sees_the_order_of_operands_only_through_the_causal_mask(heads: int) -> None:
    assert swap_effect(1, "published", heads) < 1e-12
    assert swap_effect(2, "published", heads) > 1e-2


@pytest.mark.parametrize("heads", [1, 2])
def test_intended_sees_the_order_of_operands_in_one_block(heads: int) -> None:
    assert swap_effect(1, "intended", heads) > 1e-3
    assert swap_effect(2, "intended", heads) > 1e-2


@pytest.mark.parametrize("heads", [1, 4])
def test_published_rotation_is_none(heads: int) -> None:
    params, (inputs, _) = published_arrays(heads=heads), random_tokens()
    with jax.enable_x64(True):
        logits = {
            rotary: outputs(from_published(params, heads=heads, rotary=rotary), inputs)  # type: ignore[arg-type]
            for rotary in ("published", "none", "intended")
        }
    np.testing.assert_allclose(logits["published"], logits["none"], atol=1e-12)
    assert np.abs(logits["intended"] - logits["none"]).max() > 1e-2


def test_one_example_is_its_row_of_many() -> None:
    inputs, _ = random_tokens()
    net = float32_net()
    many = outputs(net, inputs)
    for row in (0, 7):
        np.testing.assert_allclose(output(net, inputs[row]), many[row], atol=1e-6)


def test_a_single_example_has_a_gradient() -> None:
    inputs, targets = random_tokens(n=1)
    net = float32_net()
    loss = jax.grad(lambda net, tokens, target: -jax.nn.log_softmax(net(tokens))[target])
    gradient = jax.jit(loss)(net, jnp.asarray(inputs[0]), targets[0])
    _, expected = oracle.gradient(published_arrays(), inputs, targets, oracle.Model(1))
    ours = to_published(gradient)
    for name, array in expected.items():
        np.testing.assert_allclose(ours[name], array, atol=1e-5, err_msg=name)


def float32_net() -> TransformerNet:
    return from_published({name: array.astype(np.float32) for name, array in published_arrays().items()}, heads=1)


@pytest.mark.parametrize(
    ("p", "dim", "depth", "heads", "expected"),
    [
        (97, 20, 2, 1, 16_860),
        (97, 128, 2, 1, 550_272),
        (113, 10, 2, 1, 5_550),
        (113, 22, 2, 1, 20_658),
        (113, 64, 2, 1, 146_112),
        (113, 128, 2, 1, 554_368),
        (113, 256, 2, 1, 2_157_312),
        (113, 1000, 2, 1, 32_235_000),
        (149, 256, 2, 1, 2_175_744),
        (113, 40, 10, 1, 266_040),
        (113, 64, 2, 2, 154_432),
        (113, 64, 2, 4, 154_432),
        (113, 128, 2, 8, 587_392),
        (113, 64, 1, 1, 80_448),
        (113, 64, 4, 1, 277_440),
        (139, 256, 2, 1, 2_170_624),
        (13, 16, 2, 1, 8_752),
        (197, 236, 2, 1, 1_877_380),
    ],
)
def test_parameter_counts_of_the_published_table(p: int, dim: int, depth: int, heads: int, expected: int) -> None:
    spec, signature = Transformer(dim, depth, heads), Signature(p + 2, 4, p + 2)
    assert spec.n_params(signature) == expected
    arrays = jax.tree.leaves(jax.eval_shape(lambda key: spec.build(signature, key=key), jax.random.key(0)))
    rate = 1  # the net carries its dropout rate as a number, which nothing trains
    assert sum(array.size for array in arrays) in (expected, expected + rate)


@pytest.mark.parametrize(("dim", "heads"), [(20, 8), (14, 4), (7, 1)])
def test_widths_that_the_heads_do_not_divide_are_refused(dim: int, heads: int) -> None:
    with pytest.raises(SpecError, match=f"dim: found {dim}, expected a multiple of {2 * heads}"):
        Transformer(dim, heads=heads)


@pytest.mark.parametrize(
    "fields", [{"dropout": 1.0}, {"dropout": -0.1}, {"depth": 0}, {"heads": 0}, {"rotary": "sideways"}, {"dim": 8.5}]
)
def test_impossible_nets_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=next(iter(fields))):
        Transformer(**fields)  # type: ignore[arg-type]


INIT = {
    heads: to_published(Transformer(32, heads=heads).build(Signature(512, 4, 512), key=jax.random.key(3)))
    for heads in (1, 2)
}


def test_embedding_starts_standard_normal() -> None:
    embedding = INIT[1]["embedding"]
    n = embedding.size
    assert abs(embedding.mean()) < 5 / np.sqrt(n)
    assert abs(embedding.var() - 1) < 5 * np.sqrt(2 / n)
    assert np.mean(np.abs(embedding) < 1) == pytest.approx(0.6827, abs=0.02)
    assert np.mean(np.abs(embedding) > 2) == pytest.approx(0.0455, abs=0.01)


@pytest.mark.parametrize(
    ("name", "fan_in"),
    [("wq", 32), ("wk", 32), ("wv", 32), ("wo", 32), ("w1", 32), ("w3", 32), ("w2", 128), ("proj_weight", 32)],
)
def test_matrices_start_uniform_within_one_over_the_root_of_their_inputs(name: str, fan_in: int) -> None:
    weights = INIT[2][f"layer1.{name}"]
    assert weights.shape[1] == fan_in
    scaled = weights.ravel() * np.sqrt(fan_in)
    n = scaled.size
    assert np.abs(scaled).max() <= 1 + 1e-6
    assert np.abs(scaled).max() > 1 - 20 / n
    assert abs(scaled.mean()) < 5 * np.sqrt(1 / 3 / n)
    assert abs(np.mean(scaled**2) - 1 / 3) < 5 * np.sqrt(4 / 45 / n)


def test_head_and_bias_start_uniform_and_gains_at_one() -> None:
    head, bias = INIT[1]["out"] * np.sqrt(32), INIT[2]["layer0.proj_bias"] * np.sqrt(32)
    assert 0.99 < np.abs(head).max() <= 1 + 1e-6
    assert head.var() == pytest.approx(1 / 3, rel=0.05)
    assert 0.5 < np.abs(bias).max() <= 1 + 1e-6
    assert np.std(bias) > 0.3
    for name, array in INIT[2].items():
        if name.endswith("norm"):
            np.testing.assert_array_equal(array, 1)


def test_no_two_parts_start_alike() -> None:
    firsts = [array.ravel()[:8] * np.sqrt(array.shape[-1]) for name, array in INIT[2].items() if "norm" not in name]
    for one, other in itertools.combinations(firsts, 2):
        assert np.abs(one - other).max() > 1e-3


def test_init_scale_multiplies_everything() -> None:
    plain, halved = (
        to_published(Transformer(8, heads=2, init_scale=scale).build(SIGNATURE, key=jax.random.key(0)))
        for scale in (1.0, 0.5)
    )
    assert set(plain) == set(halved)
    for name, array in plain.items():
        np.testing.assert_allclose(halved[name], array * 0.5, rtol=1e-6, err_msg=name)
