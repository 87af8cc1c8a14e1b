"""A worker's loop, wherever it runs: take runs of one shape, keep a pack of them full, yield what comes of each."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Protocol

from grokscope.run import Shape
from grokscope.training.chunk_clock import CHUNK_SECONDS
from grokscope.training.outcomes import Event, Job
from grokscope.training.pack import Pack
from grokscope.training.strategy import choose
from grokscope.workers.assignment import Assignment


class Dealer(Protocol):
    """Hands out jobs; knows which shapes are being worked on."""

    def deal(self, shape: Shape | None, n: int, workers: int, shares: bool = False) -> Assignment[Job] | None:
        """Up to n jobs of this shape, or of any; a worker that asks for any begins on the shape it gets.

        What waits is shared among so many workers. If it `shares`, a shape with few runs is padded.
        No jobs: there are none any more. None: there are none now, and it is asked again in a moment.
        """

    def leave(self, shape: Shape) -> None:
        """A worker is through with a shape, or lost."""


Feed = Callable[[Shape | None, int], Assignment[Job]]
"""Asks the driver for up to n jobs of a shape, or of whatever shape it likes."""


def work(
    feed: Feed,
    *,
    stop: Callable[[], bool] = lambda: False,
    chunk_seconds: float = CHUNK_SECONDS,
    say: Callable[[str], None] = lambda text: None,
    expect: Callable[[float | None], None] = lambda seconds: None,
) -> Iterator[Event]:
    """Train everything that the feed assigns, until it assigns nothing or `stop` says so at the end of a chunk.

    Args:
        expect: told before each chunk how many seconds it may take, or None where that is not known.
    """
    max_lanes: dict[Shape, int] = {}  # lanes that were found to fit into the device's memory
    while not stop() and (assignment := feed(None, 1)).shape is not None:
        shape = assignment.shape
        choice = choose(shape, assignment.items[0].run, waiting=assignment.waiting)
        lanes = min(choice.lanes, max_lanes.get(shape, choice.lanes))
        pack = Pack(shape, choice.strategy, chosen=choice.how, chunk_seconds=chunk_seconds, say=say, expect=expect)
        try:
            yield from pack.add(assignment.items)
            while not stop():
                free = lanes - len(pack.slots) - len(pack.parked)
                # Where all have ended, too, if more were said to wait: then no other worker takes the shape up.
                if free > 0 and (pack.slots or assignment.waiting):
                    yield from pack.add(feed(shape, free).items)
                if not pack.slots:
                    break
                yield from pack.step()
                max_lanes[shape] = min(pack.max_lanes, max_lanes.get(shape, pack.max_lanes))
                lanes = min(lanes, max_lanes[shape])
            yield from pack.final_events()
        except Exception:  # whatever it was, it belongs to these runs: the driver decides whether to try again
            yield from pack.fail_all(traceback.format_exc())
