"""Dropout: how much falls, and that no two units share a mask that should not."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from grokscope.nets import TransformerNet, from_published
from grokscope.nets.base import ExampleNet
from grokscope.nets.dropout import Dropout, random_words

from .compiled import outputs
from .random_arrays import published_arrays, random_tokens

KEYS = [jax.random.key(seed) for seed in (0, 1, 12345)]


def words(key: jax.Array, n: int = 1 << 16) -> np.ndarray:
    return np.asarray(random_words(key, (n,)))


@pytest.mark.parametrize("key", KEYS)
def test_words_are_uniform(key: jax.Array) -> None:
    counts, _ = np.histogram(words(key), bins=256, range=(0, 2.0**32))
    assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("key", KEYS)
def test_every_bit_is_set_half_of_the_time(key: jax.Array) -> None:
    bits = words(key)[:, None] >> np.arange(32, dtype=np.uint32) & 1
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 5 * 0.5 / np.sqrt(len(bits))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("lag", [1, 2, 3, 32, 128, 512])
def test_neighbouring_counters_are_independent(key: jax.Array, lag: int) -> None:
    uniform = words(key) / 2.0**32
    below = uniform < 0.2
    n = len(uniform) - lag
    assert abs(np.corrcoef(uniform[:-lag], uniform[lag:])[0, 1]) < 5 / np.sqrt(n)
    together = np.mean(below[:-lag] & below[lag:])
    assert abs(together - 0.04) < 5 * np.sqrt(0.04 * 0.96 / n)


def test_one_flipped_counter_bit_flips_half_of_the_word() -> None:
    word = words(KEYS[1])
    for bit in range(16):
        flipped = np.bitwise_count(word ^ word[np.arange(len(word)) ^ (1 << bit)])
        assert flipped.mean() == pytest.approx(16, abs=0.25), bit


def test_different_keys_give_unrelated_words() -> None:
    keys = jax.random.split(jax.random.key(7), 8)
    streams = [words(key) / 2.0**32 for key in (*keys, *KEYS)]
    for one, other in itertools.combinations(streams, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(len(one))


def test_keys_that_differ_in_one_word_share_no_run_of_words() -> None:
    """A counter added to a key could make one stream a shifted copy of another: the key's second word must undo it."""
    keys = jax.random.split(jax.random.key(0), 64)
    streams = [set(words(key, 4096).tolist()) for key in keys]
    for one, other in itertools.combinations(streams, 2):
        assert len(one & other) < 8


def test_words_depend_on_key_and_place_alone() -> None:
    key = KEYS[2]
    np.testing.assert_array_equal(random_words(key, (8, 16)).ravel(), random_words(key, (128,)))
    np.testing.assert_array_equal(random_words(key, (128,))[:50], random_words(key, (50,)))


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.2, 0.5, 0.9])
def test_share_and_mean_of_what_survives(rate: float) -> None:
    x = jnp.ones((4, 64, 256))
    kept = np.asarray(Dropout(rate, KEYS[0], 64)(x))
    n = kept.size
    assert np.mean(kept == 0) == pytest.approx(rate, abs=5 * np.sqrt(rate * (1 - rate) / n) + 1e-12)
    np.testing.assert_allclose(kept[kept != 0], 1 / (1 - rate), rtol=1e-6)
    assert kept.mean() == pytest.approx(1, abs=5 * np.sqrt(rate / (1 - rate) / n) + 1e-6)


def test_without_a_key_nothing_falls() -> None:
    x = jnp.arange(8.0).reshape(1, 2, 4)
    np.testing.assert_array_equal(Dropout(0.9, None, 2)(x), x)


@pytest.mark.parametrize("heads", [1, 2])
def test_evaluation_is_deterministic_and_training_is_not(heads: int) -> None:
    net, inputs = net_with(0.2, heads), random_tokens()[0]
    np.testing.assert_array_equal(outputs(net, inputs), outputs(net_with(0.9, heads), inputs))
    one, again, other = (outputs(net, inputs, key) for key in (KEYS[0], KEYS[0], KEYS[1]))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-3


def test_rate_zero_is_evaluation() -> None:
    net, inputs = net_with(0.0, 2), random_tokens()[0]
    np.testing.assert_allclose(outputs(net, inputs, KEYS[0]), outputs(net, inputs), atol=1e-6)


@pytest.mark.parametrize("depth", [1, 2])
def test_equal_examples_get_masks_of_their_own(depth: int) -> None:
    net = net_with(0.5, 1, depth)
    same = np.tile(np.array([1, 13, 2, 14], np.int32), (24, 1))
    for one, other in itertools.combinations(outputs(net, same, KEYS[0]), 2):
        assert np.abs(one - other).max() > 1e-4


def test_blocks_and_their_halves_get_masks_of_their_own() -> None:
    """As `TransformerNet.batched` derives them: one key a block, split for attention and feed-forward."""
    keys = [key for i in range(4) for key in jax.random.split(jax.random.fold_in(KEYS[0], i))]
    masks = [np.asarray(random_words(key, (4096,))) < 0.5 * 2**32 for key in keys]
    for one, other in itertools.combinations(masks, 2):
        assert abs(np.mean(one == other) - 0.5) < 5 * 0.5 / np.sqrt(len(one))


@pytest.mark.parametrize(("depth", "heads"), [(1, 1), (2, 1), (3, 2)])
def test_the_first_of_a_batch_are_what_they_are_in_it(depth: int, heads: int) -> None:
    net, inputs = net_with(0.5, heads, depth), jnp.asarray(random_tokens()[0])
    whole = net.batched(inputs, key=KEYS[0])
    some = net.batched_prefix(inputs[:9], len(inputs), key=KEYS[0])
    by_padding = ExampleNet.batched_prefix(net, inputs[:9], len(inputs), key=KEYS[0])
    np.testing.assert_allclose(some, whole[:9], atol=1e-5)
    np.testing.assert_allclose(by_padding, whole[:9], atol=1e-5)
    if depth > 1:  # where there is more than one position, a batch of fewer has other masks
        assert np.abs(net.batched(inputs[:9], key=KEYS[0]) - whole[:9]).max() > 1e-3


def net_with(rate: float, heads: int, depth: int = 2) -> TransformerNet:
    arrays = {n: a.astype(np.float32) for n, a in published_arrays(depth=depth, heads=heads).items()}
    net = from_published(arrays, heads=heads)
    return eqx.tree_at(lambda net: net.dropout, net, jnp.float32(rate))
