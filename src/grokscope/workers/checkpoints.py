"""Checkpoints as files, one a run, each replaced by an atomic rename: there is always a whole one or none."""

from __future__ import annotations

import os
from pathlib import Path


class Checkpoints:
    """A folder of checkpoints. Files are named by a run's identity."""

    def __init__(self, folder: Path):
        self.folder = folder

    def save(self, identity: str, data: bytes) -> None:
        """Keep these bytes in place of what was kept before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(identity)
        new = path.with_suffix(".new")
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)

    def load(self, identity: str) -> bytes | None:
        """What is kept of a run, or None."""
        try:
            return self._path(identity).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, identity: str) -> None:
        """Forget a run."""
        self._path(identity).unlink(missing_ok=True)

    def _path(self, identity: str) -> Path:
        return self.folder / f"{identity}.checkpoint"
