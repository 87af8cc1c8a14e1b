"""One epoch of the engine, step by step the same as the oracle's."""

import dataclasses
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oracle
from grokscope.nets import Transformer
from grokscope.nets.dropout import random_words
from grokscope.run import Run
from grokscope.training.epoch import one_epoch, shuffle_rows
from grokscope.training.lane import Fixed, start_lane
from grokscope.training.pack import precision
from grokscope.training.variant import EVERY, Variant

from .lane_helpers import RUN, named_params

epoch = jax.jit(one_epoch, static_argnums=(0, 3))
NETS = {
    "published": Transformer(8, dropout=0.2),
    "published, no dropout": Transformer(8, dropout=0.0),
    "one block": Transformer(8, 1, heads=4, rotary="published", dropout=0.2),
    "three blocks": Transformer(8, 3, heads=2, rotary="intended", dropout=0.35),
}

VARIANTS = [
    *itertools.product(NETS, [EVERY]),
    *itertools.product(["published", "three blocks"], [Variant(halves=True)]),
]


def masks(net: Transformer, key: jax.Array, batch: int) -> oracle.Masks:
    """Factors of dropout as `TransformerNet.batched` draws them: per block one key, split for its two halves.

    Positions come first there, and of the last block only the last position is computed.
    """
    factors = {}
    for i in range(net.depth):
        length = 1 if i == net.depth - 1 else 4
        keys = jax.random.split(jax.random.fold_in(key, i))
        for name, part_key, width in (("attn", keys[0], net.dim), ("ffn", keys[1], 4 * net.dim)):
            words = np.asarray(random_words(part_key, (length, batch, width)))
            kept = (words >= np.floor(net.dropout * 2**32)) / (1 - net.dropout)
            factor = np.full((batch, 4, width), np.nan)
            factor[:, -length:] = kept.transpose(1, 0, 2)
            factors[f"layer{i}.{name}"] = np.nan_to_num(factor, nan=1.0)
    return factors


def oracle_epoch(run: Run, fixed: Fixed, params: oracle.Arrays, optimiser: oracle.AdamW, at: int) -> Any:
    """The oracle's epoch on the same rows under the same masks: parameters, running loss and accuracy."""
    net, size, n = run.net, run.shape.batch_size, run.task.n_train
    assert isinstance(net, Transformer)
    order = np.asarray(shuffle_rows(jax.random.fold_in(fixed.order_key, at), run.shape.rows, fixed.n_train))[:n]
    inputs, targets = np.asarray(fixed.inputs), np.asarray(fixed.targets)
    loss = right = 0.0
    for i in range(run.steps_per_epoch):
        rows = order[i * size : (i + 1) * size]
        key = jax.random.fold_in(jax.random.fold_in(fixed.dropout_key, at), i)
        whole = masks(net, key, size)
        model = oracle.Model(net.heads, net.rotary, {name: mask[: len(rows)] for name, mask in whole.items()})
        logits = oracle.logits(params, inputs[rows], model)
        right += np.sum(logits.argmax(-1) == targets[rows])
        batch_loss, grads = oracle.gradient(params, inputs[rows], targets[rows], model)
        loss += batch_loss * len(rows)
        params = optimiser.step(params, grads)
    return params, loss / n, right / n


def measure_by_oracle(run: Run, fixed: Fixed, params: oracle.Arrays) -> dict[str, float]:
    """What the oracle measures after an epoch, in eval mode."""
    net, n = run.net, run.task.n_train
    assert isinstance(net, Transformer)
    model, values = oracle.Model(net.heads, net.rotary), {}
    for name, part in (("train", slice(0, n)), ("val", slice(n, n + run.task.n_val))):
        inputs, targets = np.asarray(fixed.inputs)[part], np.asarray(fixed.targets)[part]
        logits = oracle.logits(params, inputs, model)
        values[f"{name}_loss"] = oracle.loss_of(logits, targets)
        values[f"{name}_acc"] = float(np.mean(logits.argmax(-1) == targets))
    return values | {"param_norm": float(np.sqrt(sum(np.sum(array**2) for array in params.values())))}


@pytest.mark.parametrize(("name", "variant"), VARIANTS, ids=[f"{n}, halves" if v.halves else n for n, v in VARIANTS])
def test_two_epochs_are_those_of_the_oracle(name: str, variant: Variant) -> None:
    run = dataclasses.replace(RUN, net=NETS[name])
    assert 0 < run.task.n_train % run.shape.batch_size < run.shape.batch_size // 2  # the last batch is a smaller one
    with precision(run.shape):
        fixed, state = start_lane(run)
        params = {name: array.astype(np.float64) for name, array in named_params(run, state.params).items()}
        numbers = run.optimiser.traced_part()  # type: ignore[attr-defined]
        optimiser = oracle.AdamW(**numbers)
        for at in range(2):
            state, record = epoch(run.shape, fixed, state, variant)
            params, running_loss, running_acc = oracle_epoch(run, fixed, params, optimiser, at)
            ours = named_params(run, state.params)
            assert set(ours) == set(params)
            for array_name, expected in params.items():
                np.testing.assert_allclose(ours[array_name], expected, atol=1e-9, rtol=0, err_msg=array_name)
            expected_record = {
                "running_loss": running_loss,
                "running_acc": running_acc,
                **measure_by_oracle(run, fixed, params),
            }
            assert set(record) == set(expected_record)
            for column, value in record.items():
                assert float(value) == pytest.approx(expected_record[column], abs=1e-9), column
    assert int(state.epoch) == 2
    assert optimiser.t == 2 * run.steps_per_epoch


def test_an_epoch_takes_every_training_row_once_and_no_other() -> None:
    n = jnp.int32(78)
    for seed in range(5):
        order = np.asarray(shuffle_rows(jax.random.key(seed), 512, n))
        assert sorted(order[:78]) == list(range(78))
        assert list(order[78:]) == list(range(78, 512))


def test_the_order_does_not_depend_on_the_room() -> None:
    orders = [np.asarray(shuffle_rows(jax.random.key(3), room, jnp.int32(78)))[:78] for room in (78, 512, 1024)]
    np.testing.assert_array_equal(orders[0], orders[1])
    np.testing.assert_array_equal(orders[0], orders[2])


def test_every_row_comes_at_every_place() -> None:
    shuffle = jax.jit(jax.vmap(lambda key: shuffle_rows(key, 16, jnp.int32(8))[:8]))
    orders = np.asarray(shuffle(jax.random.split(jax.random.key(0), 4000)))
    counts = np.array([[np.sum(orders[:, place] == row) for row in range(8)] for place in range(8)])
    assert np.abs(counts - 500).max() < 5 * np.sqrt(500)


def test_each_epoch_has_an_order_of_its_own() -> None:
    key = jax.random.key(0)
    orders = [tuple(np.asarray(shuffle_rows(jax.random.fold_in(key, at), 512, jnp.int32(78)))[:78]) for at in range(6)]
    assert len(set(orders)) == 6
