"""The interface of a site, a place where workers run: this machine and a cluster are two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from grokscope.training.outcomes import Job
from grokscope.workers.assignment import Assignment
from grokscope.workers.messages import Message


class Place(NamedTuple):
    """Room for one worker: the n-th of a machine, whose name is "" where there is but one."""

    machine: str
    number: int


class Ended(NamedTuple):
    """A worker is no more.

    Attributes:
        how: the end of the sentence "a worker process ...".
        by_itself: nobody killed it, so that it would do the same again.
        words: what it said of that.
    """

    how: str
    by_itself: bool
    words: str = "its own words, if any, are above"


class Site(Protocol):
    """Starts workers, one a place, and carries messages. Who gets which jobs, and who hangs, is the pool's affair."""

    may_wait: bool
    """Whether a worker may have to wait for its place before it begins."""

    def places(self, platform: str | None) -> Sequence[Place]:
        """Every place that there is now. `platform`: what the first worker found; None until it has said so."""

    def start(self, place: Place) -> None:
        """Start a worker where there is none."""

    def listen(self, seconds: float) -> Iterator[tuple[Place, Message | Ended]]:
        """Messages of workers, waited for up to so many seconds. After `Ended` their place is free."""

    def give(self, place: Place, assignment: Assignment[Job]) -> None:
        """Answer a worker. If it has died meanwhile, `listen` tells."""

    def stop(self) -> None:
        """Every worker ends after the chunk it is in; what it did until then is reported."""

    def kill(self, place: Place) -> None:
        """End a worker now."""
