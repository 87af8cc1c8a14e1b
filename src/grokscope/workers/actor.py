"""A worker on a Ray cluster: a remote object whose one stream is what any worker says to its driver."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence

from grokscope.cores import available_cores
from grokscope.registry import IncludedFile, restore
from grokscope.training.outcomes import Event, Job
from grokscope.training.provenance import version
from grokscope.workers.assignment import Assignment
from grokscope.workers.cache import use_compilation_cache
from grokscope.workers.messages import Message, converse
from grokscope.workers.process import pin_to_core

BATCH = 32
"""Messages in one object of the stream, at most: an object costs the driver far more than a message in it."""


class Actor:
    """Made remote by the driver (`workers.cluster`); needs no Ray itself.

    Args:
        core: which of the cores that it may use it keeps to, by number; None for a worker on an accelerator.
        expected: the driver's version of Grokscope.
        files: what the driver has included, whose kinds its runs may be of.

    Raises:
        RuntimeError: this node has another version, which may train the same run differently.
    """

    def __init__(self, core: int | None, chunk_seconds: float, expected: str, files: Sequence[IncludedFile] = ()):
        if version() != expected:
            raise RuntimeError(f"found Grokscope {version()} on this node, expected {expected} as the driver has it")
        for file in files:
            restore(file)
        self._core, self._chunk_seconds = core, chunk_seconds
        self._outbox: queue.Queue[Message | None] = queue.Queue()
        self._inbox: queue.Queue[Assignment[Job]] = queue.Queue()
        self._stopping = threading.Event()
        self._error: Exception | None = None

    def talk(self) -> Iterator[list[Message]]:
        """Stream this worker's messages until it is done: the events of a chunk together, once the next begins."""
        threading.Thread(target=self._work, daemon=True).start()
        batch: list[Message] = []
        while (message := self._outbox.get()) is not None:
            batch.append(message)
            if len(batch) >= BATCH or not isinstance(message, Event):
                yield batch
                batch = []
        if batch:
            yield batch
        if self._error is not None:
            raise self._error

    def give(self, assignment: Assignment[Job]) -> None:
        """The driver's answer to a `JobRequest`."""
        self._inbox.put(assignment)

    def stop(self) -> None:
        """End after the chunk that is running."""
        self._stopping.set()

    def _work(self) -> None:
        """In a thread of its own, which alone is pinned: XLA's threads are born in it, Ray's are not."""
        try:
            if self._core is not None:
                cores = available_cores()
                pin_to_core(cores[self._core % len(cores)])
            use_compilation_cache()
            converse(self._outbox.put, self._inbox.get, stop=self._stopping.is_set, chunk_seconds=self._chunk_seconds)
        except Exception as error:  # raised again where Ray hears it
            self._error = error
        finally:
            self._outbox.put(None)
