"""Where Grokscope keeps what it can make again, and where it looks for what only the user has."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """`$GROKSCOPE_CACHE`, or the user's cache folder."""
    return Path(os.environ.get("GROKSCOPE_CACHE") or _users("cache"))


def data_folder() -> Path:
    """`$GROKSCOPE_DATA`, or the user's data folder: data sets that do not come with Grokscope."""
    return Path(os.environ.get("GROKSCOPE_DATA") or _users("data"))


def _users(what: str) -> Path:
    import platformdirs  # only here: the engine must do without it

    folder: Path = getattr(platformdirs, f"user_{what}_path")("grokscope")
    return folder
