"""This machine as a site: worker processes, one a core (or one for its accelerators)."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from ctypes import c_bool
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from grokscope.cores import available_cores
from grokscope.registry import included
from grokscope.training.chunk_clock import CHUNK_SECONDS
from grokscope.training.outcomes import Job
from grokscope.workers.assignment import Assignment
from grokscope.workers.messages import Message
from grokscope.workers.process import serve
from grokscope.workers.signals import block_signals
from grokscope.workers.site import Ended, Place

EXIT_SECONDS = 30.0


@dataclass(frozen=True)
class Channel:
    """A process and the pipe to it."""

    process: SpawnProcess
    pipe: Connection

    def read(self) -> Message | Ended:
        """Read the next message, which must be there, or how the process ended."""
        try:
            message: Message = self.pipe.recv()
        except (EOFError, OSError):
            return self._end()
        return message

    def _end(self) -> Ended:
        self.process.join(EXIT_SECONDS)
        self.process.kill()  # one that has closed its pipe and does not end has nothing more to say
        self.process.join()
        code = self.process.exitcode
        return Ended(f"ended with exit code {code}", by_itself=code is None or code >= 0)


class Machine:
    """Processes of this machine.

    Args:
        n: how many; by default one for every core this process may use. On an accelerator it is one, whatever `n`.
        chunk_seconds: how long a worker goes on between two reports.
    """

    may_wait = False

    def __init__(self, n: int | None = None, *, chunk_seconds: float = CHUNK_SECONDS):
        self._context = multiprocessing.get_context("spawn")
        self._stop = self._context.Value(c_bool, False, lock=False)  # a worker killed with a lock in hand keeps it
        self._chunk_seconds = chunk_seconds
        available = available_cores()
        self._cores = [available[i % len(available)] for i in range(n or len(available))]
        self.channels: dict[Place, Channel] = {}

    def places(self, platform: str | None) -> Sequence[Place]:
        """One until it is known what the machine has: a CPU wants one worker a core."""
        return [Place("", i) for i in range(len(self._cores) if platform == "cpu" else 1)]

    def start(self, place: Place) -> None:
        ours, theirs = self._context.Pipe()
        core = self._cores[place.number]
        process = self._context.Process(
            target=serve, args=(theirs, self._stop, core, self._chunk_seconds, included()), daemon=True
        )
        with block_signals():
            process.start()
        theirs.close()
        self.channels[place] = Channel(process, ours)

    def listen(self, seconds: float) -> Iterator[tuple[Place, Message | Ended]]:
        places = {channel.pipe: place for place, channel in self.channels.items()}
        for pipe in wait(list(places), timeout=seconds):
            place = places[pipe]  # type: ignore[index]  # only pipes were waited for
            message = self.channels[place].read()
            if isinstance(message, Ended):
                del self.channels[place]
            yield place, message

    def give(self, place: Place, assignment: Assignment[Job]) -> None:
        try:
            self.channels[place].pipe.send(assignment)
        except (BrokenPipeError, OSError):
            return  # it died while it waited: the end of its pipe says so, and its runs go back

    def stop(self) -> None:
        self._stop.value = True  # type: ignore[assignment]  # ctypes converts it

    def kill(self, place: Place) -> None:
        self.channels[place].process.kill()
