"""Figures for less than what those of users cost, drawn in this process, where a test is about something else."""

from __future__ import annotations

import base64
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from grokscope.report.style import STYLE

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""A PNG."""


def blank(figure: Figure, stem: Path) -> None:
    """Made and not drawn: a tenth of the time."""
    for suffix in (".pdf", ".png"):
        stem.with_name(stem.name + suffix).write_bytes(PIXEL)


def quickly(figure: Figure, stem: Path) -> None:
    """Drawn as a picture alone, everything where it falls: a third of the time. The rest goes into the layout and the
    fonts that are cut out for the PDF."""
    figure.set_layout_engine(None)
    with mpl.rc_context(STYLE):
        figure.savefig(stem.with_name(stem.name + ".png"), dpi=200)
    stem.with_name(stem.name + ".pdf").write_bytes(PIXEL)


@contextmanager
def saved(save: Callable[[Figure, Path], None]) -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("grokscope.report.drawing.save", save)
        patch.setattr("grokscope.report.drawing.available_cores", lambda: [0])  # another process would draw as ever
        yield
