"""Runs of several vocabularies in one pack: lanes with room for the largest of them.

A suite has few runs of each prime and width, and an accelerator is not full with them. In a padded shape vocabulary,
outputs and examples are room, of which a lane uses the first; what is beyond counts for nothing. Parameters there are
zero and stay zero, since no gradient reaches them, so a lane goes through the same epochs as in its own shape.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from grokscope.run import Run, Shape
from grokscope.tasks.dataset import row_bucket
from grokscope.training.lane import Fixed, Lane, State, frame, start


@lru_cache(maxsize=2**14)
def roomy(shape: Shape) -> Shape:
    """The padded shape that a shape's runs may share with those of other vocabularies; itself where they cannot.

    Vocabularies up to the next power of the square root of two go together: in a vectorised pack all lanes wait for the
    one with the most examples, which are at most about twice those of another.
    """
    of = shape.signature
    if not can_share(shape):
        return shape
    vocab, classes = next_step(of.vocab), next_step(of.classes)
    signature = of._replace(vocab=vocab, classes=classes, following=(-1,) * len(of.following))
    return dataclasses.replace(shape, signature=signature, rows=row_bucket(shape.rows, vocab**2), padded=True)


def can_share(shape: Shape) -> bool:
    """Whether zeros beyond a vocabulary stay zeros, and change nothing."""
    return (
        shape.signature.vocab > 0
        and shape.signature.labelled
        and shape.loss.pads
        and shape.transform is None
        and shape.filter is None
        and shape.net.pads
        and shape.optimiser.elementwise
        and all(signal.pads for signal in shape.signals)
    )


def next_step(n: int) -> int:
    """The least power of the square root of two, rounded up, that is not less than n."""
    steps = (math.ceil(2 ** (k / 2) - 1e-9) for k in itertools.count())
    return next(step for step in steps if step >= n)


def begin(run: Run, shape: Shape) -> Lane:
    """A run before its first step, in its own shape or with room."""
    return into(start(run), run.shape, shape)


def into(lane: Lane, own: Shape, shape: Shape) -> Lane:
    """A lane of its own shape with the room of a padded one."""
    if not shape.padded:
        return lane
    return Lane(_with_room(lane.fixed, own, shape), _every_parameter(lane.state, own, lambda x: _spread(x, own, shape)))


def out_of(state: State, own: Shape, shape: Shape) -> State:
    """What changes of such a lane, in its own shape."""
    if not shape.padded:
        return state
    used = places(own, shape)
    return _every_parameter(state, shape, lambda x: x[used])


@lru_cache(maxsize=256)
def places(own: Shape, shape: Shape) -> Int[np.ndarray, " P"]:
    """Where the parameters of a shape lie in the flat vector of a padded one."""
    found, first = [], 0
    for few, many in zip(_leaves(own), _leaves(shape), strict=True):
        size = math.prod(many)
        found.append(np.arange(first, first + size).reshape(many)[tuple(map(slice, few))].ravel())
        first += size
    return np.concatenate(found)


def _leaves(shape: Shape) -> list[tuple[int, ...]]:
    """The shapes of a net's arrays, in the order of its flat vector."""
    net = jax.eval_shape(frame(shape).unravel, jax.ShapeDtypeStruct((n_parameters(shape),), shape.precision))
    return [leaf.shape for leaf in jax.tree.leaves(net)]


def n_parameters(shape: Shape) -> int:
    """Length of the flat vector, room included."""
    return shape.net.n_params(shape.signature)


def _spread(flat: Float[Array, " P"], own: Shape, shape: Shape) -> Float[Array, " room"]:
    room = np.zeros(n_parameters(shape), flat.dtype)
    room[places(own, shape)] = np.asarray(flat)
    return jnp.asarray(room)


def _every_parameter(state: State, shape: Shape, change: Callable[[Any], Any]) -> State:
    """The state with its vectors of parameters, and the optimiser's of the same length, changed."""
    length = (n_parameters(shape),)

    def changed(leaf: Any) -> Any:
        return change(leaf) if leaf.shape == length else leaf

    return state._replace(params=changed(state.params), optimiser=jax.tree.map(changed, state.optimiser))


def _with_room(fixed: Fixed, own: Shape, shape: Shape) -> Fixed:
    rows = ((0, shape.rows - own.rows), (0, 0))
    return fixed._replace(
        inputs=jnp.asarray(np.pad(np.asarray(fixed.inputs), rows)),
        targets=jnp.asarray(np.pad(np.asarray(fixed.targets), rows[0])),
        classes=jnp.asarray(own.signature.classes, jnp.int32),
        following=jnp.asarray(own.signature.following, jnp.int32),
    )
