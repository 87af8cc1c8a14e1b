"""What a person sees while a suite runs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from grokscope.run import Run
from grokscope.training.outcomes import Event, Failed, Finished
from grokscope.training.outcomes import Progress as Step

LINES_AT_MOST = 100


class Display:
    """A bar for each measurement on a terminal; elsewhere a line for every finished run, or every hundredth part."""

    def __init__(self, console: Console):
        self._console = console
        self._labels: dict[str, str] = {}
        self._ended = 0
        self._bars = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[now]}", style="dim"),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def expect(self, runs: Sequence[Run]) -> None:
        """Begin to show runs that are about to be done, which may be fewer than the suite asks for."""
        self._labels = {run.identity: run.label for run in runs}
        kinds = Counter(run.measurement.kind for run in runs)
        self._tasks = {kind: self._bars.add_task(kind, total=n, now="") for kind, n in kinds.items()}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def watch(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, Step):
            label = self._labels[event.identity]
            gen = "" if math.isnan(event.val_acc) else f", val {event.val_acc:.1%}"
            now = f"{label}: epoch {event.epoch}, train {event.running_acc:.1%}{gen}"
            self._bars.update(self._tasks[label.split()[0]], now=now)
        elif isinstance(event, Finished | Failed):
            self._ended += 1
            self._bars.advance(self._tasks[event.run.measurement.kind])
            if not self._console.is_terminal and self._ended % self._every == 0:
                how = f"{event.result.epochs} epochs" if isinstance(event, Finished) else "failed"
                self._console.print(f"{self._ended}: {self._labels[event.run.identity]}: {how}")

    def say(self, text: str) -> None:
        """A line above the bars."""
        self._bars.console.print(text, markup=False)

    @property
    def _every(self) -> int:
        return max(1, len(self._labels) // LINES_AT_MOST)
