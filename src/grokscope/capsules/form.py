"""What a capsule holds, under which names."""

from __future__ import annotations

import hashlib
from pathlib import Path

FORM = 1
"""Raised whenever a capsule changes so that an older Grokscope could not read it."""
LIST, SUITE, LEDGER, REPORT = "capsule.json", "suite.yaml", "ledger.sqlite", "report"
PLUGINS = "plugins"
"""In the list: who made the outside kinds. As a folder: the files of kinds among them, as text that is never executed
from here."""
PIECE = 2**20


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
