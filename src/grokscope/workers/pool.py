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
from grokscope.workers.messages import Expect, Hello, Message, Said, Want
from grokscope.workers.site import Ended, Place, Site
from grokscope.workers.watchdog import LIMITS, Limits, Watch

POLL_SECONDS = 0.2
STARTS = 3
"""Worker processes in a row that may be killed in one place before they begin."""


@dataclass(frozen=True)
class Lost:
    """A worker process that ended with runs in its hands; `how`, in words."""

    runs: tuple[Run, ...]
    how: str


@dataclass
class Worker:
    """A worker as the driver sees it.

    Attributes:
        platform: what JAX found where it is; None until it has said so.
        asks: what it waits for an answer to.
        watch: how long it has been silent, and how long it may be.
    """

    watch: Watch
    platform: str | None = None
    shape: Shape | None = None
    runs: dict[str, Run] = field(default_factory=dict)
    asks: Want | None = None

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
        self._unbegun: Counter[Place] = Counter()
        self._barred: set[Place] = set()

    def stop(self) -> None:
        """Every worker ends after the chunk it is in; what it did until then is reported."""
        self._site.stop()
        self._finish()

    def kill(self) -> None:
        """End every worker now."""
        for place in self.workers:
            self._site.kill(place)

    def run(self, dealer: Dealer) -> Generator[Event | Lost | None]:
        """Events of all workers until nothing is left to do, and None whenever nothing has happened for a moment.

        A worker that dies or hangs is reported, and replaced while it has a place.
        """
        atexit.register(self.kill)  # multiprocessing would wait for workers, which end for no gentler signal
        try:
            while self._fill():
                began, heard = time.monotonic(), set()
                for place, message in self._site.listen(POLL_SECONDS):
                    heard.add(place)
                    yield from self._heard(place, message, dealer)
                for place, worker in self.workers.items():
                    if worker.asks is not None:
                        self._answer(place, worker, worker.asks, dealer)
                self._look_at_the_silent(heard, time.monotonic() - began)
                yield None
        finally:
            self.kill()
            atexit.unregister(self.kill)

    def _fill(self) -> bool:
        """Start a worker in every place that is free. False once there is nothing to do and nobody is left."""
        if self._over:
            return bool(self.workers)
        for place in self._site.places(self._platform):
            if place not in self.workers and place not in self._barred:
                self._site.start(place)
                self.workers[place] = worker = Worker(Watch(self._limits))
                if self._site.may_wait:
                    worker.watch.rests()
        return True

    def _finish(self) -> None:
        """Nothing will be dealt any more, so nobody need begin."""
        self._over = True
        for place, worker in self.workers.items():
            if not worker.greeted:
                self._site.kill(place)

    def _heard(self, place: Place, message: Message | Ended, dealer: Dealer) -> Iterator[Event | Lost]:
        if isinstance(message, Ended):
            yield from self._ended(place, message, dealer)
            return
        worker = self.workers[place]
        worker.watch.heard()
        if isinstance(message, Hello):
            worker.platform = self._platform = message.platform
            worker.watch.expects(None)
            del self._unbegun[place]
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

    def _look_at_the_silent(self, heard: Collection[Place], seconds: float) -> None:
        """Kill who hangs; its end is then noticed as of any that dies."""
        for place, worker in self.workers.items():
            if place not in heard and worker.watch.is_over(seconds):
                self._site.kill(place)

    def _answer(self, place: Place, worker: Worker, want: Want, dealer: Dealer) -> None:
        if want.shape is None and worker.shape is not None:
            dealer.leave(worker.shape)
            worker.shape = None
        offer = dealer.deal(want.shape, want.n, len(self.workers), worker.platform != "cpu")
        if offer is None:
            return
        if want.shape is None and not offer.jobs and not self._over:
            if any(other.runs for other in self.workers.values()):
                return  # a worker may yet die, and this one do what is left
            self._finish()
        worker.asks = None
        worker.watch.expects(None)
        worker.shape = offer.shape or worker.shape
        worker.runs |= {job.run.identity: job.run for job in offer.jobs}
        self._site.give(place, offer)

    def _ended(self, place: Place, end: Ended, dealer: Dealer) -> Iterator[Lost]:
        worker = self.workers.pop(place)
        if worker.shape is not None:
            dealer.leave(worker.shape)
        hung = f"gave no sign of life for {worker.watch.silent:.0f} seconds and was killed"
        how = hung if worker.watch.over else end.how
        if not self._over:
            self._say(f"a worker process {how}; {self._what_then(place, worker, end)}")
        if worker.runs:
            yield Lost(tuple(worker.runs.values()), how)

    def _what_then(self, place: Place, worker: Worker, end: Ended) -> str:
        """Whether another worker is started in its place.

        One that fails by itself before it begins would always fail; one that was killed may have been unlucky.

        Raises:
            ChildProcessError: it is not, and nobody else is left.
        """
        self._unbegun[place] += not worker.greeted
        if (end.by_itself and not worker.greeted) or self._unbegun[place] >= STARTS:
            self._barred.add(place)
            if not self.workers:
                raise ChildProcessError(f"a worker process {end.how} before it began; {end.words}")
            return f"it had not begun, so its place is left empty; {end.words}"
        return "another one takes its place" if place in self._site.places(self._platform) else "its place is gone"
