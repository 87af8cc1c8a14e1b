"""Sketches drawn and saved by several processes: of a report of many primes that is most of the work.

Another process is this module with its share of the sketches on standard input. Unlike a pool of `multiprocessing` it
does not import its caller's script again, so that a report can be made from anywhere.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from grokscope.cores import available_cores
from grokscope.report.style import save

Sketch = Callable[[], Figure | None]
"""Draws a figure; None where its data are absent."""

FEWEST = 12
"""Sketches that are worth a process: it takes as long as six to start."""

Share = Sequence[tuple[str, Sketch]]


class DrawingError(RuntimeError):
    """A process that drew figures failed; the message ends with what it said."""


def draw(sketches: Iterable[tuple[str, Sketch]], folder: Path, *, processes: int | None = None) -> dict[str, Path]:
    """Save every figure that has data as PDF and PNG in a folder; stem -> PNG, in the order of the sketches.

    Args:
        processes: how many draw, this one included; by default as many as there are cores and work for.

    Raises:
        DrawingError: one of the other processes failed.
    """
    due = list(sketches)
    n = processes or max(1, min(len(available_cores()), len(due) // FEWEST))
    # Like kinds side by side, so that every process gets as many of each.
    dealt = sorted(due, key=lambda each: each[0])
    others = [_start(dealt[k::n], folder) for k in range(1, n)]
    try:
        _draw(dealt[::n], folder)
        for other in others:
            said = other.communicate()[1].decode(errors="replace").strip()
            if other.returncode:
                raise DrawingError(f"figures: a process ended with {other.returncode}, expected 0:\n{said}")
    finally:
        for other in others:
            other.kill()
            other.wait()
    return {stem: png for stem, _ in due if (png := folder / f"{stem}.png").exists()}


def _draw(share: Share, folder: Path) -> None:
    for stem, sketch in share:
        figure = sketch()
        if figure is not None:
            save(figure, folder / stem)


def _start(share: Share, folder: Path) -> subprocess.Popen[bytes]:
    """A process that draws its share, found where this one finds its modules."""
    paths = os.pathsep.join(path for path in sys.path if path)
    with tempfile.TemporaryFile() as sent:
        pickle.dump(share, sent)
        sent.seek(0)
        return subprocess.Popen(
            [sys.executable, "-m", __name__, str(folder)],
            stdin=sent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": paths},
        )


if __name__ == "__main__":
    _draw(pickle.load(sys.stdin.buffer), Path(sys.argv[1]))
