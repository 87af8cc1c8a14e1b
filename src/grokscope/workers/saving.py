"""Checkpoints as the driver deals with them: no fault of their disk ends a drive."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from grokscope.run import Run
from grokscope.training.outcomes import Checkpoint
from grokscope.workers.checkpoints import Checkpoints


class Saving:
    """A full disk costs more than a chunk of each run if the drive is killed meanwhile, and nothing else."""

    def __init__(self, checkpoints: Checkpoints, say: Callable[[str], None]):
        self._checkpoints, self._say = checkpoints, say
        self._works = True

    def save(self, checkpoint: Checkpoint) -> None:
        """Keep it if that is possible; say so when it ceases to be, and when it is again."""
        folder = self._checkpoints.folder
        try:
            self._checkpoints.save(checkpoint.run.identity, checkpoint.state)
        except OSError as error:
            if self._works:
                self._say(f"{folder}: {error.strerror}; runs go on, but their checkpoints cannot be written")
            self._works = False
            return
        if not self._works:
            self._say(f"{folder}: checkpoints are written again")
        self._works = True

    def load(self, run: Run) -> bytes | None:
        """What is kept of a run; None, and a word, if it cannot be read."""
        try:
            return self._checkpoints.load(run.identity)
        except OSError as error:
            self._say(f"checkpoint of run {run.identity}: {error.strerror}, so it is not used")
            return None

    def drop(self, run: Run) -> None:
        """Forget a run. What cannot be deleted now is found when the folder is opened the next time."""
        with suppress(OSError):
            self._checkpoints.drop(run.identity)
