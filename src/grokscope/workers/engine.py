"""The work itself, wherever it runs: take runs of one shape, keep a pack of them full, say what comes of each."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from grokscope.run import Shape
from grokscope.training.outcomes import Event, Job
from grokscope.training.pace import CHUNK_SECONDS
from grokscope.training.pack import Pack
from grokscope.training.strategy import choose


class Jobs(NamedTuple):
    """What the driver hands out: jobs for a pack of one shape, and how many more wait behind them for this worker.

    Attributes:
        padded: the shape of the pack, where it is not simply theirs.
    """

    jobs: Sequence[Job]
    waiting: int
    padded: Shape | None = None

    @property
    def shape(self) -> Shape | None:
        """Of the pack; None where there are no jobs."""
        return (self.padded or self.jobs[0].run.shape) if self.jobs else None


class Dealer(Protocol):
    """Hands out jobs; knows which shapes are being worked on."""

    def deal(self, shape: Shape | None, n: int, workers: int, shares: bool = False) -> Jobs | None:
        """Up to n jobs of this shape, or of any; a worker that asks for any begins on the shape it gets.

        What waits is shared among so many workers. If it `shares`, a shape with few runs is padded (`training.room`).
        No jobs: there are none any more. None: there are none now, and it is asked again in a moment.
        """

    def leave(self, shape: Shape) -> None:
        """A worker is through with a shape, or lost."""


Feed = Callable[[Shape | None, int], Jobs]
"""Asks the driver for up to n jobs of a shape, or of whatever shape it likes."""


def work(
    feed: Feed,
    *,
    stop: Callable[[], bool] = lambda: False,
    chunk_seconds: float = CHUNK_SECONDS,
    say: Callable[[str], None] = lambda text: None,
    expect: Callable[[float | None], None] = lambda seconds: None,
) -> Iterator[Event]:
    """Everything that the feed offers, until it offers nothing or `stop` says so at the end of a chunk.

    `expect` is told before each chunk how many seconds it may take, or None where that is not known.
    """
    room: dict[Shape, int] = {}  # lanes that were found to fit into the device's memory
    while not stop() and (offer := feed(None, 1)).shape is not None:
        shape = offer.shape
        choice = choose(shape, offer.jobs[0].run, waiting=offer.waiting)
        lanes = min(choice.lanes, room.get(shape, choice.lanes))
        pack = Pack(shape, choice.strategy, chosen=choice.how, chunk_seconds=chunk_seconds, say=say, expect=expect)
        try:
            yield from pack.add(offer.jobs)
            while not stop():
                free = lanes - len(pack.slots) - len(pack.resting)
                # Where all have ended, too, if more were said to wait: then no other worker takes the shape up.
                if free > 0 and (pack.slots or offer.waiting):
                    yield from pack.add(feed(shape, free).jobs)
                if not pack.slots:
                    break
                yield from pack.step()
                room[shape] = min(pack.most, room.get(shape, pack.most))
                lanes = min(lanes, room[shape])
            yield from pack.left()
        except Exception:  # whatever it was, it belongs to these runs: the driver decides whether to try again
            yield from pack.broken(traceback.format_exc())
