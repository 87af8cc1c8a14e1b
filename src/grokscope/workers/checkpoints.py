"""Checkpoints as files, one a run, each replaced by an atomic rename: there is always a whole one or none."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Container
from pathlib import Path

from grokscope.ledger.owners import is_dead, new_owner
from grokscope.run import Run
from grokscope.spec import InputError
from grokscope.training.outcomes import Checkpoint

KEPT, NEW = ".checkpoint", ".new"
COLON = "~"
"""In the names of files, where some systems allow no colon."""


class Checkpoints:
    """A folder of checkpoints. Files are named by a run's identity, unfinished ones by who writes them, too."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._writer = new_owner().replace(":", COLON)

    def open(self) -> None:
        """Make the folder, and check that it can be written.

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
        """Write the checkpoint of a run in place of the one before, which stays if this fails.

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
        """The checkpoint of a run, or None."""
        try:
            return self._path(identity).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, identity: str) -> None:
        """Delete the checkpoint of a run, if there is one."""
        self._path(identity).unlink(missing_ok=True)

    def _path(self, identity: str) -> Path:
        return self.folder / f"{identity}{KEPT}"


class BestEffortCheckpoints:
    """Checkpoints as a driver writes them: a fault of their disk is said and ends no drive.

    A full disk then costs more than a chunk of each run if the drive is killed meanwhile, and nothing else.

    Args:
        say: told when checkpoints cease to be written, and when they are again.
    """

    def __init__(self, checkpoints: Checkpoints, say: Callable[[str], None]):
        self._checkpoints, self._say = checkpoints, say
        self._can_write = True

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint if that is possible; say so when it ceases to be, and when it is again."""
        folder = self._checkpoints.folder
        try:
            self._checkpoints.save(checkpoint.run.identity, checkpoint.state)
        except OSError as error:
            if self._can_write:
                self._say(f"{folder}: {error.strerror}; runs go on, but their checkpoints cannot be written")
            self._can_write = False
            return
        if not self._can_write:
            self._say(f"{folder}: checkpoints are written again")
        self._can_write = True

    def load(self, run: Run) -> bytes | None:
        """The checkpoint of a run; None if there is none or, which is said, if it cannot be read."""
        try:
            return self._checkpoints.load(run.identity)
        except OSError as error:
            self._say(f"checkpoint of run {run.identity}: {error.strerror}, so it is not used")
            return None

    def drop(self, run: Run) -> None:
        """Delete the checkpoint of a run. What cannot be deleted now goes when the folder is cleared the next time."""
        with contextlib.suppress(OSError):
            self._checkpoints.drop(run.identity)
