"""Where and how a run is trained, for the record."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import jax

from grokscope.training.outcomes import Provenance

PACKAGES = ("jax", "jaxlib", "equinox", "optax", "numpy")


def now() -> str:
    """UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@lru_cache(maxsize=1)
def version() -> str:
    """The installed version of Grokscope, or `unknown` when it runs from a bare folder."""
    try:
        return metadata.version("grokscope")
    except metadata.PackageNotFoundError:
        return "unknown"


@lru_cache(maxsize=1)
def git_revision() -> str:
    """Short hash of the checkout that this code lies in, `+` if it was changed; empty outside a checkout."""
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions of the packages that a result can depend on."""
    return {name: metadata.version(name) for name in PACKAGES} | {"python": platform.python_version()}


def provenance(*, strategy: str, layout: int, seconds: float, started: str) -> Provenance:
    """The record for a run that ends now, on this process's first device."""
    device = jax.local_devices()[0]
    return Provenance(
        version=version(),
        git=git_revision(),
        host=platform.node(),
        device=f"{device.platform}:{device.device_kind}",
        strategy=strategy,
        layout=layout,
        seconds=seconds,
        started=started,
        ended=now(),
        versions=versions(),
    )
