"""The cost of a run, counted and not measured: for plans, for sharing out work, for the choice of its program."""

from __future__ import annotations

import math

import jax
import numpy as np

from grokscope.run import Run, Shape
from grokscope.training.evaluate import eval_block_size
from grokscope.training.lane import initial_state
from grokscope.training.variant import Variant, drops

WORTH_HALVING = 2e8
"""Operations of an epoch that halving its last batch must save: about 2.5 ms of a core, so that the four seconds of
compiling a second training step are earned in some 1,600 epochs, which a few runs of a shape take together."""
PASSES = 3
"""A training step costs a forward and twice that for the backward pass; less where a net looks products up."""


def flops_per_step(shape: Shape) -> float:
    """Floating-point operations of a training step on one batch."""
    return PASSES * shape.batch_size * shape.net.flops_per_example(shape.signature)


def choose_variant(run: Run) -> Variant:
    """Which of its shape's programs a run alone is best taken through."""
    spared = PASSES * spare_rows(run) * run.net.flops_per_example(run.task.signature)
    return Variant(drops(run), halves=spared > WORTH_HALVING)


def spare_rows(run: Run) -> int:
    """Rows of an epoch's last batch that need not be computed, since it fills no more than the other half."""
    size, last = run.shape.batch_size, run.task.n_train % run.shape.batch_size
    return size - size // 2 if run.net.halves and 0 < last <= size // 2 else 0


def trained_rows(run: Run, *, halves: bool) -> int:
    """Rows that an epoch's training steps compute, those of a last batch that do not count included."""
    return run.steps_per_epoch * run.shape.batch_size - (spare_rows(run) if halves else 0)


def flops_per_epoch(run: Run, *, halves: bool = False) -> float:
    """Floating-point operations of an epoch: training on every batch, then evaluating all examples.

    Args:
        halves: of a program that does (`Variant`).
    """
    shape = run.shape
    per_example = run.net.flops_per_example(run.task.signature)
    block = eval_block_size(shape.rows)
    evaluated = math.ceil((run.task.n_train + run.task.n_val) / block) * block
    return per_example * (PASSES * trained_rows(run, halves=halves) + evaluated)


def multiplied_flops_per_epoch(run: Run, *, halves: bool = False) -> float:
    """`flops_per_epoch` without the products that a forward pass looks up, where a net has such."""
    recalled = run.net.looked_up_flops_per_example(run.task.signature)
    forward = trained_rows(run, halves=halves) + run.task.n_train + run.task.n_val
    return flops_per_epoch(run, halves=halves) - forward * recalled


def min_bytes_per_epoch(run: Run) -> float:
    """Bytes that no fusion keeps from moving: parameters, gradient and the optimiser's state. Activations are left out.

    A step reads the parameters forward, backward and for the update and writes them, writes and reads the gradient, and
    reads and writes the optimiser's state; an evaluation block reads the parameters.
    """
    shape = run.shape
    optimiser = jax.tree.leaves(jax.eval_shape(lambda: initial_state(run)).optimiser)
    state = sum(math.prod(leaf.shape) for leaf in optimiser)
    blocks = math.ceil((run.task.n_train + run.task.n_val) / eval_block_size(shape.rows))
    numbers = run.steps_per_epoch * (6 * run.n_params + 2 * state) + blocks * run.n_params
    return float(numbers * np.dtype(shape.precision).itemsize)


def roofline_seconds_per_epoch(run: Run, *, flops: float, bandwidth: float) -> float:
    """Seconds that an epoch takes at least on a device of so many flop/s and bytes/s."""
    return max(multiplied_flops_per_epoch(run) / flops, min_bytes_per_epoch(run) / bandwidth)
