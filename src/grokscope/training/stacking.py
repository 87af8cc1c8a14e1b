"""Lanes of a vectorised pack: stacked along a leading axis, and left on their devices from one chunk to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int

from grokscope.training.advance import stack_lanes
from grokscope.training.devices import lane_bucket, sharding
from grokscope.training.lane import Fixed, Lane, State


@dataclass(eq=False)
class LaneStack:
    """Lanes stacked along a leading axis, one a row.

    Attributes:
        used: rows that belong to a run; the others hold lanes that are done, and are not looked at.
    """

    lanes: Lane
    used: frozenset[int]

    @property
    def width(self) -> int:
        return len(self.lanes.state.done)

    @cached_property
    def state(self) -> State:
        """The lanes' changing part on the host: fetched once, when it is first asked for."""
        state: State = jax.device_get(self.lanes.state)
        return state


class StackedLane(NamedTuple):
    """A lane in a row of a stack; `fixed` and `state` are those of the lane by itself."""

    stack: LaneStack
    row: int

    @property
    def fixed(self) -> Fixed:
        fixed: Fixed = jax.tree.map(lambda leaf: leaf[self.row], self.stack.lanes.fixed)
        return fixed

    @property
    def state(self) -> State:
        state: State = jax.tree.map(lambda leaf: leaf[self.row], self.stack.state)
        return state


AnyLane = Lane | StackedLane


def restack(lanes: Sequence[AnyLane]) -> list[StackedLane]:
    """Put lanes into the rows of one stack, which has as many rows as their bucket.

    Rows stay where they are for as long as the bucket is the same. What is already on the devices does not come to the
    host for it.
    """
    sources = Counter(lane.stack for lane in lanes if isinstance(lane, StackedLane))
    source = sources.most_common(1)[0][0] if sources else None
    width = lane_bucket(len(lanes))
    if source is None:
        apart = [unstack(lane) for lane in lanes]
        rest = [mark_done(apart[-1])] * (width - len(apart))
        whole = LaneStack(stack_lanes(apart + rest), frozenset(range(len(apart))))
        return [StackedLane(whole, row) for row in range(len(lanes))]
    old = [lane.row if isinstance(lane, StackedLane) and lane.stack is source else None for lane in lanes]
    rows = _assign_rows(old, width) if width == source.width else list(range(len(lanes)))
    if rows == old and source.used == frozenset(rows):
        return [StackedLane(source, row) for row in rows]
    new = [unstack(lane) for lane, row in zip(lanes, old, strict=True) if row is None]
    whole = LaneStack(_rearrange(source.lanes, new, old, rows, width), frozenset(rows))
    return [StackedLane(whole, row) for row in rows]


def _assign_rows(old: Sequence[int | None], width: int) -> list[int]:
    """A row for every lane: its old one, or for a new lane one that is free."""
    free = iter(sorted(set(range(width)) - set(old)))
    return [next(free) if row is None else row for row in old]


def _rearrange(lanes: Lane, new: Sequence[Lane], old: Sequence[int | None], rows: Sequence[int], width: int) -> Lane:
    """Move lanes and new ones into other rows. Rows that no run is in hold a lane that is done."""
    coming = iter(range(len(lanes.state.done), len(lanes.state.done) + len(new)))
    take, used = np.zeros(width, np.int32), np.zeros(width, bool)
    take[rows] = [next(coming) if row is None else row for row in old]
    used[rows] = True
    more = stack_lanes([*new, *[new[-1]] * (lane_bucket(len(new)) - len(new))]) if new else None
    moved: Lane = _compile_rearrange(width)(lanes, more, take, used)
    return moved


@lru_cache(maxsize=64)
def _compile_rearrange(width: int) -> Any:
    def rearrange(lanes: Lane, more: Lane | None, take: Int[Array, " width"], used: Bool[Array, " width"]) -> Lane:
        if more is not None:
            lanes = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), lanes, more)
        chosen: Lane = jax.tree.map(lambda leaf: leaf[take], lanes)
        return chosen._replace(state=chosen.state._replace(done=chosen.state.done | ~used))

    return jax.jit(rearrange, out_shardings=sharding(width))


def mark_done(lane: Lane) -> Lane:
    """A lane marked as done, which fills a row that no run needs."""
    return lane._replace(state=lane.state._replace(done=lane.state.done | True))


def unstack(lane: AnyLane) -> Lane:
    """The lane by itself."""
    return lane if isinstance(lane, Lane) else Lane(lane.fixed, lane.state)


def to_host(lane: AnyLane) -> Lane:
    """The lane by itself, out of the devices' memory but for its random keys."""
    held: Lane = jax.tree.map(
        lambda leaf: leaf if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else np.asarray(leaf), unstack(lane)
    )
    return held
