"""The processor cores that this process may use."""

from __future__ import annotations

import os


def available_cores() -> list[int]:
    """Numbers of the cores that this process may use: fewer than the machine has where a scheduler says so."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
