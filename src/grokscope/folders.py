"""Folders of what Grokscope can make again and of what only the user has; files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """`$GROKSCOPE_CACHE`, or the user's cache folder."""
    return Path(os.environ.get("GROKSCOPE_CACHE") or _users("cache"))


def data_folder() -> Path:
    """`$GROKSCOPE_DATA`, or the user's data folder: data sets that do not come with Grokscope."""
    return Path(os.environ.get("GROKSCOPE_DATA") or _users("data"))


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A new file beside this one, to be written: it takes its place at the end, or nothing of it is left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        yield new
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _users(what: str) -> Path:
    import platformdirs  # only here: the engine must do without it

    folder: Path = getattr(platformdirs, f"user_{what}_path")("grokscope")
    return folder
