"""Traces of counts, and the engine's stopping rule walked over them."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from grokscope import AdamW
from grokscope.measurements import Capacity, Groks, Speed, Trace
from grokscope.measurements.stopping import Epoch, StopRule, initial_stop_state, should_stop
from grokscope.nets import Transformer
from grokscope.run import Run
from grokscope.tasks import Modular, RandomLabels


def make_run(measurement: Capacity | Speed | Groks, task: Modular | RandomLabels, **fields: int) -> Run:
    return Run(task, Transformer(8), AdamW(), measurement, **fields)


def make_trace(
    running: Sequence[int],
    n_train: int,
    *,
    train: Sequence[int] | None = None,
    val: Sequence[int] | None = None,
    n_val: int = 0,
    losses: Sequence[float] | None = None,
    dtype: type = np.float32,
) -> Trace:
    """What the engine would have recorded: counts over their number, in its own precision."""
    epochs = len(running)

    def column(values: Sequence[float] | None, n: int) -> np.ndarray:
        if values is None:
            return np.full(epochs, np.nan, dtype)
        return np.asarray(values, dtype) / dtype(n)

    return Trace(
        running_loss=np.asarray(losses if losses is not None else np.ones(epochs), dtype),
        running_acc=column(running, n_train),
        train_loss=np.linspace(2, 1, epochs, dtype=dtype),
        train_acc=column(train if train is not None else running, n_train),
        val_loss=np.full(epochs, 0.5 if n_val else np.nan, dtype),
        val_acc=column(val, n_val) if n_val else np.full(epochs, np.nan, dtype),
        param_norm=np.full(epochs, 3, dtype),
    )


def end_by_rule(
    rule: StopRule,
    *,
    running: Sequence[int],
    train: Sequence[int] | None = None,
    val: Sequence[int] | None = None,
    losses: Sequence[float] | None = None,
    n_val: int = 0,
    dtype: str = "float32",
) -> int | None:
    """1-based epoch at which the engine's rule says done, or None."""
    traced = StopRule(*(jnp.asarray(n, dtype if isinstance(n, float) else jnp.int32) for n in rule))
    state = initial_stop_state(jnp.dtype(dtype))
    for i, count in enumerate(running):
        right = val[i] if val is not None else 0
        epoch = Epoch(
            running_count=jnp.asarray(count, jnp.int32),
            train_count=jnp.asarray(train[i] if train is not None else count, jnp.int32),
            val_count=jnp.asarray(right, jnp.int32),
            running_loss=jnp.asarray(losses[i] if losses is not None else 1.0, dtype),
            val_acc=jnp.asarray(right / n_val if n_val else jnp.nan, dtype),
        )
        is_done, state = should_stop(traced, epoch, state)
        if is_done:
            return i + 1
    return None
