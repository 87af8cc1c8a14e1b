"""Runs waiting to be done, grouped by shape so that a worker seldom compiles."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence

from grokscope.run import Run, Shape
from grokscope.training.padding import padded_shape
from grokscope.workers.assignment import Assignment

FEW = 256
"""Waiting runs of a shape with which a pack on an accelerator is full enough to be theirs alone."""


class Apart(Assignment[Run]):
    """Runs that no others are to join."""


class ShapeQueue:
    """Waiting runs by shape. Of those that nobody is on the one with most work goes first, so that none is left to the
    end; a second worker, which has its program to trace and lower again, joins only where the first would need longer
    than all of them for everything, or where there is nothing else.

    Before them go runs that are to be apart from others: a worker that begins gets such a group as a whole, and told
    that nothing waits behind it, asks for nothing to go with it.

    Args:
        work: relative cost of a run.
    """

    def __init__(self, runs: Iterable[Run] = (), *, work: Callable[[Run], float] = lambda run: 1.0):
        self._waiting: dict[Shape, deque[Run]] = {}
        self._work_left: defaultdict[Shape, float] = defaultdict(float)
        self._workers: Counter[Shape] = Counter()
        self._apart: deque[list[Run]] = deque()
        self._work = work
        for run in runs:
            self.put(run)

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values())) + sum(map(len, self._apart))

    def put(self, run: Run) -> None:
        self._waiting.setdefault(run.shape, deque()).append(run)
        self._work_left[run.shape] += self._work(run)

    def put_apart(self, runs: Sequence[Run]) -> None:
        """Put runs that are to be done with no others but those of their shape among them."""
        for shape in {run.shape: None for run in runs}:
            self._apart.append([run for run in runs if run.shape == shape])

    def put_back(self, assignment: Assignment[Run]) -> None:
        """Put back what was taken and cannot be done now."""
        if isinstance(assignment, Apart):
            self.put_apart(assignment.items)
        else:
            for run in assignment.items:
                self.put(run)

    def take(self, n: int, shape: Shape | None = None, *, workers: int = 1, shares: bool = False) -> Assignment[Run]:
        """Up to n runs for a pack of `shape`, or of the shape that needs a worker most.

        Args:
            workers: among how many the waiting runs are shared: a pack sized for all of them leaves the others none.
            shares: whether shapes with few runs share a padded one.
        """
        if shape is None and self._apart:
            return Apart(self._apart.popleft(), 0)
        if shape is None:
            shape = self._neediest(workers, shares)
        if shape is None:
            return Assignment([], 0)
        runs: list[Run] = []
        for own in self._own_shapes(shape):
            runs += self._pop(own, n - len(runs))
        left = sum(len(self._waiting[own]) for own in self._own_shapes(shape))
        kinds = self._packs(shares).keys() | {shape}
        sharers = workers // len(kinds) - self._workers[shape]
        return Assignment(runs, left // max(1, sharers), shape if shape.padded else None)

    def worker_joins(self, shape: Shape) -> None:
        """Take note that a worker begins on a shape."""
        self._workers[shape] += 1

    def worker_leaves(self, shape: Shape) -> None:
        """Take note that a worker is through with a shape, or lost."""
        self._workers[shape] -= 1

    def _neediest(self, workers: int, shares: bool) -> Shape | None:
        left, on = self._packs(shares), self._workers
        fair = sum(left.values()) / workers
        return max(left, key=lambda s: (left[s] > fair * on[s], left[s] / (1 + on[s])), default=None)

    def _packs(self, shares: bool) -> dict[Shape, float]:
        """Work that waits, by the shape of the packs that it goes into."""
        if not shares:
            return self._work_left
        left: defaultdict[Shape, float] = defaultdict(float)
        for own, work in self._work_left.items():
            left[padded_shape(own) if self._is_few(own) else own] += work
        return left

    def _own_shapes(self, shape: Shape) -> list[Shape]:
        """Shapes with waiting runs that a pack of this shape takes."""
        if shape.padded:
            return [own for own in self._waiting if self._is_few(own) and padded_shape(own) == shape]
        return [shape] if shape in self._waiting else []

    def _is_few(self, own: Shape) -> bool:
        return len(self._waiting[own]) < FEW

    def _pop(self, own: Shape, n: int) -> list[Run]:
        """Up to n runs of a shape, out of those that wait."""
        waiting = self._waiting[own]
        runs = [waiting.popleft() for _ in range(min(n, len(waiting)))]
        self._work_left[own] -= sum(map(self._work, runs))
        if not waiting:
            del self._waiting[own], self._work_left[own]
        return runs
