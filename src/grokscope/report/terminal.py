"""The summary for a terminal."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from grokscope.report.contents import Contents
from grokscope.report.slices import slices
from grokscope.report.summary import summary, telling

MOST_ROWS = 60
"""From here on a prime shows its telling widths alone; timescales.csv has them all."""


def summary_table(contents: Contents) -> Table:
    """Per prime: widths, T_mem and T_gen in epochs with 95 % intervals, crossing or its reason code, onset."""
    shown = list(slices(contents))
    crowded = sum(len(s.widths) for s in shown) > MOST_ROWS
    caption = "T in epochs, crossing and onset in parameters P, 95 % intervals in brackets"
    if crowded:
        caption += "; ends and neighbours of crossing and onset only, all widths are in timescales.csv"
    table = Table(title=escape(contents.suite), caption=caption, title_justify="left", caption_justify="left")
    table.add_column("prime")
    for name in ("width", "P"):
        table.add_column(name, justify="right")
    for name in ("T_mem running", "T_mem eval", "T_gen", "crossing", "onset"):
        table.add_column(name, overflow="fold")
    for part in shown:
        found = summary(part)
        kept = telling(part, 0 if crowded else len(part.widths))
        # Once a prime, not once a width: what follows from all of its widths.
        ends = [
            "\n".join(f"{how}: {text}" for how, text in zip(("running", "eval"), pair, strict=True))
            for pair in (found.crossings, found.onsets)
        ]
        first = True
        for cell in found.cells:
            if cell.n_params not in kept:
                continue
            times = [escape(text) for text in cell.times]
            head, tail = (found.title, ends) if first else ("", ["", ""])
            table.add_row(escape(head), str(cell.dim), f"{cell.n_params}", *times, *(escape(text) for text in tail))
            first = False
        table.add_section()
    if not shown:
        table.add_row("no finished runs yet", *[""] * 7)
    return table
