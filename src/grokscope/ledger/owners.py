"""Who works on a run: a driver, a process of some machine, named so that others can tell whether it may still live."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import uuid
from functools import lru_cache
from pathlib import Path

BOOT, NAMESPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


def new_owner() -> str:
    """A name that no other driver has: `host:pid:random`, where `random` begins with `process_space()`."""
    return f"{platform.node()}:{os.getpid()}:{process_space()}{secrets.token_hex(4)}"


def is_dead(owner: str) -> bool:
    """Whether this driver is proven dead: its process was one of this machine's, and is gone. In doubt it lives."""
    _, pid, random = owner.rsplit(":", 2) if owner.count(":") >= 2 else ("", "", "")
    if os.name != "posix" or not pid.isdecimal() or not random.startswith(process_space()):
        return False
    try:
        os.kill(int(pid), 0)  # signal 0 only asks
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


@lru_cache(maxsize=1)
def process_space() -> str:
    """Eight digits that two processes share if they count processes alike: one machine, booted once, one container.

    A host's name does not tell: containers have process numbers of their own, and may share it.
    """
    try:
        where = BOOT.read_text() + str(NAMESPACE.readlink())
    except OSError:
        where = f"{platform.node()} {uuid.getnode()}"
    return hashlib.blake2b(where.encode(), digest_size=4).hexdigest()
