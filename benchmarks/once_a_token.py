"""What it gains to compute once a token what depends on one token: evaluation, and training at dropout 0, on one core.

    python benchmarks/once_a_token.py [--widths 20 32 64 128 256] [--rounds 7]

Modular division, p = 113, batch 512: the engine's net against one of equal logits that looks up the first queries, keys
and values too, but computes the rest of the first block in every example, at all four positions. Both in turn, in one
call; printed are CPU milliseconds and the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from statistics import median
from typing import Any

from cpu import P, cpu_seconds  # first: it keeps this process on one core

import jax  # isort: skip
import numpy as np

from grokscope.measurements import Groks
from grokscope.nets import Transformer
from grokscope.nets.decoder import TransformerNet
from grokscope.run import Run
from grokscope.tasks import Modular
from grokscope.training.epoch import train
from grokscope.training.evaluate import evaluate
from grokscope.training.lane import start_lane
from grokscope.training.optimisers import AdamW
from grokscope.training.variant import Variant


class PlainNet(TransformerNet):
    """The same network, whose first block is computed in every example."""

    def tabulated_first_block(self, tokens: Any, following: Any, in_ffn: Any) -> Any:
        return self.first_block(tokens, in_ffn, in_ffn)


class Plain(Transformer):
    """Its spec, of a kind of its own: what says the same shares a program."""

    kind = "plain-transformer"

    def build(self, signature: Any, **how: Any) -> PlainNet:
        net = super().build(signature, **how)
        return PlainNet(**{field.name: getattr(net, field.name) for field in dataclasses.fields(net)})


Pass = Callable[[], np.ndarray]
"""One pass through the examples, here and now; it returns the loss of each."""


def passes(net: Transformer) -> dict[str, Pass]:
    """Evaluation of all examples, and the steps of an epoch, compiled."""
    run = Run(Modular(P), net, AdamW(), Groks())
    shape, (fixed, state) = run.shape, start_lane(run)
    evaluating = jax.jit(lambda params: evaluate(shape, fixed, params)[0].loss)
    training = jax.jit(lambda state: train(shape, fixed, state, Variant(drops=False))[1].loss)
    return {
        "evaluation": lambda: np.asarray(evaluating(state.params))[: fixed.n_rows],
        "training at dropout 0": lambda: np.asarray(training(state))[: fixed.n_train],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="+", default=[20, 32, 64, 128, 256])
    parser.add_argument("--rounds", type=int, default=7, help="timings of each, in turn")
    args = parser.parse_args()
    print("| width | pass | in every example, ms | once a token, ms | ratio: median (min to max) |")
    print("|---|---|---|---|---|")
    for width in args.widths:
        engine, plain = passes(Transformer(width, dropout=0.0)), passes(Plain(width, dropout=0.0))
        for name in engine:
            mine, other = engine[name], plain[name]
            np.testing.assert_allclose(mine(), other(), rtol=1e-3, err_msg=f"{name} at width {width}")
            times = [[cpu_seconds(go) for go in (other, mine)] for _ in range(args.rounds)]
            slow, fast = (1e3 * median(column) for column in zip(*times, strict=True))
            ratios = [a / b for a, b in times]
            spread = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            print(f"| {width} | {name} | {slow:.0f} | {fast:.0f} | {spread} |", flush=True)


if __name__ == "__main__":
    main()
