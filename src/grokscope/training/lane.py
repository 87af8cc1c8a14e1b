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

from grokscope.measurements.stopping import StopRule, StopState, initial_stop_state
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
    """The part of a lane that never changes: its numbers, its random streams, and its examples.

    Attributes:
        inputs, targets: training rows first, validation rows after them, then padding that is never read.
        n_train, n_rows: training rows, and rows that are not padding.
        classes, following: in a padded shape how many of the outputs are the lane's own, and which tokens follow the
            first one; else None.
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
    """The part of a lane that changes from epoch to epoch, which a checkpoint keeps. The filter's state is within the
    optimiser's."""

    params: Float[Array, " P"]
    optimiser: PyTree[Array]
    transform: PyTree[Array]
    epoch: Int[Array, ""]
    stop: StopState
    done: Bool[Array, ""]


class Lane(NamedTuple):
    fixed: Fixed
    state: State


class NetStructure(NamedTuple):
    """The structure that all nets of a shape share: how a flat parameter vector becomes a net.

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


def stream_key(seed: int, name: str) -> Key[Array, ""]:
    """Key of one of a run's four random streams; equal seeds still give independent streams.

    Args:
        name: `data`, `init`, `order` or `dropout`.
    """
    return jax.random.fold_in(jax.random.key(seed, impl="threefry2x32"), STREAMS[name])


@lru_cache(maxsize=64)
def net_structure(shape: Shape) -> NetStructure:
    """The structure of a shape's nets, found without computing one."""
    net = jax.eval_shape(
        lambda key: eqx.filter(_build_net(shape.net, shape, key), eqx.is_inexact_array), stream_key(0, "init")
    )
    whole = eqx.filter_eval_shape(lambda key: _build_net(shape.net, shape, key), stream_key(0, "init"))
    zeros = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), net)
    _, unravel = ravel_pytree(zeros)
    return NetStructure(unravel, eqx.filter(whole, lambda leaf: not isinstance(leaf, jax.ShapeDtypeStruct)))


def start_lane(run: Run) -> Lane:
    """The lane of a run before its first step."""
    return Lane(fixed_part(run), initial_state(run))


def initial_state(run: Run) -> State:
    """The changing part of a run's lane, before its first step. Pure: its shapes can be asked for without data."""
    shape = run.shape
    net = _build_net(run.net, shape, stream_key(run.seeds.init, "init"))
    params, _ = ravel_pytree(eqx.filter(net, eqx.is_inexact_array))
    return State(
        params=params,
        optimiser=build_optimiser(shape, traced_numbers(run.optimiser, shape), traced_numbers(run.filter, shape)).init(
            params
        ),
        transform=shape.transform.start(net_structure(shape).net(params, {})) if shape.transform else (),
        epoch=jnp.zeros((), jnp.int32),
        stop=initial_stop_state(jnp.dtype(shape.precision)),
        done=jnp.zeros((), bool),
    )


def build_optimiser(
    shape: Shape, optimiser: dict[str, Float[Array, ""]], filter: dict[str, Float[Array, ""]]
) -> optax.GradientTransformation:
    """The Optax transformation of a shape's optimiser, after its filter if there is one.

    Args:
        optimiser, filter: traced values of their fields, by name.
    """
    unravel = net_structure(shape).unravel
    step = shape.optimiser.transform(optimiser, unravel)
    if shape.filter is None:
        return step
    return optax.chain(shape.filter.transform(filter, unravel), step)


def fixed_part(run: Run) -> Fixed:
    """The unchanging part of a run's lane."""
    shape = run.shape
    data = run.task.arrays(stream_key(run.seeds.data, "data"))
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
        order_key=stream_key(run.seeds.order, "order"),
        dropout_key=stream_key(run.seeds.dropout, "dropout"),
        inputs=_pad_rows(data.train_inputs, data.val_inputs, shape),
        targets=_pad_rows(data.train_targets, data.val_targets, shape),
        n_train=jnp.asarray(run.task.n_train, jnp.int32),
        n_rows=jnp.asarray(run.task.n_train + run.task.n_val, jnp.int32),
    )


def traced_numbers(spec: Any, shape: Shape) -> dict[str, Float[Array, ""]]:
    """The traced fields of a spec as scalars of the run's precision; none if there is no spec."""
    if spec is None:
        return {}
    return {name: jnp.asarray(value, shape.precision) for name, value in spec.traced_part().items()}


def _build_net(net: Net, shape: Shape, key: Key[Array, ""]) -> ExampleNet:
    built: ExampleNet = net.build(shape.signature, key=key, dtype=jnp.dtype(shape.precision))
    return built


def _pad_rows(train: np.ndarray, val: np.ndarray, shape: Shape) -> Shaped[Array, "rows ..."]:
    used = np.concatenate([train, val])
    padding = np.zeros((shape.rows - len(used), *used.shape[1:]), used.dtype)
    kind = shape.precision if np.issubdtype(used.dtype, np.floating) else used.dtype
    return jnp.asarray(np.concatenate([used, padding]), kind)
