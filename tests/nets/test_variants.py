"""Variants of the transformer against a plain forward pass: every position of every block, no table, no shortcut."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grokscope.nets import Transformer, TransformerNet, to_published
from grokscope.nets.dropout import Dropout
from grokscope.nets.layers import NORM_EPS
from grokscope.run import Signature
from grokscope.spec import InputError, SpecError

SIGNATURE = Signature(vocab=15, length=4, classes=15, following=(13,))
SWITCHES = [
    {"norm": "layer"},
    {"positions": "learned"},
    {"gate": "none"},
    {"norm": "layer", "positions": "learned", "gate": "none"},
]
INPUTS = np.random.default_rng(0).integers(0, 15, (20, 4), dtype=np.int32)
INPUTS[:, 1] = 13


def norm(x: jax.Array, gain: jax.Array, bias: jax.Array | None) -> jax.Array:
    if bias is None:
        return x / jnp.sqrt(jnp.mean(x**2, axis=-1, keepdims=True) + NORM_EPS) * gain
    return (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + NORM_EPS) * gain + bias


def silu(x: jax.Array) -> jax.Array:
    return x / (1 + jnp.exp(-x))


def plain(net: TransformerNet, tokens: jax.Array, key: jax.Array | None) -> jax.Array:
    """Logits of (batch, 4) tokens; the mask of a block's hidden units covers the positions that the net computes."""
    x = net.embedding[tokens]
    if net.positions is not None:
        x = x + net.positions
    n, length, d = x.shape
    causal = jnp.where(jnp.tri(length, dtype=bool), 0.0, -jnp.inf)
    for i, block in enumerate(net.blocks):
        normed = norm(x, block.attn_norm, block.attn_norm_bias)

        def heads(weight: jax.Array, normed: jax.Array = normed, block: object = block) -> jax.Array:
            return (normed @ weight).reshape(n, length, block.heads, -1).swapaxes(1, 2)  # type: ignore[attr-defined]

        q, k, v = heads(block.query), heads(block.key), heads(block.value)
        weights = jax.nn.softmax(q @ k.swapaxes(-1, -2) / jnp.sqrt(q.shape[-1]) + causal, axis=-1)
        read = (weights @ v).swapaxes(1, 2).reshape(n, length, d) @ block.out.T
        if block.proj_weight is not None:
            read = read @ block.proj_weight.T + block.proj_bias
        x = x + read
        normed = norm(x, block.ffn_norm, block.ffn_norm_bias)
        hidden = silu(normed @ block.up) if block.gate is None else silu(normed @ block.gate) * (normed @ block.up)
        if key is not None:
            in_ffn = jax.random.split(jax.random.fold_in(key, i))[1]
            first = length - 1 if i == len(net.blocks) - 1 else 0
            masked = Dropout(net.dropout, in_ffn, n)(hidden[:, first:].swapaxes(0, 1)).swapaxes(0, 1)
            hidden = hidden.at[:, first:].set(masked)
        x = x + hidden @ block.down.T
    return norm(x[:, -1], net.norm, net.norm_bias) @ net.head


def variant(depth: int, heads: int, switches: dict[str, str]) -> TransformerNet:
    """A net with nothing left at a special value: no gain is 1, no bias 0."""
    spec = Transformer(8, depth, heads, **switches)  # type: ignore[arg-type]
    net = spec.build(SIGNATURE, key=jax.random.key(1), dtype=jnp.float64)
    draw = np.random.default_rng(2)
    shaken = jax.tree.map(lambda x: x + 0.3 * draw.normal(size=x.shape) if eqx.is_array(x) else x, net)
    return eqx.tree_at(lambda n: n.dropout, shaken, jnp.asarray(0.3))


@pytest.mark.parametrize(
    ("depth", "heads", "switches"),
    [(3, 1, SWITCHES[-1]), (1, 1, SWITCHES[-1]), (2, 1, SWITCHES[1]), (2, 2, SWITCHES[0] | SWITCHES[2])],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else str(value),
)
def test_shortcuts_change_no_logit_and_no_gradient(depth: int, heads: int, switches: dict[str, str]) -> None:
    with jax.enable_x64(True):
        net, tokens = variant(depth, heads, switches), jnp.asarray(INPUTS)
        key = jax.random.key(3) if heads == 1 else None

        def loss(net: TransformerNet, shortcuts: bool) -> jax.Array:
            fast = net.batched(tokens, key=key, following=SIGNATURE.following) if shortcuts else None
            return jnp.sum(jnp.sin(plain(net, tokens, key) if fast is None else fast))

        pair = jax.jit(
            lambda net: [jax.value_and_grad(loss)(net, shortcuts) for shortcuts in (False, True)],
        )
        (value, gradient), (fast, fast_gradient) = pair(net)
    assert float(fast) == pytest.approx(float(value), abs=1e-10)
    flat = jax.tree_util.tree_leaves_with_path(gradient)
    for (path, one), other in zip(flat, jax.tree.leaves(fast_gradient), strict=True):
        np.testing.assert_allclose(other, one, atol=1e-10, err_msg=jax.tree_util.keystr(path))
        assert "dropout" in jax.tree_util.keystr(path) or np.any(one), path


@pytest.mark.parametrize("switches", SWITCHES, ids="-".join)
@pytest.mark.parametrize(("depth", "heads"), [(1, 1), (2, 2)])
def test_parameters_are_counted_exactly(depth: int, heads: int, switches: dict[str, str]) -> None:
    spec = Transformer(8, depth, heads, **switches)  # type: ignore[arg-type]
    arrays = jax.tree.leaves(jax.eval_shape(lambda key: spec.build(SIGNATURE, key=key), jax.random.key(0)))
    assert spec.n_params(SIGNATURE) == sum(leaf.size for leaf in arrays if leaf.shape)


def test_switches_part_programs_and_leave_what_they_do_not_touch() -> None:
    published = Transformer(8).build(SIGNATURE, key=jax.random.key(0))
    for name, value in (("norm", "layer"), ("positions", "learned"), ("gate", "none")):
        spec = dataclasses.replace(Transformer(8), **{name: value})
        assert spec.static_part() != Transformer(8).static_part()
        net = spec.build(SIGNATURE, key=jax.random.key(0))
        np.testing.assert_array_equal(net.embedding, published.embedding)
        np.testing.assert_array_equal(net.head, published.head)
        assert not net.is_published
        with pytest.raises(InputError, match="found a variant"):
            to_published(net)
    assert published.is_published


def test_learned_positions_tell_operands_apart_in_one_block() -> None:
    there, back = jnp.asarray([[3, 13, 8, 14]]), jnp.asarray([[8, 13, 3, 14]])
    for positions, tells in (("none", False), ("learned", True)):
        with jax.enable_x64(True):
            net = variant(1, 1, {"positions": positions})
            apart = float(jnp.max(jnp.abs(net.batched(there) - net.batched(back))))
        assert (apart > 1e-2) == tells


def test_layer_norm_does_not_see_a_shift() -> None:
    """Adding a constant to the embedding shifts the stream; of one block only LayerNorm takes that away."""
    with jax.enable_x64(True):
        for norm_kind, sees in (("layer", False), ("rms", True)):
            net = variant(1, 1, {"norm": norm_kind})
            shifted = eqx.tree_at(lambda n: n.embedding, net, net.embedding + 2.0)
            apart = float(jnp.max(jnp.abs(net.batched(jnp.asarray(INPUTS)) - shifted.batched(jnp.asarray(INPUTS)))))
            assert (apart > 1e-2) == sees


def test_switches_know_their_values() -> None:
    with pytest.raises(SpecError, match="norm: found 'batch', expected one of rms, layer"):
        Transformer(norm="batch")  # type: ignore[arg-type]
