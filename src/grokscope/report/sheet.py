"""A report of sections: text, figures and tables one below the other, for studies whose page needs no controls.

The same folder, page and style as the race's report: `index.html`, `figures/`, `tables/`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from grokscope.report.drawing import draw
from grokscope.report.page import embed_png, environment, read_asset, replace_report, write_csv
from grokscope.report.status import Counts, Failure

WIDE = 1000
"""Pixels from which on a figure is given the room of two: one column has 680."""
FOLDED = 20
"""Rows of a table beyond which it is shown when it is asked for."""
LEAST = 1e-6
"""Below it numbers are in powers of ten."""


class Drawing(NamedTuple):
    """A figure that is drawn when it is needed and forgotten: file stem, how, and one sentence below it."""

    stem: str
    draw: Callable[[], Figure]
    caption: str


@dataclass(frozen=True)
class Section:
    """A heading, what is said under it, its drawings, and tables by file stem.

    Attributes:
        findings: sentences with what was found, numbers and intervals included.
        caveats: what the data do not allow to say.
        tables: written whole as CSV; the page shows them if they are not longer than `most_rows`.
    """

    title: str
    findings: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    most_rows: int = 40


@dataclass(frozen=True)
class Sheet:
    """Everything that such a report shows; whoever has it can make the report, without a ledger.

    Attributes:
        suite, description, yaml: the suite's name, its description and its text.
        question: the study in one sentence, for the title.
        counts: by measurement, all that the suite asks for.
        missing: what is not there, a sentence each.
    """

    suite: str
    question: str
    description: str
    yaml: str
    counts: Mapping[str, Counts]
    sections: tuple[Section, ...]
    failures: tuple[Failure, ...] = ()
    provenance: tuple[Mapping[str, object], ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every run that the suite asks for is done."""
        return all(count.done == count.total for count in self.counts.values())


def write_sheet(sheet: Sheet, folder: Path) -> Path:
    """Write the report and return the path of its page. Equal contents give equal bytes.

    Raises:
        FileExistsError: the folder holds anything but a report; nothing is written.
    """
    return replace_report(folder, partial(_build, sheet))


def _build(sheet: Sheet, folder: Path) -> None:
    due = [(drawing.stem, drawing.draw) for section in sheet.sections for drawing in section.drawings]
    pictures = draw(due, folder / "figures")
    drawn = {stem: embed_png(png) for stem, png in pictures.items()}
    wide = {stem for stem, png in pictures.items() if _pixels_wide(png) > WIDE}
    for section in sheet.sections:
        for stem, table in section.tables.items():
            write_csv(table, folder / "tables" / f"{stem}.csv")
    html = (
        environment("grokscope.report.page")
        .get_template("sheet.html.j2")
        .render(
            sheet=sheet, drawn=drawn, wide=wide, style=Markup(read_asset("page.css")), shown=_format_cell, folded=FOLDED
        )
    )
    (folder / "index.html").write_text(html, encoding="utf-8", newline="\n")


def _pixels_wide(png: Path) -> int:
    """From the head of the file, in which the width is the fifth word of four bytes."""
    with png.open("rb") as file:
        return int.from_bytes(file.read(20)[16:], "big")


def _format_cell(value: object) -> str:
    """A cell of a table as people read it."""
    if isinstance(value, float):
        if not math.isfinite(value) or 0 < abs(value) < LEAST:
            return "–" if math.isnan(value) else f"{value:.4g}"
        return np.format_float_positional(value, precision=4, fractional=False, unique=False, trim="-")
    return "–" if value is None else str(value)
