"""A study: from the runs of a suite to a page of sections."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from rich.console import RenderableType

from grokscope import Ledger, Study, Suite, register
from grokscope.report.sheet import Drawing, Section, Sheet, write_sheet
from grokscope.report.status import counts, failed_runs, provenance_rows

QUESTION = "How does the width of a net change when it generalises?"


@register
@dataclass(frozen=True)
class Widths(Study):
    """How does the width of a net change when it generalises?"""

    kind = "widths"

    def conclude(self, suite: Suite, ledger: Ledger) -> Sheet:
        """Everything that the page shows, from the ledger alone."""
        runs = ledger.runs(suite=suite.name)
        done = runs[runs["status"] == "done"]
        return Sheet(
            suite=suite.name,
            question=QUESTION,
            description=suite.description,
            yaml=suite.text,
            counts={kind: counts(rows) for kind, rows in runs.groupby("measurement")},
            sections=(self._section(done),) if len(done) else (),
            failures=failed_runs(runs),
            provenance=provenance_rows(runs),
        )

    def _section(self, done: pd.DataFrame) -> Section:
        table = (
            done.rename(columns={"dim": "width"})
            .groupby("width", as_index=False)
            .agg(runs=("id", "size"), generalised=("t_gen", "count"), median_t_gen=("t_gen", "median"))
        )
        found = tuple(
            f"Width {row.width:.0f}: {row.generalised} of {row.runs} runs generalised, the median of these after "
            f"{row.median_t_gen:.0f} epochs."
            for row in table.itertuples()
            if row.generalised
        )
        caption = "Median T_gen of the runs that generalised, by width."
        return Section(
            title="Generalising by width",
            findings=found or ("No run generalised before it ended.",),
            drawings=(Drawing("t_gen", partial(_draw, table), caption),) if found else (),
            tables={"widths": table},
        )

    def write(self, contents: Any, folder: Path) -> Path:
        """Write the page."""
        return write_sheet(contents, folder)

    def summary(self, contents: Any) -> RenderableType:
        """The findings, a line each."""
        return "\n".join(text for section in contents.sections for text in section.findings)


def _draw(table: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(3.4, 2.4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(table["width"], table["median_t_gen"], "o-")
    axes.set(xlabel="width", ylabel="T_gen, epochs", ylim=(0, None))
    return figure
