"""Runs waiting to be done, grouped by shape so that a worker seldom compiles."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

from grokscope.run import Run, Shape


class Assignment(NamedTuple):
    """Runs for a worker, all of one shape, and how many of those that wait behind them are its share."""

    runs: list[Run]
    waiting: int


class Apart(Assignment):
    """Runs that no others are to join."""


class ShapeQueue:
    """Waiting runs by shape. The shape with most work per worker on it goes first, so that none is left to the end.

    Before them go runs that are to be apart from others: a worker that begins gets such a group as a whole, and told
    that nothing waits behind it, asks for nothing to go with it.

    Args:
        work: relative cost of a run.
    """

    def __init__(self, runs: Iterable[Run] = (), *, work: Callable[[Run], float] = lambda run: 1.0):
        self._waiting: dict[Shape, deque[Run]] = {}
        self._left: defaultdict[Shape, float] = defaultdict(float)
        self._workers: Counter[Shape] = Counter()
        self._apart: deque[list[Run]] = deque()
        self._work = work
        for run in runs:
            self.put(run)

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values())) + sum(map(len, self._apart))

    def put(self, run: Run) -> None:
        self._waiting.setdefault(run.shape, deque()).append(run)
        self._left[run.shape] += self._work(run)

    def put_apart(self, runs: list[Run]) -> None:
        """Runs of one shape that are to be done together, and with no others."""
        if runs:
            self._apart.append(runs)

    def put_back(self, offer: Assignment) -> None:
        """What was taken and cannot be done now."""
        if isinstance(offer, Apart):
            self.put_apart(offer.runs)
        else:
            for run in offer.runs:
                self.put(run)

    def take(self, n: int, shape: Shape | None = None, *, workers: int = 1) -> Assignment:
        """Up to n runs of `shape`, or of the shape that needs a worker most.

        Args:
            workers: among how many the waiting runs are shared: a pack sized for all of them leaves the others none.
        """
        if shape is None and self._apart:
            return Apart(self._apart.popleft(), 0)
        if shape is None:
            shape = self._neediest()
        queue = self._waiting.get(shape, deque()) if shape is not None else deque()
        runs = [queue.popleft() for _ in range(min(n, len(queue)))]
        if shape is not None:
            self._left[shape] -= sum(map(self._work, runs))
            if not queue:
                self._waiting.pop(shape, None)
        sharers = workers // len(self._waiting.keys() | {shape}) - self._workers[shape] if shape is not None else 1
        return Assignment(runs, len(queue) // max(1, sharers))

    def joins(self, shape: Shape) -> None:
        """A worker begins on a shape."""
        self._workers[shape] += 1

    def leaves(self, shape: Shape) -> None:
        """A worker is through with a shape, or lost."""
        self._workers[shape] -= 1

    def _neediest(self) -> Shape | None:
        return max(self._waiting, key=lambda s: self._left[s] / (1 + self._workers[s]), default=None)
