"""Runs of several vocabularies in one pack: lanes padded to the largest of them.

A suite has few runs of each prime and width, and an accelerator is not full with them. In a padded shape a lane uses
the first tokens, outputs and examples; the padding beyond counts for nothing. Parameters there are zero and stay zero,
since no gradient reaches them, so a lane goes through the same epochs as in its own shape.
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
from grokscope.training.lane import Fixed, Lane, State, net_structure, start_lane


@lru_cache(maxsize=2**14)
def padded_shape(shape: Shape) -> Shape:
    """The padded shape that a shape's runs may share with those of other vocabularies; itself where they cannot.

    Vocabularies up to the next power of the square root of two go together: in a vectorised pack all lanes wait for the
    one with the most examples, which are at most about twice those of another.
    """
    of = shape.signature
    if not can_pad(shape):
        return shape
    vocab, classes = next_size(of.vocab), next_size(of.classes)
    signature = of._replace(vocab=vocab, classes=classes, following=(-1,) * len(of.following))
    return dataclasses.replace(shape, signature=signature, rows=row_bucket(shape.rows, vocab**2), padded=True)


def can_pad(shape: Shape) -> bool:
    """Whether zeros that pad a shape's vocabulary stay zeros, and change nothing."""
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


def next_size(n: int) -> int:
    """The least power of the square root of two, rounded up, that is not less than n."""
    steps = (math.ceil(2 ** (k / 2) - 1e-9) for k in itertools.count())
    return next(step for step in steps if step >= n)


def start_padded(run: Run, shape: Shape) -> Lane:
    """The lane of a run before its first step, in its own shape or padded to another."""
    return pad_lane(start_lane(run), run.shape, shape)


def pad_lane(lane: Lane, own: Shape, shape: Shape) -> Lane:
    """Pad a lane of its own shape to a padded one."""
    if not shape.padded:
        return lane
    return Lane(_pad_fixed(lane.fixed, own, shape), _map_params(lane.state, own, lambda x: _pad_params(x, own, shape)))


def unpad_state(state: State, own: Shape, shape: Shape) -> State:
    """The state of a padded lane in its own shape."""
    if not shape.padded:
        return state
    used = param_positions(own, shape)
    return _map_params(state, shape, lambda x: x[used])


@lru_cache(maxsize=256)
def param_positions(own: Shape, shape: Shape) -> Int[np.ndarray, " P"]:
    """Positions of a shape's parameters in the flat vector of a padded one."""
    found, first = [], 0
    for few, many in zip(_leaf_shapes(own), _leaf_shapes(shape), strict=True):
        size = math.prod(many)
        found.append(np.arange(first, first + size).reshape(many)[tuple(map(slice, few))].ravel())
        first += size
    return np.concatenate(found)


def _leaf_shapes(shape: Shape) -> list[tuple[int, ...]]:
    """Shapes of a net's arrays, in the order of its flat vector."""
    net = jax.eval_shape(net_structure(shape).unravel, jax.ShapeDtypeStruct((flat_size(shape),), shape.precision))
    return [leaf.shape for leaf in jax.tree.leaves(net)]


def flat_size(shape: Shape) -> int:
    """Length of the flat parameter vector, padding included."""
    return shape.net.n_params(shape.signature)


def _pad_params(flat: Float[Array, " P"], own: Shape, shape: Shape) -> Float[Array, " padded"]:
    padded = np.zeros(flat_size(shape), flat.dtype)
    padded[param_positions(own, shape)] = np.asarray(flat)
    return jnp.asarray(padded)


def _map_params(state: State, shape: Shape, change: Callable[[Any], Any]) -> State:
    """Change the state's vector of parameters, and the optimiser's vectors of the same length."""
    length = (flat_size(shape),)

    def changed(leaf: Any) -> Any:
        return change(leaf) if leaf.shape == length else leaf

    return state._replace(params=changed(state.params), optimiser=jax.tree.map(changed, state.optimiser))


def _pad_fixed(fixed: Fixed, own: Shape, shape: Shape) -> Fixed:
    rows = ((0, shape.rows - own.rows), (0, 0))
    return fixed._replace(
        inputs=jnp.asarray(np.pad(np.asarray(fixed.inputs), rows)),
        targets=jnp.asarray(np.pad(np.asarray(fixed.targets), rows[0])),
        classes=jnp.asarray(own.signature.classes, jnp.int32),
        following=jnp.asarray(own.signature.following, jnp.int32),
    )
