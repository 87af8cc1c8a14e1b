"""The record of where and how a run is trained."""

from __future__ import annotations

import json
import platform
import subprocess
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import jax

from grokscope.training.outcomes import Provenance

BUILD = Path(__file__).parents[1] / "build.json"
"""What a wheel was built from; not there in a checkout."""
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
    """Short hash of the commit that this code is of, `+` if it was changed since; empty where nobody knows.

    A wheel says which it was built from. Else this file must be tracked by the checkout that it lies in: a folder of
    installed packages often lies in a checkout of something else.
    """
    if BUILD.exists():
        return str(json.loads(BUILD.read_text()).get("commit", ""))
    try:
        _git("ls-files", "--error-unmatch", Path(__file__).name)
        return _git("describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*")
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()


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
