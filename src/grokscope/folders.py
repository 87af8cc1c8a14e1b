"""Where Grokscope keeps what it can make again, and where it looks for what only the user has."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """`$GROKSCOPE_CACHE`, or the user's cache folder."""
    return Path(os.environ.get("GROKSCOPE_CACHE") or platformdirs.user_cache_path("grokscope"))


def data_folder() -> Path:
    """`$GROKSCOPE_DATA`, or the user's data folder: data sets that do not come with Grokscope."""
    return Path(os.environ.get("GROKSCOPE_DATA") or platformdirs.user_data_path("grokscope"))
