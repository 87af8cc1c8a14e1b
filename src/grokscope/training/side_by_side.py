"""Lanes side by side: stacked along a leading axis, and left on their devices from one chunk to the next."""

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

from grokscope.training.advance import stack
from grokscope.training.devices import bucket, sharding
from grokscope.training.lane import Fixed, Lane, State


@dataclass(eq=False)
class SideBySide:
    """Lanes in rows.

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
        """All that changes, on the host: fetched once, when it is first asked for."""
        state: State = jax.device_get(self.lanes.state)
        return state


class Row(NamedTuple):
    """One of them, which looks as it would alone."""

    of: SideBySide
    at: int

    @property
    def fixed(self) -> Fixed:
        fixed: Fixed = jax.tree.map(lambda leaf: leaf[self.at], self.of.lanes.fixed)
        return fixed

    @property
    def state(self) -> State:
        state: State = jax.tree.map(lambda leaf: leaf[self.at], self.of.state)
        return state


Place = Lane | Row


def side_by_side(places: Sequence[Place]) -> list[Row]:
    """The same lanes, all rows of one stack of as many rows as their bucket.

    Rows stay where they are for as long as the bucket is the same. What is already on the devices does not come to the
    host for it.
    """
    sources = Counter(place.of for place in places if isinstance(place, Row))
    source = sources.most_common(1)[0][0] if sources else None
    width = bucket(len(places))
    if source is None:
        lanes = [alone(place) for place in places]
        rest = [frozen(lanes[-1])] * (width - len(lanes))
        whole = SideBySide(stack(lanes + rest), frozenset(range(len(lanes))))
        return [Row(whole, row) for row in range(len(lanes))]
    old = [place.at if isinstance(place, Row) and place.of is source else None for place in places]
    rows = _kept(old, width) if width == source.width else list(range(len(places)))
    if rows == old and source.used == frozenset(rows):
        return [Row(source, row) for row in rows]
    new = [alone(place) for place, row in zip(places, old, strict=True) if row is None]
    whole = SideBySide(_rearranged(source.lanes, new, old, rows, width), frozenset(rows))
    return [Row(whole, row) for row in rows]


def _kept(old: Sequence[int | None], width: int) -> list[int]:
    """A row for every place: its old one, or for a new lane one that is free."""
    free = iter(sorted(set(range(width)) - set(old)))
    return [next(free) if row is None else row for row in old]


def _rearranged(lanes: Lane, new: Sequence[Lane], old: Sequence[int | None], rows: Sequence[int], width: int) -> Lane:
    """Lanes and new ones in other rows. Rows that nobody is in hold a lane that is done."""
    coming = iter(range(len(lanes.state.done), len(lanes.state.done) + len(new)))
    take, used = np.zeros(width, np.int32), np.zeros(width, bool)
    take[rows] = [next(coming) if row is None else row for row in old]
    used[rows] = True
    more = stack([*new, *[new[-1]] * (bucket(len(new)) - len(new))]) if new else None
    moved: Lane = _moving(width)(lanes, more, take, used)
    return moved


@lru_cache(maxsize=64)
def _moving(width: int) -> Any:
    def moved(lanes: Lane, more: Lane | None, take: Int[Array, " width"], used: Bool[Array, " width"]) -> Lane:
        if more is not None:
            lanes = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), lanes, more)
        chosen: Lane = jax.tree.map(lambda leaf: leaf[take], lanes)
        return chosen._replace(state=chosen.state._replace(done=chosen.state.done | ~used))

    return jax.jit(moved, out_shardings=sharding(width))


def frozen(lane: Lane) -> Lane:
    """A lane that will not move: fills a place that no run needs."""
    return lane._replace(state=lane.state._replace(done=lane.state.done | True))


def alone(place: Place) -> Lane:
    """The lane by itself."""
    return place if isinstance(place, Lane) else Lane(place.fixed, place.state)


def on_host(place: Place) -> Lane:
    """The lane by itself, out of the devices' memory but for its random keys."""
    lane: Lane = jax.tree.map(
        lambda leaf: leaf if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else np.asarray(leaf), alone(place)
    )
    return lane
