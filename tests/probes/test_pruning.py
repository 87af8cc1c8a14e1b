"""Pruning curves against one net at a time, weights sorted and zeroed by hand."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grokscope.probes import pruning
from grokscope.probes.pruning import curves, layer_places, places, places_among, pruned, together

from .nets import INPUTS, TARGETS, arrays_of, mlp, plain_logits

POINTS = 12
FRACTIONS = np.linspace(0, 1, POINTS)


def plain_pruned(arrays: list[np.ndarray], scores: list[np.ndarray | None], fraction: float) -> list[np.ndarray]:
    """The lowest share of all scores that are given set to zero; what has no score stays."""
    given = sorted(
        (s, i, j) for i, score in enumerate(scores) if score is not None for j, s in enumerate(score.ravel())
    )
    out = [a.copy() for a in arrays]
    for _, i, j in given[: int(np.floor(fraction * len(given) + 0.5))]:
        out[i].ravel()[j] = 0
    return out


def plain_curve(arrays: list[np.ndarray], score_sets: list[list[np.ndarray | None]]) -> tuple[list, list]:
    accuracy, loss = [], []
    for fraction in FRACTIONS:
        left = arrays
        for scores in score_sets:
            left = plain_pruned(left, scores, fraction)
        z = plain_logits(left)
        best_other = np.where(np.eye(4, dtype=bool)[TARGETS], -np.inf, z).max(axis=1)
        accuracy.append(np.mean(z[np.arange(31), TARGETS] > best_other))
        loss.append(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(31), TARGETS]))
    return accuracy, loss


def scores_of(arrays: list[np.ndarray], scheme: str) -> list[list[np.ndarray | None]]:
    w1, w2 = np.abs(arrays[0]), np.abs(arrays[2])
    norms = {"normalised": (np.linalg.norm(w1), np.linalg.norm(w2))}.get(scheme, (1, 1))
    both: list[np.ndarray | None] = [w1 / norms[0], None, w2 / norms[1], None]
    if scheme in ("global", "normalised"):
        return [both]
    return [[w1, None, None, None], [None, None, w2, None]] if scheme == "layerwise" else [[None, None, w2, None]]


@pytest.mark.parametrize("scheme", ["layerwise", "global", "normalised", "second alone"])
def test_curves_are_those_of_weights_zeroed_by_hand(scheme: str) -> None:
    nets = [mlp(seed) for seed in range(3)]
    at = [layer_places(n, 1) if scheme == "second alone" else places(n, scheme) for n in nets]  # type: ignore[arg-type]
    found = curves(_stacked(nets), _stacked(at), np.stack([INPUTS] * 3), np.stack([TARGETS] * 3), POINTS)
    for i, net in enumerate(nets):
        arrays = arrays_of(net)
        accuracy, loss = plain_curve(arrays, scores_of(arrays, scheme))
        np.testing.assert_allclose(found.accuracy[i], accuracy, atol=1e-6)
        np.testing.assert_allclose(found.loss[i], loss, rtol=1e-4)


@pytest.mark.parametrize("at_once", [5, 12])
def test_points_side_by_side_are_points_one_after_another(at_once: int) -> None:
    nets = [mlp(seed) for seed in range(3)]
    stacked = _stacked(nets), _stacked([places(net, "layerwise") for net in nets])
    data = np.stack([INPUTS] * 3), np.stack([TARGETS] * 3)
    one, many = (curves(*stacked, *data, POINTS, n) for n in (1, at_once))
    np.testing.assert_array_equal(one.accuracy, many.accuracy)
    np.testing.assert_allclose(one.loss, many.loss, rtol=1e-5)


def test_fisher_pruning_takes_biases_too_in_ascending_order() -> None:
    net = mlp()
    rng = np.random.default_rng(4)
    arrays = arrays_of(net)
    scores = [rng.random(a.shape) for a in arrays]
    tree = jax.tree.unflatten(jax.tree.structure(net), [jnp.asarray(s, "float32") for s in scores])
    at = together(tree, net, biases=True)
    for fraction in FRACTIONS:
        expected = plain_pruned(arrays, [s.astype(np.float32) for s in scores], fraction)
        for found, wanted in zip(arrays_of(pruned(net, at, fraction)), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_one_tensor_is_pruned_in_ascending_order_of_any_score_and_no_other() -> None:
    net = mlp()
    arrays = arrays_of(net)
    scores = [np.random.default_rng(5).random(a.shape).astype(np.float32) for a in arrays]
    at = layer_places(net, 1, jax.tree.unflatten(jax.tree.structure(net), [jnp.asarray(s) for s in scores]))
    for fraction in FRACTIONS:
        expected = plain_pruned(arrays, [None, None, scores[2], None], fraction)
        for found, wanted in zip(arrays_of(pruned(net, at, fraction)), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_without_dead_units_only_live_weights_count() -> None:
    net = mlp()
    counted = jax.tree.map(jnp.ones_like, net)
    first = counted.layers[0].weight.at[:, :3].set(0)
    counted = jax.tree.unflatten(jax.tree.structure(net), [first, *jax.tree.leaves(counted)[1:]])
    w1 = np.abs(arrays_of(net)[0])
    for fraction in FRACTIONS:
        left = arrays_of(pruned(net, places_among(counted, net), fraction))[0]
        assert (left[:, :3] == 0).all()
        n_gone = int(np.floor(fraction * 40 + 0.5))
        smallest = np.sort(w1[:, 3:].ravel())[:n_gone]
        assert sorted(w1[:, 3:][left[:, 3:] == 0]) == pytest.approx(list(smallest))


def test_snapshots_of_all_seeds_go_through_one_program() -> None:
    traced: list[Any] = []
    whole, pruning.curve = pruning.curve, lambda *a: (traced.append(1), whole(*a))[1]
    try:
        nets = [mlp(seed) for seed in range(5)]
        at = _stacked([places(net, "layerwise") for net in nets])
        found = curves(_stacked(nets), at, np.stack([INPUTS] * 5), np.stack([TARGETS] * 5), 17)
    finally:
        pruning.curve = whole
    assert found.accuracy.shape == (5, 17)
    assert len(traced) == 1


def _stacked(trees: list[Any]) -> Any:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)
