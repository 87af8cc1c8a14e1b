"""The reference fixtures, and nets from and to named arrays."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from grokscope.measurements.result import total_bits
from grokscope.nets import TransformerNet, from_published, to_published
from grokscope.training.optimisers import AdamW

from .compiled import loss_and_gradient
from .random_arrays import published_arrays

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures").glob("*.npz"))


@pytest.fixture(params=FIXTURES, ids=lambda path: path.stem)
def reference(request: pytest.FixtureRequest) -> dict[str, Any]:
    with np.load(request.param) as arrays:
        return dict(arrays)


def select_group(reference: dict[str, Any], group: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(group): value for name, value in reference.items() if name.startswith(group)}


def net_of(reference: dict[str, Any]) -> TransformerNet:
    return from_published(select_group(reference, "param/"), heads=int(reference["heads"]))


def examples(reference: dict[str, Any]) -> tuple[jax.Array, jax.Array]:
    return jnp.asarray(reference["inputs"], jnp.int32), jnp.asarray(reference["targets"], jnp.int32)


def test_there_are_fixtures() -> None:
    assert {path.stem for path in FIXTURES} >= {"transformer_p13_d12_L2_H1", "transformer_p23_d16_L3_H2"}


def test_logits_loss_and_bits(reference: dict[str, Any]) -> None:
    inputs, targets = examples(reference)
    (our_loss, logits), _ = loss_and_gradient(net_of(reference), inputs, targets)
    loss = float(our_loss)
    np.testing.assert_allclose(logits, reference["logits"], atol=1e-5)
    assert loss == pytest.approx(float(reference["loss"]), abs=1e-5)
    n, vocab = len(inputs), int(reference["p"]) + 2
    # A loss that may be 1e-5 off may put n examples n * 1e-5 / ln 2 bits off.
    assert total_bits(loss, n, vocab) == pytest.approx(float(reference["total_bits"]), abs=n * 1e-5 / np.log(2))


def test_gradient(reference: dict[str, Any]) -> None:
    _, gradient = loss_and_gradient(net_of(reference), *examples(reference))
    ours, theirs = to_published(gradient), select_group(reference, "grad/")
    assert set(ours) == set(theirs)
    for name, expected in theirs.items():
        np.testing.assert_allclose(ours[name], expected, atol=1e-4 * np.abs(expected).max(), rtol=0, err_msg=name)


def test_five_steps_of_adamw(reference: dict[str, Any]) -> None:
    net, (inputs, targets) = net_of(reference), examples(reference)
    names = ("lr", "weight_decay", "beta1", "beta2")
    optimiser = AdamW.transform(
        {name: float(reference[name]) for name in names} | {"eps": 1e-8}, unravel=lambda flat: flat
    )
    state, losses = optimiser.init(net), []
    for _ in range(5):
        (loss, _), gradient = loss_and_gradient(net, inputs, targets)
        updates, state = optimiser.update(gradient, state, net)
        net, losses = optax.apply_updates(net, updates), [*losses, float(loss)]
    np.testing.assert_allclose(losses, reference["step_losses"], atol=1e-5)
    ours = to_published(net)
    for name, expected in select_group(reference, "after5/").items():
        np.testing.assert_allclose(ours[name], expected, atol=1e-4, rtol=0, err_msg=name)


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("depth", [1, 3])
def test_round_trip(depth: int, heads: int) -> None:
    with jax.enable_x64(True):
        arrays = published_arrays(depth=depth, heads=heads)
        back = to_published(from_published(arrays, heads=heads))
    assert set(back) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array, err_msg=name)


def test_float32_arrays_stay_what_they_are() -> None:
    arrays = {name: array.astype(np.float32) for name, array in published_arrays().items()}
    back = to_published(from_published(arrays, heads=1))
    assert {array.dtype for array in back.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.pop("layer1.w3"), "layer1.w3 is missing"),
        (lambda a: a.pop("embedding"), "embedding is missing"),
        (lambda a: a.pop("out"), "out is missing"),
        (lambda a: a.update({"layer0.proj_bias": np.zeros(8)}), "layer0.proj_bias is not known"),
        (lambda a: a.update({"stray": np.zeros(8)}), "stray is not known"),
        (lambda a: a.update({"layer1.w2": a["layer1.w1"]}), r"layer1.w2 has shape \(32, 8\), expected \(8, 32\)"),
        (lambda a: a.update({"norm": np.zeros(9)}), r"norm has shape \(9,\), expected \(8,\)"),
        (lambda a: a.update({"out": np.zeros((14, 8))}), r"out has shape \(14, 8\), expected \(15, 8\)"),
        (lambda a: a.update({"embedding": np.zeros(8)}), "embedding has shape"),
    ],
)
def test_bad_arrays_are_refused_in_a_line(change: Any, words: str) -> None:
    arrays = published_arrays()
    change(arrays)
    with pytest.raises(ValueError, match=words) as refusal:
        from_published(arrays, heads=1)
    assert "\n" not in str(refusal.value)


def test_heads_that_do_not_divide_are_refused() -> None:
    with pytest.raises(ValueError, match="width 8, expected a multiple of 6"):
        from_published(published_arrays(heads=2), heads=3)


def test_more_heads_need_the_second_projection() -> None:
    with pytest.raises(ValueError, match=r"layer0.proj_bias is missing \(4 in all\), heads = 2"):
        from_published(published_arrays(), heads=2)


def test_a_net_without_layers_is_refused() -> None:
    arrays = {name: array for name, array in published_arrays().items() if not name.startswith("layer")}
    with pytest.raises(ValueError, match="layer"):
        from_published(arrays, heads=1)
