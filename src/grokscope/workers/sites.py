"""Where a suite's workers run: `local` (this machine), `ray` (a Ray started for it here) or `ray:ADDRESS`."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from grokscope.cores import available_cores
from grokscope.spec import InputError
from grokscope.workers.machine import Machine
from grokscope.workers.site import Site

LOCAL = "local"
CONNECT_SECONDS = 10.0
QUIET = {
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""Ray's settings where the user has none: no lines of its own between ours, no reports to its makers."""


def ray_address(on: str) -> str | None:
    """The address of the Ray cluster that is meant; "local" is one to be started; None: no Ray.

    Raises:
        InputError: there is no such place, or Ray is not installed.
    """
    kind, _, address = on.partition(":")
    if on == LOCAL:
        return None
    if kind != "ray" or (":" in on and not address):
        raise InputError(f"found {on!r}, expected local, ray or ray:ADDRESS (such as ray:10.0.0.1:6379 or ray:auto)")
    if address.startswith("ray://"):
        raise InputError(
            f"found {on!r}, expected the address of a cluster that this machine is a node of: Ray's client cannot "
            "stream results, so start the command on the head node, or as a job (see docs/clusters.md)"
        )
    if find_spec("ray") is None:
        raise InputError("found no Ray, expected the extra: pip install 'grokscope[ray]'")
    return address or LOCAL


@contextmanager
def open_site(
    on: str, workers: int | None = None, *, chunk_seconds: float, say: Callable[[str], None] = lambda text: None
) -> Iterator[Site]:
    """A site for as long as it is needed.

    Args:
        workers: at most so many; by default as many as there is room for.

    Raises:
        InputError: see `ray_address`; or no cluster answers there.
    """
    address = ray_address(on)
    if address is None:
        yield Machine(workers, chunk_seconds=chunk_seconds)
        return
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    from grokscope.workers.cluster import Cluster

    if ray.is_initialized():
        raise InputError("this process is connected to a Ray cluster already, expected none (ray.shutdown() ends it)")
    if address not in (LOCAL, "auto"):
        check_reachable(address)
    fresh = {"num_cpus": workers or len(available_cores()), "include_dashboard": False} if address == LOCAL else {}
    try:
        with keep_sigterm_handler():
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL, **fresh)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(f"ray: no cluster at {address}: {str(error).strip().splitlines()[0]}") from error
    try:
        yield Cluster(workers, chunk_seconds=chunk_seconds, say=say)
    finally:
        ray.shutdown()


def check_reachable(address: str) -> None:
    """Check that something listens at the address; Ray itself would try for minutes.

    Raises:
        InputError: nothing does.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise InputError(f"found ray:{address}, expected ray:HOST:PORT (the port is 6379 where none was chosen)")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise InputError(f"ray: no cluster at {address}: {error}") from error


@contextmanager
def keep_sigterm_handler() -> Iterator[None]:
    """Restore the driver's handler of SIGTERM, which Ray takes for itself."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)
