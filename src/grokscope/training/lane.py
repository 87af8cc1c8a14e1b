"""A lane: a run in flight, as arrays. Everything it needs comes from its run's spec and from nothing else."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Int, Key, PyTree, Shaped

from grokscope.measurements.stopping import StopRule, StopState
from grokscope.measurements.stopping import start as start_stopping
from grokscope.nets.base import ExampleNet
from grokscope.run import Net, Run, Shape

STREAMS = {"data": 0, "init": 1, "order": 2, "dropout": 3}


class Hyper(NamedTuple):
    """The traced numbers of a run: never a reason to compile again."""

    net: dict[str, Float[Array, ""]]
    optimiser: dict[str, Float[Array, ""]]
    transform: dict[str, Float[Array, ""]]
    filter: dict[str, Float[Array, ""]]
    loss: dict[str, Float[Array, ""]]
    rule: StopRule
    max_epochs: Int[Array, ""]
    shuffles: Bool[Array, ""]


class Fixed(NamedTuple):
    """What a lane is given and never changes: its numbers, its random streams, and its examples.

    Examples are training rows first, validation rows after them, then room that is never read. In a padded shape a lane
    says how many of the outputs are its own, and which tokens follow the first one.
    """

    hyper: Hyper
    order_key: Key[Array, ""]
    dropout_key: Key[Array, ""]
    inputs: Shaped[Array, "rows ..."]
    targets: Shaped[Array, "rows ..."]
    n_train: Int[Array, ""]
    n_rows: Int[Array, ""]
    classes: Int[Array, ""] | None = None
    following: Int[Array, " following"] | None = None


class State(NamedTuple):
    """What a lane carries from epoch to epoch, and what a checkpoint keeps. The filter's state is the optimiser's."""

    params: Float[Array, " P"]
    optimiser: PyTree[Array]
    transform: PyTree[Array]
    epoch: Int[Array, ""]
    stop: StopState
    done: Bool[Array, ""]


class Lane(NamedTuple):
    fixed: Fixed
    state: State


class Frame(NamedTuple):
    """What all nets of a shape share: how a flat parameter vector becomes a net.

    One flat vector makes the optimiser one pass over memory, not one per matrix.
    """

    unravel: Any
    static: PyTree[Any]

    def net(self, params: Float[Array, " P"], hyper: dict[str, Float[Array, ""]]) -> ExampleNet:
        """The net with these parameters and, where it has a field of that name, these traced numbers."""
        net = eqx.combine(self.unravel(params), self.static)
        names = [name for name in hyper if hasattr(net, name)]
        values = [hyper[name] for name in names]
        with_numbers: ExampleNet = eqx.tree_at(lambda n: [getattr(n, name) for name in names], net, values)
        return with_numbers

    def params(self, net: ExampleNet) -> Float[Array, " P"]:
        """The flat parameters of a net that `net` made with no traced numbers."""
        flat: Array = ravel_pytree(eqx.filter(net, eqx.is_inexact_array))[0]
        return flat


def stream(seed: int, name: str) -> Key[Array, ""]:
    """The key of one of a run's four random streams; equal seeds still give independent streams."""
    return jax.random.fold_in(jax.random.key(seed, impl="threefry2x32"), STREAMS[name])


@lru_cache(maxsize=64)
def frame(shape: Shape) -> Frame:
    """The structure of a shape's nets, found without computing one."""
    net = jax.eval_shape(lambda key: eqx.filter(_build(shape.net, shape, key), eqx.is_inexact_array), stream(0, "init"))
    whole = eqx.filter_eval_shape(lambda key: _build(shape.net, shape, key), stream(0, "init"))
    zeros = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), net)
    _, unravel = ravel_pytree(zeros)
    return Frame(unravel, eqx.filter(whole, lambda leaf: not isinstance(leaf, jax.ShapeDtypeStruct)))


def start(run: Run) -> Lane:
    """A run before its first step."""
    return Lane(fixed(run), first_state(run))


def first_state(run: Run) -> State:
    """The changing part of a run's lane, before its first step. Pure: its shapes can be asked for without data."""
    shape = run.shape
    net = _build(run.net, shape, stream(run.seeds.init, "init"))
    params, _ = ravel_pytree(eqx.filter(net, eqx.is_inexact_array))
    return State(
        params=params,
        optimiser=descent(shape, traced_numbers(run.optimiser, shape), traced_numbers(run.filter, shape)).init(params),
        transform=shape.transform.start(frame(shape).net(params, {})) if shape.transform else (),
        epoch=jnp.zeros((), jnp.int32),
        stop=start_stopping(jnp.dtype(shape.precision)),
        done=jnp.zeros((), bool),
    )


def descent(
    shape: Shape, optimiser: dict[str, Float[Array, ""]], gradient: dict[str, Float[Array, ""]]
) -> optax.GradientTransformation:
    """The optimiser, after the filter if there is one, at these traced values of their fields."""
    unravel = frame(shape).unravel
    stepping = shape.optimiser.transform(optimiser, unravel)
    if shape.filter is None:
        return stepping
    return optax.chain(shape.filter.transform(gradient, unravel), stepping)


def fixed(run: Run) -> Fixed:
    """The unchanging part of a run's lane."""
    shape = run.shape
    data = run.task.arrays(stream(run.seeds.data, "data"))
    rule = run.measurement.rule(run)
    hyper = Hyper(
        net=traced_numbers(run.net, shape),
        optimiser=traced_numbers(run.optimiser, shape),
        transform=traced_numbers(run.transform, shape),
        filter=traced_numbers(run.filter, shape),
        loss=traced_numbers(run.loss_spec, shape),
        rule=StopRule(*(jnp.asarray(n, shape.precision if isinstance(n, float) else jnp.int32) for n in rule)),
        max_epochs=jnp.asarray(run.max_epochs, jnp.int32),
        shuffles=jnp.asarray(run.shuffle == "every epoch"),
    )
    return Fixed(
        hyper=hyper,
        order_key=stream(run.seeds.order, "order"),
        dropout_key=stream(run.seeds.dropout, "dropout"),
        inputs=_padded(data.train_inputs, data.val_inputs, shape),
        targets=_padded(data.train_targets, data.val_targets, shape),
        n_train=jnp.asarray(run.task.n_train, jnp.int32),
        n_rows=jnp.asarray(run.task.n_train + run.task.n_val, jnp.int32),
    )


def traced_numbers(spec: Any, shape: Shape) -> dict[str, Float[Array, ""]]:
    """The traced fields of a spec as scalars of the run's precision; none if there is no spec."""
    if spec is None:
        return {}
    return {name: jnp.asarray(value, shape.precision) for name, value in spec.traced_part().items()}


def _build(net: Net, shape: Shape, key: Key[Array, ""]) -> ExampleNet:
    built: ExampleNet = net.build(shape.signature, key=key, dtype=jnp.dtype(shape.precision))
    return built


def _padded(train: np.ndarray, val: np.ndarray, shape: Shape) -> Shaped[Array, "rows ..."]:
    used = np.concatenate([train, val])
    room = np.zeros((shape.rows - len(used), *used.shape[1:]), used.dtype)
    kind = shape.precision if np.issubdtype(used.dtype, np.floating) else used.dtype
    return jnp.asarray(np.concatenate([used, room]), kind)
