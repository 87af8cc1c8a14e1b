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


class ShapeQueue:
    """Waiting runs by shape. The shape with most work per worker on it goes first, so that none is left to the end.

    Args:
        work: relative cost of a run.
    """

    def __init__(self, runs: Iterable[Run] = (), *, work: Callable[[Run], float] = lambda run: 1.0):
        self._waiting: dict[Shape, deque[Run]] = {}
        self._left: defaultdict[Shape, float] = defaultdict(float)
        self._workers: Counter[Shape] = Counter()
        self._work = work
        for run in runs:
            self.put(run)

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def put(self, run: Run) -> None:
        self._waiting.setdefault(run.shape, deque()).append(run)
        self._left[run.shape] += self._work(run)

    def take(self, n: int, shape: Shape | None = None, *, workers: int = 1) -> Assignment:
        """Up to n runs of `shape`, or of the shape that needs a worker most.

        Args:
            workers: among how many the waiting runs are shared: a pack sized for all of them leaves the others none.
        """
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
