"""Does pruning put order into a network in which everything is connected?

From a suite's runs on complete layers to what their report shows: orderedness at the beginning, on the way and at the
end, always beside the null of relocated entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from grokscope.ledger import Ledger
from grokscope.registry import register
from grokscope.report.sheet import Sheet, write_sheet
from grokscope.report.status import counts, failed_runs, provenance_rows
from grokscope.studies.order.facts import Facts
from grokscope.studies.order.facts.cells import cells, with_strength
from grokscope.studies.order.facts.learners import compare_learners, find_learners
from grokscope.studies.order.facts.networks import median_networks
from grokscope.studies.order.facts.orderedness import measure_cell, read_snapshots
from grokscope.studies.order.facts.summaries import compare_cells, main_cells, summarise_courses, summarise_ends
from grokscope.studies.order.facts.times import memorising_and_generalising
from grokscope.studies.order.sections import sections
from grokscope.studies.order.sentences import describe_gaps
from grokscope.studies.study import Study
from grokscope.suite import Suite

QUESTION = "Does pruning put order into a network in which everything is connected?"
SUMMARISED = "comparison"


def conclude(suite: Suite, ledger: Ledger) -> Sheet:
    """Everything that the suite's report shows, from the ledger alone; of a half-done suite, what there is."""
    rows = ledger.runs(suite=suite.name)
    done = set(rows.loc[rows["status"] == "done", "id"])
    by_cell = {
        cell: {identity: run for run in runs if (identity := run.identity) in done}
        for cell, runs in cells(suite.runs).items()
    }
    frames = {cell: measure_cell(cell, runs, read_snapshots(ledger, runs)) for cell, runs in by_cell.items()}
    results = rows.set_index("id")
    main = main_cells(frames)
    facts = Facts(
        summarise_ends(main, results),
        summarise_courses(frames),
        compare_cells(main),
        memorising_and_generalising(main, results),
        compare_learners(find_learners(main, suite.runs, done), ledger),
        median_networks(frames, by_cell, ledger),
    )
    kinds = {kind: rows[rows["measurement"] == kind] for kind in rows["measurement"].unique()}
    progress = {kind: counts(chosen) for kind, chosen in kinds.items()}
    return Sheet(
        suite=suite.name,
        question=QUESTION,
        description=suite.description,
        yaml=suite.text,
        counts=progress,
        sections=sections(facts),
        failures=failed_runs(rows),
        provenance=provenance_rows(rows),
        settings={
            "null": "the same off-diagonal entries in random other places, ten times (three for large layers)",
            "intervals": "95 % each, Student's t over seeds; differences between schemes at equal seeds",
            "learned": "mean squared error below 0.01; with classes, 99 % of the training examples right",
            "gap": "how much greater orderedness may be, mean: 0 where every order is proven best",
            "pins": "outputs; `inputs` as many units as there are inputs, as first published; `free` none",
        },
        warnings=suite.remarks,
        missing=tuple(describe_gaps(progress, frames)),
    )


def terminal_summary(sheet: Sheet) -> Group:
    """Findings and the excess of every scheme, for a terminal."""
    lines = [text for section in sheet.sections for text in section.findings]
    caption = "D with outputs pinned; excess over the null of relocated entries ± half its 95 % interval"
    table = Table(
        title=escape(sheet.suite),
        title_justify="left",
        caption_justify="left",
        caption=caption,
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for name in ("task", "scheme", "seeds", "loss", "learned", "D", "excess"):
        words = name in ("task", "scheme")
        table.add_column(name, justify="left" if words else "right", no_wrap=not words)
    shown = next((s.tables[t] for s in sheet.sections for t in s.tables if t == SUMMARISED), None)
    if shown is None or not len(shown):
        table.add_row("no finished runs yet", *[""] * 6)
    else:
        for row in shown.itertuples():
            table.add_row(
                escape(row.task),
                escape(with_strength(row.scheme, row.value)),
                f"{row.seeds}",
                f"{row.loss:.2g}",
                f"{row.learned:.0%}",
                f"{row.orderedness:.3f}",
                f"{row.excess:+.3f} ± {(row.high - row.low) / 2:.3f}",
            )
    return Group(table, Text("\n".join(lines)))


@register
@dataclass(frozen=True)
class Order(Study):
    """Does pruning put order into a network in which everything is connected?"""

    kind = "order"

    def conclude(self, suite: Suite, ledger: Ledger) -> Any:
        return conclude(suite, ledger)

    def write(self, contents: Any, folder: Path) -> Path:
        return write_sheet(contents, folder)

    def summary(self, contents: Any) -> RenderableType:
        return terminal_summary(contents)
