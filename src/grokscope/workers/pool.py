"""Worker processes of this machine, one a core (or one for its accelerators), watched by the driver."""

from __future__ import annotations

import atexit
import multiprocessing
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Protocol

from grokscope.run import Run, Shape
from grokscope.training.outcomes import Event, Failed, Finished
from grokscope.training.pack import CHUNK_SECONDS
from grokscope.workers.engine import Jobs
from grokscope.workers.process import Expect, Hello, Said, Want, cores, serve
from grokscope.workers.signals import held_back
from grokscope.workers.watchdog import LIMITS, Limits, Watch

POLL_SECONDS = 0.2
EXIT_SECONDS = 30.0
STARTS = 3
"""Worker processes in a row that may be killed before they begin."""


@dataclass(frozen=True)
class Lost:
    """A worker process that ended with runs in its hands; `how`, in words."""

    runs: tuple[Run, ...]
    how: str


@dataclass
class Worker:
    """One process as the driver sees it.

    Attributes:
        asks: what it waits for an answer to.
        watch: how long it has been silent, and how long it may be.
    """

    process: SpawnProcess
    pipe: Connection
    core: int | None
    watch: Watch
    greeted: bool = False
    shape: Shape | None = None
    runs: dict[str, Run] = field(default_factory=dict)
    asks: Want | None = None


class Dealer(Protocol):
    """Hands out jobs; knows which shapes are being worked on."""

    def deal(self, shape: Shape | None, n: int) -> Jobs | None:
        """Up to n jobs of this shape, or of any; a worker that asks for any begins on the shape it gets.

        No jobs: there are none any more. None: there are none now, and it is asked again in a moment.
        """

    def leave(self, shape: Shape) -> None:
        """A worker is through with a shape, or lost."""


class Pool:
    """Local worker processes.

    Args:
        n: how many; by default one for every core this process may use.
        chunk_seconds: how long a worker goes on between two reports.
        say: told of anything a person should know.
        limits: how long a worker may be silent before it is taken for hung, and killed.
    """

    def __init__(
        self,
        n: int | None = None,
        *,
        chunk_seconds: float = CHUNK_SECONDS,
        say: Callable[[str], None] = lambda text: None,
        limits: Limits = LIMITS,
    ):
        self._context = multiprocessing.get_context("spawn")
        self._stop = self._context.Event()
        self._chunk_seconds, self._say, self._limits = chunk_seconds, say, limits
        self._unbegun = 0
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

    def run(self, dealer: Dealer) -> Generator[Event | Lost | None]:
        """Events of all workers until none is left, and None whenever nothing has happened for a moment.

        A worker that dies or hangs is reported, and replaced.
        """
        atexit.register(self.kill)  # multiprocessing would wait for workers, which end for no gentler signal
        self._workers = [self._started(self._cores[0])]
        try:
            while self._workers:
                began = time.monotonic()
                ready = wait([worker.pipe for worker in self._workers], timeout=POLL_SECONDS)
                for worker in [w for w in self._workers if w.pipe in ready]:
                    yield from self._heard(worker, dealer)
                for worker in [w for w in self._workers if w.asks is not None]:
                    self._answer(worker, dealer)
                self._look_at_the_silent(ready, time.monotonic() - began)
                yield None
        finally:
            self.kill()
            atexit.unregister(self.kill)

    def _heard(self, worker: Worker, dealer: Dealer) -> Iterator[Event | Lost]:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._ended(worker, dealer)
            return
        worker.watch.heard()
        if isinstance(message, Hello):
            worker.greeted, self._unbegun = True, 0
            self._greeted(message)
        elif isinstance(message, Want):
            worker.asks = message
            worker.watch.rests()
        elif isinstance(message, Expect):
            worker.watch.expects(message.seconds)
        elif isinstance(message, Said):
            self._say(message.text)
        else:
            if isinstance(message, Finished | Failed):
                worker.runs.pop(message.run.identity, None)
            yield message

    def _look_at_the_silent(self, ready: Sequence[object], seconds: float) -> None:
        """Kill who hangs; that its pipe ends is then noticed as of any that dies."""
        for worker in [w for w in self._workers if w.pipe not in ready]:
            if worker.watch.is_over(seconds):
                worker.process.kill()

    def _greeted(self, hello: Hello) -> None:
        """The first worker has said what it runs on: a CPU wants one worker a core, started now."""
        rest, self._unstarted = self._unstarted, []
        if hello.platform == "cpu" and not self._stop.is_set():
            self._workers += [self._started(core) for core in rest]

    def _answer(self, worker: Worker, dealer: Dealer) -> None:
        want = worker.asks
        assert want is not None
        if want.shape is None and worker.shape is not None:
            dealer.leave(worker.shape)
            worker.shape = None
        offer = dealer.deal(want.shape, want.n)
        if offer is None:
            return
        worker.asks = None
        worker.watch.expects(None)
        if offer.jobs:
            worker.shape = offer.jobs[0].run.shape
        worker.runs |= {job.run.identity: job.run for job in offer.jobs}
        try:
            worker.pipe.send(offer)
        except (BrokenPipeError, OSError):
            return  # it died while it waited: the end of its pipe says so, and its runs go back

    def _ended(self, worker: Worker, dealer: Dealer) -> Iterator[Lost]:
        worker.process.join(EXIT_SECONDS)
        worker.process.kill()  # one that has closed its pipe and does not end has nothing more to say
        worker.process.join()
        self._workers.remove(worker)
        if worker.shape is not None:
            dealer.leave(worker.shape)
        how = f"ended with exit code {worker.process.exitcode}"
        if worker.watch.over:
            how = f"gave no sign of life for {worker.watch.silent:.0f} seconds and was killed"
        if not self._stop.is_set() and not worker.greeted:
            self._count_unbegun(worker)
        if not self._stop.is_set() and worker.process.exitcode != 0:
            self._say(f"a worker process {how}; another one takes its place")
            self._workers.append(self._started(worker.core))
        if worker.runs:
            yield Lost(tuple(worker.runs.values()), how)

    def _count_unbegun(self, worker: Worker) -> None:
        """One that fails by itself would always fail; one that was killed may have been unlucky."""
        self._unbegun += 1
        code = worker.process.exitcode
        if code is None or code >= 0 or self._unbegun >= STARTS:
            raise ChildProcessError(
                f"a worker process ended with exit code {code} before it began; its own words, if any, are above"
            )

    def _started(self, core: int | None) -> Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(theirs, self._stop, core, self._chunk_seconds), daemon=True)
        with held_back():
            process.start()
        theirs.close()
        return Worker(process, ours, core, Watch(self._limits))
