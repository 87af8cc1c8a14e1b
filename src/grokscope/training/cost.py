"""What a run costs, counted before it is run: for plans and for sharing out work. Not a measurement."""

from __future__ import annotations

import math

from grokscope.run import Run
from grokscope.training.epoch import eval_block

PASSES = 3
"""A training step costs a forward and twice that for the backward pass; less where a net looks products up."""


def flops_per_epoch(run: Run) -> float:
    """Floating-point operations of an epoch: training on every batch, then evaluating all examples."""
    shape = run.shape
    per_example = run.net.flops_per_example(run.task.signature)
    trained = run.steps_per_epoch * shape.batch_size
    block = eval_block(shape.rows)
    evaluated = math.ceil((run.task.n_train + run.task.n_val) / block) * block
    return per_example * (PASSES * trained + evaluated)
