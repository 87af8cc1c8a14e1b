"""Workers, wherever they run: fed by a dealer, watched, and replaced when they die or hang."""

from __future__ import annotations

import atexit
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator
from dataclasses import dataclass, field

from grokscope.run import Run, Shape
from grokscope.training.outcomes import Event, Failed, Finished
from grokscope.workers.engine import Dealer
from grokscope.workers.messages import ChunkSeconds, Hello, JobRequest, Message, Notice
from grokscope.workers.site import Ended, Place, Site
from grokscope.workers.watchdog import LIMITS, Limits, Watchdog

POLL_SECONDS = 0.2
STARTS = 3
"""Worker processes in a row that may be killed in one place before they begin."""


@dataclass(frozen=True)
class LostWorker:
    """A worker process that ended with runs in its hands; `how`, in words."""

    runs: tuple[Run, ...]
    how: str


@dataclass
class Worker:
    """A worker as the driver sees it.

    Attributes:
        platform: what JAX found where it is; None until it has said so.
        request: its question that was not answered yet.
        watchdog: how long it has been silent, and how long it may be.
    """

    watchdog: Watchdog
    platform: str | None = None
    shape: Shape | None = None
    runs: dict[str, Run] = field(default_factory=dict)
    request: JobRequest | None = None

    @property
    def greeted(self) -> bool:
        return self.platform is not None


class Pool:
    """A worker for every place of a site.

    Args:
        say: told of anything a person should know.
        limits: how long a worker may be silent before it is taken for hung, and killed.

    Attributes:
        workers: those that live.
    """

    def __init__(self, site: Site, *, say: Callable[[str], None] = lambda text: None, limits: Limits = LIMITS):
        self.workers: dict[Place, Worker] = {}
        self._site, self._say, self._limits = site, say, limits
        self._platform: str | None = None
        self._over = False
        self._failed_starts: Counter[Place] = Counter()
        self._barred: set[Place] = set()

    def stop(self) -> None:
        """Every worker ends after the chunk it is in; what it did until then is reported."""
        self._site.stop()
        self._finish()

    def kill(self) -> None:
        """End every worker now."""
        for place in self.workers:
            self._site.kill(place)

    def run(self, dealer: Dealer) -> Generator[Event | LostWorker | None]:
        """Events of all workers until nothing is left to do, and None whenever nothing has happened for a moment.

        A worker that dies or hangs is reported, and replaced while it has a place.
        """
        atexit.register(self.kill)  # multiprocessing would wait for workers, which end for no gentler signal
        try:
            while self._start_workers():
                began, heard = time.monotonic(), set()
                for place, message in self._site.listen(POLL_SECONDS):
                    heard.add(place)
                    yield from self._handle(place, message, dealer)
                for place, worker in self.workers.items():
                    if worker.request is not None:
                        self._answer(place, worker, worker.request, dealer)
                self._kill_hung(heard, time.monotonic() - began)
                yield None
        finally:
            self.kill()
            atexit.unregister(self.kill)

    def _start_workers(self) -> bool:
        """Start a worker in every place that is free. False once there is nothing to do and nobody is left."""
        if self._over:
            return bool(self.workers)
        for place in self._site.places(self._platform):
            if place not in self.workers and place not in self._barred:
                self._site.start(place)
                self.workers[place] = worker = Worker(Watchdog(self._limits))
                if self._site.may_wait:
                    worker.watchdog.pause()
        return True

    def _finish(self) -> None:
        """Nothing will be dealt any more, so nobody need begin."""
        self._over = True
        for place, worker in self.workers.items():
            if not worker.greeted:
                self._site.kill(place)

    def _handle(self, place: Place, message: Message | Ended, dealer: Dealer) -> Iterator[Event | LostWorker]:
        if isinstance(message, Ended):
            yield from self._handle_end(place, message, dealer)
            return
        worker = self.workers[place]
        worker.watchdog.reset()
        if isinstance(message, Hello):
            worker.platform = self._platform = message.platform
            worker.watchdog.set_expected(None)
            del self._failed_starts[place]
        elif isinstance(message, JobRequest):
            worker.request = message
            worker.watchdog.pause()
        elif isinstance(message, ChunkSeconds):
            worker.watchdog.set_expected(message.seconds)
        elif isinstance(message, Notice):
            self._say(message.text)
        else:
            if isinstance(message, Finished | Failed):
                worker.runs.pop(message.run.identity, None)
            yield message

    def _kill_hung(self, heard: Collection[Place], seconds: float) -> None:
        """Kill workers that hang; their end is then noticed as that of any that dies."""
        for place, worker in self.workers.items():
            if place not in heard and worker.watchdog.check(seconds):
                self._site.kill(place)

    def _answer(self, place: Place, worker: Worker, request: JobRequest, dealer: Dealer) -> None:
        if request.shape is None and worker.shape is not None:
            dealer.leave(worker.shape)
            worker.shape = None
        assignment = dealer.deal(request.shape, request.n, len(self.workers), worker.platform != "cpu")
        if assignment is None:
            return
        if request.shape is None and not assignment.items and not self._over:
            if any(other.runs for other in self.workers.values()):
                return  # a worker may yet die, and this one do what is left
            self._finish()
        worker.request = None
        worker.watchdog.set_expected(None)
        worker.shape = assignment.shape or worker.shape
        worker.runs |= {job.run.identity: job.run for job in assignment.items}
        self._site.give(place, assignment)

    def _handle_end(self, place: Place, end: Ended, dealer: Dealer) -> Iterator[LostWorker]:
        worker = self.workers.pop(place)
        if worker.shape is not None:
            dealer.leave(worker.shape)
        hung = f"gave no sign of life for {worker.watchdog.silent:.0f} seconds and was killed"
        how = hung if worker.watchdog.expired else end.how
        if not self._over:
            self._say(f"a worker process {how}; {self._decide_replacement(place, worker, end)}")
        if worker.runs:
            yield LostWorker(tuple(worker.runs.values()), how)

    def _decide_replacement(self, place: Place, worker: Worker, end: Ended) -> str:
        """Whether another worker is started in its place.

        One that fails by itself before it begins would always fail; one that was killed may have been unlucky.

        Raises:
            ChildProcessError: it is not, and nobody else is left.
        """
        self._failed_starts[place] += not worker.greeted
        if (end.by_itself and not worker.greeted) or self._failed_starts[place] >= STARTS:
            self._barred.add(place)
            if not self.workers:
                raise ChildProcessError(f"a worker process {end.how} before it began; {end.words}")
            return f"it had not begun, so its place is left empty; {end.words}"
        return "another one takes its place" if place in self._site.places(self._platform) else "its place is gone"
