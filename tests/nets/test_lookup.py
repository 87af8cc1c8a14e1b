"""Scores once a pair of tokens, or in every example where there are too many pairs: the same logits and gradients."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grokscope.nets import Transformer, decoder
from grokscope.nets.block import Rotary
from grokscope.run import Signature

from .compiled import loss_with_logits

SIGNATURE = Signature(vocab=15, length=4, classes=15, following=(13,))
TOKENS = np.random.default_rng(0).integers(0, 15, (40, 4))


@pytest.mark.parametrize(
    ("depth", "heads", "rotary", "positions"),
    [(2, 1, "published", "none"), (2, 1, "intended", "learned"), (1, 2, "intended", "none"), (2, 2, "none", "learned")],
)
def test_scores_by_pairs_are_those_of_every_example(
    monkeypatch: pytest.MonkeyPatch, depth: int, heads: int, rotary: Rotary, positions: str
) -> None:
    spec = Transformer(8, depth, heads, rotary, positions=positions)
    with jax.enable_x64(True):
        net = spec.build(SIGNATURE, key=jax.random.key(1), dtype=jnp.float64)
        found = []
        for most in (decoder.MAX_PAIRS, 15**2 - 1):
            monkeypatch.setattr(decoder, "MAX_PAIRS", most)
            function = jax.value_and_grad(lambda *of: loss_with_logits(*of), has_aux=True)  # no other's compiled one
            program = jax.jit(function).lower(net, jnp.asarray(TOKENS), TOKENS[:, 0])
            found.append(program.compile()(net, jnp.asarray(TOKENS), TOKENS[:, 0]))
            assert ("tensor<225x" in program.as_text()) is (most >= 15**2), "the table of pairs is there, or not"
    for one, other in zip(*map(jax.tree.leaves, found), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
