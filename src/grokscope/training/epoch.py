"""One epoch of one lane: the training steps, the measurement after them, and whether the run is done.

Written for a single lane; the caller loops or vectorises. Everything that differs between runs of a shape is traced.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int, Key

from grokscope.measurements.stopping import Epoch, done
from grokscope.run import Shape
from grokscope.training.lane import Fixed, State, frame

EVAL_BLOCK = 512


class Record(NamedTuple):
    """What one epoch leaves in the trace; see `grokscope.measurements.Trace`."""

    running_loss: Float[Array, ""]
    running_acc: Float[Array, ""]
    train_loss: Float[Array, ""]
    train_acc: Float[Array, ""]
    val_loss: Float[Array, ""]
    val_acc: Float[Array, ""]
    param_norm: Float[Array, ""]


class Sums(NamedTuple):
    """Summed loss in nats and number of right answers over some examples."""

    loss: Float[Array, ""]
    right: Int[Array, ""]


def one_epoch(shape: Shape, fixed: Fixed, state: State) -> tuple[State, Record]:
    """Train through every example once, then measure."""
    state, running = train(shape, fixed, state)
    on_train, on_val = evaluate(shape, fixed, state.params)
    n_train, n_val = fixed.n_train, fixed.n_rows - fixed.n_train
    record = Record(
        running_loss=running.loss / n_train,
        running_acc=running.right.astype(shape.precision) / n_train,
        train_loss=on_train.loss / n_train,
        train_acc=on_train.right.astype(shape.precision) / n_train,
        val_loss=jnp.where(n_val > 0, on_val.loss / n_val, jnp.nan),
        val_acc=jnp.where(n_val > 0, on_val.right.astype(shape.precision) / n_val, jnp.nan),
        param_norm=jnp.linalg.norm(state.params),
    )
    seen = Epoch(running.right, on_train.right, on_val.right, record.running_loss, record.val_acc)
    is_done, stop = done(fixed.hyper.rule, seen, state.stop)
    epoch = state.epoch + 1
    is_over = is_done | (epoch >= fixed.hyper.max_epochs) | ~jnp.isfinite(record.running_loss)
    record = jax.tree.map(lambda x: x.astype(shape.precision), record)
    return state._replace(epoch=epoch, stop=stop, done=is_over), record


def train(shape: Shape, fixed: Fixed, state: State) -> tuple[State, Sums]:
    """Every training example once, in the epoch's own order, in batches of which the last may be smaller."""
    size = shape.batch_size
    optimiser = shape.optimiser.transform(fixed.hyper.optimiser)
    order = shuffled_rows(jax.random.fold_in(fixed.order_key, state.epoch), shape.rows, fixed.n_train)
    order = jnp.pad(order, (0, size))
    dropout_key = jax.random.fold_in(fixed.dropout_key, state.epoch)

    def step(i: Int[Array, ""], carry: tuple[Array, optax.OptState, Sums]) -> tuple[Array, optax.OptState, Sums]:
        params, opt_state, running = carry
        rows = jax.lax.dynamic_slice_in_dim(order, i * size, size)
        counted = i * size + jnp.arange(size) < fixed.n_train
        key = jax.random.fold_in(dropout_key, i)
        gradient, sums = jax.grad(batch_loss, has_aux=True)(params, shape, fixed, rows, counted, key)
        updates, opt_state = optimiser.update(gradient, opt_state, params)
        return params + updates, opt_state, Sums(running.loss + sums.loss, running.right + sums.right)

    n_steps = (fixed.n_train + size - 1) // size
    params, opt_state, running = jax.lax.fori_loop(0, n_steps, step, (state.params, state.optimiser, no_sums(shape)))
    return state._replace(params=params, optimiser=opt_state), running


def shuffled_rows(key: Key[Array, ""], rows: int, n_train: Int[Array, ""]) -> Int[Array, " rows"]:
    """The first `n_train` row numbers in random order, then the others.

    A row's random word depends on the key and the row alone, so the order does not depend on the room for rows.
    """
    row = jnp.arange(rows, dtype=jnp.int32)
    word = jnp.where(row < n_train, jax.random.bits(key, (rows,), "uint32"), jnp.uint32(0xFFFFFFFF))
    return jax.lax.sort((word, row), num_keys=1, is_stable=True)[1]


def batch_loss(
    params: Float[Array, " P"],
    shape: Shape,
    fixed: Fixed,
    rows: Int[Array, " batch"],
    counted: Bool[Array, " batch"],
    key: Key[Array, ""],
) -> tuple[Float[Array, ""], Sums]:
    """Mean cross-entropy in nats over the counted examples, in train mode; and the sums behind it."""
    net = frame(shape).net(params, fixed.hyper.net)
    sums = summed(net.batched(fixed.inputs[rows], key=key), fixed.targets[rows], counted)
    return sums.loss / jnp.sum(counted), sums


def evaluate(shape: Shape, fixed: Fixed, params: Float[Array, " P"]) -> tuple[Sums, Sums]:
    """Sums in eval mode over the training and over the validation examples."""
    net = frame(shape).net(params, fixed.hyper.net)

    def block(i: Int[Array, ""], carry: tuple[Sums, Sums]) -> tuple[Sums, Sums]:
        first = i * EVAL_BLOCK
        inputs = jax.lax.dynamic_slice_in_dim(fixed.inputs, first, EVAL_BLOCK)
        targets = jax.lax.dynamic_slice_in_dim(fixed.targets, first, EVAL_BLOCK)
        row = first + jnp.arange(EVAL_BLOCK)
        logits = net.batched(inputs)
        parts = (row < fixed.n_train, (row >= fixed.n_train) & (row < fixed.n_rows))
        on_train, on_val = (summed(logits, targets, part) for part in parts)
        added: tuple[Sums, Sums] = jax.tree.map(jnp.add, carry, (on_train, on_val))
        return added

    n_blocks = (fixed.n_rows + EVAL_BLOCK - 1) // EVAL_BLOCK
    totals: tuple[Sums, Sums] = jax.lax.fori_loop(0, n_blocks, block, (no_sums(shape), no_sums(shape)))
    return totals


def summed(
    logits: Float[Array, "batch classes"], targets: Int[Array, " batch"], counted: Bool[Array, " batch"]
) -> Sums:
    """Cross-entropy and right answers summed over the counted examples."""
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, targets)
    right = jnp.argmax(logits, axis=-1) == targets
    return Sums(jnp.sum(jnp.where(counted, loss, 0)), jnp.sum(right & counted, dtype=jnp.int32))


def no_sums(shape: Shape) -> Sums:
    return Sums(jnp.zeros((), shape.precision), jnp.zeros((), jnp.int32))
