"""A page in a headless Chromium: what it became, and what the console said."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium in the path: install the package chromium")


class Seen(NamedTuple):
    dom: str
    console: list[str]


def visit(address: str, *flags: str) -> Seen:
    """Open an address, let its scripts run, and return the document and the lines of the console."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        done = subprocess.run(
            [
                *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
                *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
                *("--enable-logging=stderr", "--v=0", "--virtual-time-budget=5000", f"--user-data-dir={profile}"),
                *(flags or ("--dump-dom",)),
                address,
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    return Seen(done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line])


def screenshot(address: str, path: Path, *, width: int, height: int) -> list[str]:
    """Keep a picture of an address; returns the lines of the console."""
    console = visit(address, f"--screenshot={path}", f"--window-size={width},{height}").console
    assert path.stat().st_size > 10_000
    return console
