"""Messages between a worker and its driver, over whatever channel there is between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax

from grokscope.run import Shape
from grokscope.training.outcomes import Event, Job
from grokscope.workers.assignment import Assignment
from grokscope.workers.engine import work


class Hello(NamedTuple):
    """Worker to driver, first: which platform JAX found. On an accelerator one worker is enough for all devices."""

    platform: str


class JobRequest(NamedTuple):
    """Worker to driver: up to n jobs, of this shape or (None) of any."""

    shape: Shape | None
    n: int


class ChunkSeconds(NamedTuple):
    """Worker to driver: how many seconds the chunk that begins will take; None if that is not known."""

    seconds: float | None


class Notice(NamedTuple):
    """Worker to driver: a line for the person who watches."""

    text: str


Message = Hello | JobRequest | ChunkSeconds | Notice | Event


def converse(
    send: Callable[[Message], None],
    receive: Callable[[], Assignment[Job]],
    *,
    stop: Callable[[], bool],
    chunk_seconds: float,
) -> None:
    """The worker's side: work until the driver has nothing more, or `stop` says so at the end of a chunk.

    Args:
        send: a message to the driver; never an answer.
        receive: the driver's answer to a `JobRequest`, waited for.
    """
    send(Hello(jax.default_backend()))

    def feed(shape: Shape | None, n: int) -> Assignment[Job]:
        send(JobRequest(shape, n))
        return receive()

    for event in work(
        feed,
        stop=stop,
        chunk_seconds=chunk_seconds,
        say=lambda text: send(Notice(text)),
        expect=lambda seconds: send(ChunkSeconds(seconds)),
    ):
        send(event)
