"""What every page is made of: its style, and files and pictures put into it."""

from __future__ import annotations

import base64
from importlib import resources
from pathlib import Path


def text_of(name: str, package: str = __name__) -> str:
    """A file beside a module of this name."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def embedded(png: Path) -> str:
    """A picture as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png.read_bytes()).decode()
