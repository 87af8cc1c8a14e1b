"""Checkpoints as files, one a run, each replaced by an atomic rename: there is always a whole one or none."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Container
from pathlib import Path

from grokscope.ledger.owners import is_dead, new_owner
from grokscope.spec import InputError

KEPT, NEW = ".checkpoint", ".new"
COLON = "~"
"""In the names of files, where some systems allow no colon."""


class Checkpoints:
    """A folder of checkpoints. Files are named by a run's identity, unfinished ones by who writes them, too."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._writer = new_owner().replace(":", COLON)

    def open(self) -> None:
        """Make the folder, and see that it can be written.

        Raises:
            InputError: it cannot.
        """
        trial = self.folder / f"trial.{self._writer}{NEW}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            trial.write_bytes(b"trial")
        except OSError as error:
            raise InputError(f"{self.folder}: {error.strerror}; expected a folder that can be written") from error
        finally:
            with contextlib.suppress(OSError):
                trial.unlink(missing_ok=True)

    def clear(self, ended: Container[str]) -> None:
        """Delete what killed drivers left: unfinished files, and checkpoints of runs that have ended.

        What cannot be deleted now is found the next time.
        """
        for path in self.folder.iterdir():
            identity, _, writer = path.stem.partition(".")
            left = is_dead(writer.replace(COLON, ":")) if path.suffix == NEW else identity in ended
            if left and path.suffix in (KEPT, NEW):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)

    def save(self, identity: str, data: bytes) -> None:
        """Keep these bytes in place of what was kept before, which stays if this fails.

        Raises:
            OSError: they cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self.folder / f"{identity}.{self._writer}{NEW}"
        try:
            with new.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path(identity))
        except OSError:
            with contextlib.suppress(OSError):
                new.unlink(missing_ok=True)  # a full disk needs the room
            raise

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
        return self.folder / f"{identity}{KEPT}"
