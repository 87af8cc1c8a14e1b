"""The signals of a run: what it sees of itself after an epoch, the columns that this makes, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from grokscope.measurements.trace import CORE
from grokscope.probes.seen import READS, Seen
from grokscope.run import Shape, Signal
from grokscope.spec import InputError
from grokscope.training.batch import Batch, batch_loss
from grokscope.training.cadence import only_when
from grokscope.training.devices import precision
from grokscope.training.evaluate import eval_block_size, evaluate
from grokscope.training.lane import Fixed, net_structure, traced_numbers
from grokscope.training.scores import Scores

TAKEN = (*CORE, "steps", "epoch", "id")
"""Names that a signal's column cannot have."""


class After(NamedTuple):
    """A lane after an epoch; `logits` if they were kept (`keeps_logits`)."""

    fixed: Fixed
    params: Float[Array, " P"]
    epoch: Int[Array, ""]
    scores: Scores
    logits: Float[Array, "rows outputs"] | None


def columns(shape: Shape) -> tuple[str, ...]:
    """Names of the columns that runs of a shape record, in the order of their records."""
    return (*CORE, *(columns_of_signals(shape) if shape.signals else ()))


@lru_cache(maxsize=256)
def columns_of_signals(shape: Shape) -> tuple[str, ...]:
    """Names of the columns of a shape's signals. Nothing is computed.

    Raises:
        InputError: a signal makes something other than numbers, or two columns have one name.
    """
    found: list[str] = []

    def note() -> None:
        seen = _blank(shape)
        for signal in shape.signals:
            found.extend(named_values(signal, seen))

    with precision(shape):
        jax.eval_shape(note)
    for name in found:
        if name in TAKEN or found.count(name) > 1:
            raise InputError(f"signals: found two columns of the name {name}, expected each name once")
    return tuple(found)


def keeps_logits(shape: Shape) -> bool:
    """Whether the outputs of the epoch's own evaluation are kept: where a signal reads them after every epoch."""
    return any("logits" in signal.reads and signal.every == 1 for signal in shape.signals)


def compute_signals(shape: Shape, after: After) -> dict[str, Float[Array, ""]]:
    """Every signal's value by column, at its own cadence and NaN in between. Without signals, nothing."""
    found: dict[str, Float[Array, ""]] = {}
    for every, group in groupby(sorted(shape.signals, key=lambda signal: signal.every), lambda signal: signal.every):
        signals = tuple(group)

        def compute(after: After, signals: Sequence[Signal] = signals) -> dict[str, Float[Array, ""]]:
            seen = see(shape, after, {field for signal in signals for field in signal.reads})
            values = {name: value for signal in signals for name, value in named_values(signal, seen).items()}
            return {name: jnp.asarray(value, shape.precision) for name, value in values.items()}

        found |= compute(after) if every == 1 else only_when(after.epoch % every == 0, compute, after)
    return found


def named_values(signal: Signal, seen: Seen) -> dict[str, Float[Array, ""]]:
    """A signal's numbers by the names of their columns: its own, or its own and theirs (`weight_norm/embedding`).

    Raises:
        InputError: it makes something else, or reads a field that is never there.
    """
    if unknown := [name for name in signal.reads if name not in READS]:
        raise InputError(f"signal {signal.kind}: reads {unknown[0]!r}, expected some of {', '.join(READS)}")
    values = signal.values(seen)
    named = (
        {f"{signal.label}/{name}": value for name, value in values.items()}
        if isinstance(values, Mapping)
        else {signal.label: values}
    )
    for name, value in named.items():
        if jnp.shape(value) != ():
            raise InputError(f"signal {name}: found an array of shape {jnp.shape(value)}, expected a number")
    return named


def see(shape: Shape, after: After, reads: set[str]) -> Seen:
    """What signals see of a lane, of the fields that must be named those in `reads` alone."""
    fixed, row = after.fixed, jnp.arange(shape.rows)
    logits = after.logits
    rounds = "float32_loss" in reads and shape.precision != "float32"
    if logits is None and ("logits" in reads or rounds):
        logits = evaluate(shape, fixed, after.params, keeps_logits=True)[1]
    output = jnp.arange(shape.signature.classes)
    return Seen(
        epoch=after.epoch,
        net=net_structure(shape).net(after.params, fixed.hyper.net),
        inputs=fixed.inputs,
        targets=fixed.targets,
        is_train=row < fixed.n_train,
        is_val=(row >= fixed.n_train) & (row < fixed.n_rows),
        is_output=output < (shape.signature.classes if fixed.classes is None else fixed.classes),
        loss=after.scores.loss,
        right=after.scores.right,
        gradient=net_structure(shape).net(full_gradient(shape, fixed, after.params), fixed.hyper.net)
        if "gradient" in reads
        else None,
        logits=logits if "logits" in reads else None,
        float32_loss=(_rounded_loss(shape, fixed, logits) if rounds else after.scores.loss)
        if "float32_loss" in reads
        else None,
    )


def full_gradient(shape: Shape, fixed: Fixed, params: Float[Array, " P"]) -> Float[Array, " P"]:
    """The gradient of the mean loss over all training examples, in eval mode, block by block."""
    size = eval_block_size(shape.rows)

    def add(i: Int[Array, ""], total: Float[Array, " P"]) -> Float[Array, " P"]:
        remaining = fixed.n_train - i * size
        batch = Batch(i * size + jnp.arange(size), remaining, size)
        gradient, _ = jax.grad(batch_loss, has_aux=True)(params, shape, fixed, batch, None)
        summed: Array = total + gradient * jnp.minimum(remaining, size)
        return summed

    total = jax.lax.fori_loop(0, (fixed.n_train + size - 1) // size, add, jnp.zeros_like(params))
    mean: Array = total / fixed.n_train
    return mean


def _rounded_loss(shape: Shape, fixed: Fixed, logits: Any) -> Float[Array, " rows"]:
    """The loss of every row in float32, of its outputs rounded to float32."""
    targets, hyper = jax.tree.map(
        lambda leaf: leaf.astype("float32") if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf,
        (fixed.targets, fixed.hyper.loss),
    )
    losses: Array = shape.loss.per_example(logits.astype("float32"), targets, hyper)
    return losses


def _blank(shape: Shape) -> Seen:
    """What is seen of a run of this shape, with nothing in it."""
    of, rows = shape.signature, shape.rows
    example = of.numbers or (of.length,)
    net = net_structure(shape).net(jnp.zeros(shape.net.n_params(of), shape.precision), traced_numbers(shape.net, shape))
    some, number = jnp.zeros(rows, bool), jnp.zeros(rows, shape.precision)
    return Seen(
        epoch=jnp.ones((), jnp.int32),
        net=net,
        inputs=jnp.zeros((rows, *example), shape.precision if of.numbers or not of.vocab else "int32"),
        targets=jnp.zeros(rows, "int32") if of.labelled else jnp.zeros((rows, of.classes), shape.precision),
        is_train=some,
        is_val=some,
        is_output=jnp.zeros(of.classes, bool),
        loss=number,
        right=some,
        gradient=net,
        logits=jnp.zeros((rows, of.classes), shape.precision),
        float32_loss=number.astype("float32"),
    )
