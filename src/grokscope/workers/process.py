"""A worker process on one core: takes jobs from the driver through a pipe and streams events back."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from ctypes import c_bool
from multiprocessing.connection import Connection, wait

from grokscope.registry import IncludedFile, restore
from grokscope.training.outcomes import Job
from grokscope.workers.assignment import Assignment
from grokscope.workers.cache import use_compilation_cache
from grokscope.workers.messages import converse
from grokscope.workers.signals import ENDING


def serve(
    pipe: Connection, stop: c_bool, core: int | None, chunk_seconds: float, files: Sequence[IncludedFile] = ()
) -> None:
    """Work until the driver has nothing more, or asks to stop.

    Args:
        files: what the driver has included, whose kinds its runs may be of.

    Signals that a terminal or a scheduler sends to all processes alike are the driver's to handle.
    """
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    exit_with_driver()
    pin_to_core(core)
    use_compilation_cache()
    for file in files:
        restore(file)

    def receive() -> Assignment[Job]:
        assignment = pipe.recv()
        assert isinstance(assignment, Assignment)
        return assignment

    with contextlib.suppress(BrokenPipeError, EOFError):  # the driver is gone: so is the point of going on
        converse(pipe.send, receive, stop=lambda: stop.value, chunk_seconds=chunk_seconds)
    pipe.close()


def exit_with_driver() -> None:
    """A driver that is killed cannot end its workers: each ends itself, and none stands in the next driver's way."""

    def watch(driver: int) -> None:
        wait([driver])
        os._exit(1)

    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=watch, args=(parent.sentinel,), daemon=True).start()


def pin_to_core(core: int | None) -> None:
    """Keep this process, and so XLA's thread pool, on one core, where the system can do that."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
