"""Signals that ask this process to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM)


_COLLECTED: list[list[int]] = []
"""Signals that `collect_interrupts` collects at the moment."""


@contextmanager
def collect_interrupts() -> Iterator[list[int]]:
    """Collect signals that ask this process to end, and do not act on them; nested calls share one list.

    Outside the main thread, none. An exception instead would be lost wherever Python swallows it, as it does in the
    callback that JAX has for the garbage collector.
    """
    if _COLLECTED:
        yield _COLLECTED[0]
        return
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = [signal.signal(number, lambda number, frame: asked.append(number)) for number in ENDING]
    _COLLECTED.append(asked)
    try:
        yield asked
    finally:
        _COLLECTED.clear()
        for number, handler in zip(ENDING, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def block_signals() -> Iterator[None]:
    """Hold such signals back from a child that is started meanwhile; this process gets its own afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
