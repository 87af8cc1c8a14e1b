"""Work that is handed out: runs of one pack as the queue has them, jobs as a worker gets them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from grokscope.run import Run, Shape
from grokscope.training.outcomes import Job

T = TypeVar("T", Run, Job)


class Assignment(NamedTuple, Generic[T]):
    """Runs or jobs for a worker's pack of one shape.

    Attributes:
        items: the runs, or the jobs.
        waiting: how many more of the runs that wait behind them are this worker's share.
        padded: the shape of the pack, where it is not simply theirs.
    """

    items: Sequence[T]
    waiting: int
    padded: Shape | None = None

    @property
    def shape(self) -> Shape | None:
        """Shape of the pack; None where nothing is assigned."""
        return (self.padded or self.items[0].shape) if self.items else None
