"""One epoch of one lane: the training steps, the measurement after them, and whether the run is done.

Written for a single lane; the caller loops or vectorises. Everything that differs between runs of a shape is traced.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key, PyTree

from grokscope.measurements.stopping import Epoch, should_stop
from grokscope.run import Shape
from grokscope.training.batch import Batch, grad_and_scores
from grokscope.training.evaluate import evaluate
from grokscope.training.lane import Fixed, State, build_optimiser, net_structure
from grokscope.training.observe import After, columns, compute_signals, keeps_logits
from grokscope.training.scores import Scores, empty_scores, write_scores
from grokscope.training.variant import EVERY, Variant

TRANSFORM = 2**32 - 1
"""Folded into a step's key for its transform: no block of a net has this number."""


Record = dict[str, Float[Array, ""]]
"""What one epoch leaves in the trace, by column: see `grokscope.measurements.Trace`."""
Carry = tuple[Float[Array, " P"], optax.OptState, PyTree[Array], Scores]
"""What a step hands on: parameters, the states of optimiser and transform, the epoch's scores so far."""


def one_epoch(shape: Shape, fixed: Fixed, state: State, variant: Variant = EVERY) -> tuple[State, Record]:
    """Train through every example once, then measure."""
    state, running = train(shape, fixed, state, variant)
    after, logits = evaluate(shape, fixed, state.params, keeps_logits=keeps_logits(shape))
    row = jnp.arange(shape.rows)
    n_train, n_val = fixed.n_train, fixed.n_rows - fixed.n_train
    running_loss, running_right = running.sums_over(jnp.arange(len(running.loss)) < n_train)
    train_loss, train_right = after.sums_over(row < n_train)
    val_loss, val_right = after.sums_over((row >= n_train) & (row < fixed.n_rows))

    def share(right: Int[Array, ""], n: Int[Array, ""]) -> Array:
        return right.astype(shape.precision) / n if shape.signature.labelled else jnp.full((), jnp.nan)

    record: Record = {
        "running_loss": running_loss / n_train,
        "running_acc": share(running_right, n_train),
        "train_loss": train_loss / n_train,
        "train_acc": share(train_right, n_train),
        "val_loss": jnp.where(n_val > 0, val_loss / n_val, jnp.nan),
        "val_acc": jnp.where(n_val > 0, share(val_right, n_val), jnp.nan),
        "param_norm": jnp.linalg.norm(state.params),
    }
    seen = Epoch(running_right, train_right, val_right, record["running_loss"], record["val_acc"])
    is_done, stop = should_stop(fixed.hyper.rule, seen, state.stop)
    epoch = state.epoch + 1
    is_over = is_done | (epoch >= fixed.hyper.max_epochs) | ~jnp.isfinite(record["running_loss"])
    record |= compute_signals(shape, After(fixed, state.params, epoch, after, logits))
    record = {name: jnp.asarray(record[name], shape.precision) for name in columns(shape)}
    return state._replace(epoch=epoch, stop=stop, done=is_over), record


def train(shape: Shape, fixed: Fixed, state: State, variant: Variant = EVERY) -> tuple[State, Scores]:
    """Every training example once, in the epoch's own order, in batches of which the last may be smaller.

    The scores are in that order, each from before its batch's step.
    """
    size = shape.batch_size
    optimiser = build_optimiser(shape, fixed.hyper.optimiser, fixed.hyper.filter)
    order = shuffle_rows(jax.random.fold_in(fixed.order_key, state.epoch), shape.rows, fixed.n_train)
    order = jnp.where(fixed.hyper.shuffles, order, jnp.arange(shape.rows, dtype=order.dtype))
    order = jnp.pad(order, (0, size))
    dropout_key = jax.random.fold_in(fixed.dropout_key, state.epoch)
    progress = state.epoch.astype(shape.precision) / fixed.hyper.max_epochs

    def step(i: Int[Array, ""], carry: Carry) -> Carry:
        params, opt_state, transform_state, scores = carry
        rows = jax.lax.dynamic_slice_in_dim(order, i * size, size)
        batch = Batch(rows, fixed.n_train - i * size, size)
        key = jax.random.fold_in(dropout_key, i)
        gradient, new = grad_and_scores(
            params, shape, fixed, batch, key if variant.drops else None, halves=variant.halves
        )
        updates, opt_state = optimiser.update(gradient, opt_state, params)
        params = params + updates
        if shape.transform is not None:
            net = net_structure(shape).net(params, {})
            transform_key = jax.random.fold_in(key, TRANSFORM)
            net, transform_state = shape.transform.apply(
                net, transform_state, fixed.hyper.transform, progress, transform_key
            )
            params = net_structure(shape).params(net)
        return params, opt_state, transform_state, write_scores(scores, new, i * size)

    n_steps = (fixed.n_train + size - 1) // size
    carry = (state.params, state.optimiser, state.transform, empty_scores(len(order), shape))
    params, opt_state, transform_state, scores = jax.lax.fori_loop(0, n_steps, step, carry)
    return state._replace(params=params, optimiser=opt_state, transform=transform_state), scores


def shuffle_rows(key: Key[Array, ""], rows: int, n_train: Int[Array, ""]) -> Int[Array, " rows"]:
    """The first `n_train` row numbers in random order, then the others.

    A row's random word depends on the key and the row alone, so the order does not depend on the room for rows.
    """
    row = jnp.arange(rows, dtype=jnp.int32)
    word = jnp.where(row < n_train, jax.random.bits(key, (rows,), "uint32"), jnp.uint32(0xFFFFFFFF))
    return jax.lax.sort((word, row), num_keys=1, is_stable=True)[1]
