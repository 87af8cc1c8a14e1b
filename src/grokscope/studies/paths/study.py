"""Do grokking and steady learning end in the same model? From a suite's runs in the ledger to its report.

Source: Manning-Coe, Gliozzi, Stapleton, Hirst, De Tomasi, Bradlyn, Berman, "Grokking vs. Learning: Same features,
different encodings", arXiv 2502.01739.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from grokscope.ledger import Ledger
from grokscope.registry import register
from grokscope.report.sheet import Sheet, write_sheet
from grokscope.report.status import counts, failed_runs, provenance_rows
from grokscope.studies.paths.facts.sweeps import find_sweeps
from grokscope.studies.paths.sections import sections
from grokscope.studies.paths.sentences import describe_gaps
from grokscope.studies.study import Study
from grokscope.suite import Suite

QUESTION = "Do grokking and steady learning end in the same model?"


def conclude(suite: Suite, ledger: Ledger) -> Sheet:
    """Everything that the report shows, from the ledger alone; of a half-done suite, what there is."""
    runs = ledger.runs(suite=suite.name)
    done = set(runs.loc[runs["status"] == "done", "id"])
    mine = [run for run in suite.runs if run.identity in done]
    found = find_sweeps(mine, ledger)
    kinds = runs["measurement"].unique()
    return Sheet(
        suite=suite.name,
        question=QUESTION,
        description=suite.description,
        yaml=suite.text,
        counts={kind: counts(runs[runs["measurement"] == kind]) for kind in kinds},
        sections=tuple(section for sweep in found for section in sections(sweep)),
        failures=failed_runs(runs),
        provenance=provenance_rows(runs),
        settings=SETTINGS,
        warnings=suite.remarks,
        missing=tuple(describe_gaps(found, len(suite.runs) - len(mine))),
    )


SETTINGS = {
    "source": "Manning-Coe et al. 2025, arXiv 2502.01739",
    "accuracies": "train as running (before each update), test after the epoch, as published",
    "times": "first epoch within 5 % of the largest accuracy; _90: within 10 %",
    "Fourier transform": "complex, of length p, nothing dropped, both operands apart",
    "dead units": "outgoing norm below 1e-3 of the largest; every result with and without them",
    "Fisher diagonal": "of raw logits over at most 1024 test examples, as published; categorical where it says so",
    "pruning": "weights by magnitude within each layer, biases kept, no training after; 100 points",
}


def terminal_summary(sheet: Sheet) -> Group:
    """For a terminal: what each section found."""
    lines = [Text(f"{sheet.suite}: {sheet.question}")]
    for section in sheet.sections:
        lines.append(Text.from_markup(f"[bold]{escape(section.title)}[/bold]"))
        lines += [Text(f"  {text}") for text in (*section.findings, *section.caveats)]
    return Group(*lines, *(Text(text) for text in sheet.missing))


@register
@dataclass(frozen=True)
class Paths(Study):
    """Do grokking and steady learning end in the same model?"""

    kind = "paths"

    def conclude(self, suite: Suite, ledger: Ledger) -> Any:
        return conclude(suite, ledger)

    def write(self, contents: Any, folder: Path) -> Path:
        return write_sheet(contents, folder)

    def summary(self, contents: Any) -> RenderableType:
        return terminal_summary(contents)
