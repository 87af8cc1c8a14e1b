"""The published network: a small decoder-only transformer that reads four tokens and answers with one.

Pre-norm blocks, RMSNorm, gated feed-forward of width 4 * dim, no biases, untied head on the last position.
Source: method 2.1; Song & Ye 2026, section 3. The rotary step as published does nothing (method 3.1).
Its variants, one switch each: LayerNorm, learned positions, no gate. Every shortcut is exact for them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Key

from grokscope.nets.block import EXPANSION, GATES, NORMS, ROTARY, Gate, Norm, Rotary, init_block, init_norm_bias
from grokscope.nets.decoder import TransformerNet
from grokscope.nets.initialisers import uniform_by_fan_in
from grokscope.registry import register
from grokscope.run import Net, Signature
from grokscope.run.draws import in_few_sizes
from grokscope.spec import SpecError, static, traced


@register
@dataclass(frozen=True)
class Transformer(Net):
    """The published decoder-only transformer: width `dim`, `depth` blocks, `heads`, and the rotary switch.

    `rotary`: `published` (mathematically no rotation at all), `intended` (by position), `none`.
    `norm`: `rms`, or `layer` with a bias. `positions`: `none` (the causal mask alone tells order), or `learned` vectors
    added to the embedding, N(0, 1) at first. `gate`: `silu`, or `none`, so that the feed-forward is silu between two
    matrices.
    It `pads`: more rows of the embedding and columns of the head than tokens change nothing of what tokens do. It
    `halves`: of the first examples of a batch it makes what it makes of them in the whole, masks included.
    `init_scale` multiplies every parameter once after initialisation, gains and biases included.
    """

    kind = "transformer"
    width_axis = "dim"
    pads = True
    halves = True

    dim: int = static(128)
    depth: int = static(2)
    heads: int = static(1)
    rotary: Rotary = static("published", choices=ROTARY)
    dropout: float = traced(0.2, low=0.0, high=1.0)
    init_scale: float = traced(1.0)
    norm: Norm = static("rms", choices=NORMS, later=True)
    positions: Literal["none", "learned"] = static("none", choices=("none", "learned"), later=True)
    gate: Gate = static("silu", choices=GATES, later=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("dim", "depth", "heads"):
            if getattr(self, name) < 1:
                raise SpecError(name, getattr(self, name), "at least 1")
        if self.dim % (2 * self.heads):
            raise SpecError("dim", self.dim, f"a multiple of {2 * self.heads} for heads = {self.heads}")
        if self.dropout == 1.0:
            raise SpecError("dropout", self.dropout, "less than 1")

    @property
    def draws(self) -> bool:
        return self.dropout != 0

    @property
    def label(self) -> str:
        return f"d={self.dim}"

    def n_params(self, signature: Signature) -> int:
        """P: every trainable number, biases and gains included."""
        d, hidden = self.dim, EXPANSION * self.dim
        extra = d * d + d if self.heads > 1 else 0
        norm = 2 * d if self.norm == "layer" else d
        block = 2 * norm + 4 * d * d + (2 + (self.gate != "none")) * d * hidden + extra
        positions = signature.length * d if self.positions == "learned" else 0
        return signature.vocab * d + positions + self.depth * block + norm + signature.classes * d

    def flops_per_example(self, signature: Signature) -> float:
        """Floating-point operations of matrix products in a forward pass, without what is looked up or not read, or is
        done once for many examples."""
        d, length, feed = self.dim, signature.length, (2 + (self.gate != "none")) * EXPANSION
        leading = 1 + len(signature.following)
        if self.heads == 1 and self.depth > 1:
            first = feed * (length - leading) + EXPANSION * leading
        else:
            first = (feed + min(self.heads, 2)) * (length if self.depth > 1 else 1)
        inner = (feed + 4 + (self.heads > 1)) * length * max(self.depth - 2, 0)
        last = feed + 2 if self.heads == 1 and self.rotary != "intended" else feed + 3 + 2 * length
        return 2.0 * d * (d * (first + inner + (last if self.depth > 1 else 0)) + signature.classes)

    def looked_up_flops_per_example(self, signature: Signature) -> float:
        """Those of `flops_per_example` that a forward pass looks up: with one head the first products of the first FFN,
        which only a gradient takes."""
        if self.heads > 1 or self.depth == 1:
            return 0.0
        read = signature.length - 1 - len(signature.following)
        return 2.0 * self.dim**2 * EXPANSION * (1 + (self.gate != "none")) * read

    def build(self, signature: Signature, *, key: Key[Array, ""], dtype: DTypeLike = jnp.float32) -> TransformerNet:
        """Initialised as the published framework does by default: embedding N(0, 1), linear U(+-1/sqrt(fan_in))."""
        embedding_key, head_key, *block_keys = jax.random.split(key, 2 + self.depth)
        net = TransformerNet(
            embedding=in_few_sizes(jax.random.normal, embedding_key, (signature.vocab, self.dim), dtype),
            blocks=tuple(
                init_block(self.dim, self.heads, self.rotary, self.norm, self.gate, key=k, dtype=dtype)
                for k in block_keys
            ),
            norm=jnp.ones(self.dim, dtype),
            norm_bias=init_norm_bias(self.norm, self.dim, dtype),
            positions=self._init_positions(jax.random.fold_in(embedding_key, 1), signature.length, dtype),
            head=uniform_by_fan_in(head_key, (self.dim, signature.classes), dtype, fan_in=self.dim),
        )
        if self.init_scale == 1:
            return net
        scaled: TransformerNet = jax.tree.map(lambda x: x * self.init_scale if eqx.is_inexact_array(x) else x, net)
        return scaled

    def _init_positions(self, key: Key[Array, ""], length: int, dtype: DTypeLike) -> Float[Array, "length dim"] | None:
        if self.positions == "none":
            return None
        return in_few_sizes(jax.random.normal, key, (length, self.dim), dtype)
