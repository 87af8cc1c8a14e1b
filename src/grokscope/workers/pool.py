"""Worker processes of this machine, one a core (or one for its accelerators), watched by the driver."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Protocol

from grokscope.run import Run, Shape
from grokscope.training.outcomes import Event, Failed, Finished
from grokscope.training.pack import CHUNK_SECONDS
from grokscope.workers.engine import Jobs
from grokscope.workers.process import Hello, Said, Want, cores, serve

POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Lost:
    """A worker process that died with runs in its hands."""

    runs: tuple[Run, ...]
    exit_code: int | None


@dataclass
class Worker:
    """One process as the driver sees it."""

    process: SpawnProcess
    pipe: Connection
    core: int | None
    greeted: bool = False
    shape: Shape | None = None
    runs: dict[str, Run] = field(default_factory=dict)


class Dealer(Protocol):
    """Hands out jobs; knows which shapes are being worked on."""

    def deal(self, shape: Shape | None, n: int) -> Jobs:
        """Up to n jobs of this shape, or of any; a worker that asks for any begins on the shape it gets."""

    def leave(self, shape: Shape) -> None:
        """A worker is through with a shape, or lost."""


class Pool:
    """Local worker processes.

    Args:
        n: how many; by default one for every core this process may use.
        chunk_seconds: how long a worker goes on between two reports.
        say: told of anything a person should know.
    """

    def __init__(
        self,
        n: int | None = None,
        *,
        chunk_seconds: float = CHUNK_SECONDS,
        say: Callable[[str], None] = lambda text: None,
    ):
        self._context = multiprocessing.get_context("spawn")
        self._stop = self._context.Event()
        self._chunk_seconds, self._say = chunk_seconds, say
        available = cores()
        self._cores: list[int | None] = [available[i % len(available)] for i in range(n or len(available))]
        self._unstarted = self._cores[1:]
        self._workers: list[Worker] = []

    def stop(self) -> None:
        """Every worker ends after the chunk it is in; what it did until then is reported."""
        self._stop.set()

    def kill(self) -> None:
        """End every worker now."""
        for worker in self._workers:
            worker.process.kill()

    def run(self, dealer: Dealer) -> Iterator[Event | Lost | None]:
        """Events of all workers until none is left, and None whenever nothing has happened for a moment.

        A worker that dies is reported, and replaced.
        """
        self._workers = [self._started(self._cores[0])]
        try:
            while self._workers:
                ready = wait([worker.pipe for worker in self._workers], timeout=POLL_SECONDS)
                for worker in [w for w in self._workers if w.pipe in ready]:
                    yield from self._heard(worker, dealer)
                yield None
        finally:
            self.kill()

    def _heard(self, worker: Worker, dealer: Dealer) -> Iterator[Event | Lost]:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._ended(worker, dealer)
            return
        if isinstance(message, Hello):
            worker.greeted = True
            self._greeted(message)
        elif isinstance(message, Want):
            self._answer(worker, message, dealer)
        elif isinstance(message, Said):
            self._say(message.text)
        else:
            if isinstance(message, Finished | Failed):
                worker.runs.pop(message.run.identity, None)
            yield message

    def _greeted(self, hello: Hello) -> None:
        """The first worker has said what it runs on: a CPU wants one worker a core, started now."""
        rest, self._unstarted = self._unstarted, []
        if hello.platform == "cpu" and not self._stop.is_set():
            self._workers += [self._started(core) for core in rest]

    def _answer(self, worker: Worker, want: Want, dealer: Dealer) -> None:
        if want.shape is None and worker.shape is not None:
            dealer.leave(worker.shape)
            worker.shape = None
        offer = dealer.deal(want.shape, want.n)
        if offer.jobs:
            worker.shape = offer.jobs[0].run.shape
        worker.runs |= {job.run.identity: job.run for job in offer.jobs}
        try:
            worker.pipe.send(offer)
        except (BrokenPipeError, OSError):
            return  # it died while it waited: the end of its pipe says so, and its runs go back

    def _ended(self, worker: Worker, dealer: Dealer) -> Iterator[Lost]:
        worker.process.join()
        self._workers.remove(worker)
        if worker.shape is not None:
            dealer.leave(worker.shape)
        if not worker.greeted and not self._stop.is_set():
            raise ChildProcessError(
                f"a worker process ended with exit code {worker.process.exitcode} before it began; its own words, if "
                "any, are above"
            )
        if worker.process.exitcode != 0 and not self._stop.is_set():
            self._say(f"a worker process ended with exit code {worker.process.exitcode}; another one takes its place")
            self._workers.append(self._started(worker.core))
        if worker.runs:
            yield Lost(tuple(worker.runs.values()), worker.process.exitcode)

    def _started(self, core: int | None) -> Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(theirs, self._stop, core, self._chunk_seconds), daemon=True)
        process.start()
        theirs.close()
        return Worker(process, ours, core)
