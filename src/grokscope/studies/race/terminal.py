"""The summary for a terminal."""

from __future__ import annotations

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from grokscope.report import words
from grokscope.studies.race.contents import Contents
from grokscope.studies.race.slices import ACCURACIES, slices
from grokscope.studies.race.summary import summary, telling

MOST_ROWS = 60
"""From here on a prime shows its telling widths alone; timescales.csv has them all."""


def terminal_summary(contents: Contents) -> Group:
    """Per prime: widths, T_mem and T_gen in epochs with 95 % intervals; then its crossing or reason code, and onset."""
    shown = list(slices(contents))
    crowded = sum(len(s.widths) for s in shown) > MOST_ROWS
    caption = "T in epochs, 95 % intervals in brackets"
    if crowded:
        caption += "; ends and neighbours of crossing and onset only, all widths are in timescales.csv"
    table = Table(title=escape(contents.suite), caption=caption, title_justify="left", caption_justify="left")
    table.add_column(words.kind(composed=contents.composed))
    for name in ("width", "P"):
        table.add_column(name, justify="right")
    for name in ("T_mem running", "T_mem eval", "T_gen"):
        table.add_column(name, overflow="fold")
    lines = []
    for part in shown:
        found = summary(part)
        kept = telling(part, 0 if crowded else len(part.widths))
        head = found.title
        for cell in (cell for cell in found.cells if cell.n_params in kept):
            table.add_row(escape(head), str(cell.dim), f"{cell.n_params:,}", *(escape(typed(t)) for t in cell.times))
            head = ""
        table.add_section()
        lines.append(found.title)
        for name, pair in (("crossing", found.crossings), ("onset", found.onsets)):
            lines += [f"  {name}, {how} accuracy: {typed(text)}" for how, text in zip(ACCURACIES, pair, strict=True)]
    if not shown:
        table.add_row("no finished runs yet", *[""] * 5)
    ends = Text("\n".join([*lines, "Crossing and onset in parameters P."] if lines else []))
    return Group(table, ends)


def typed(text: str) -> str:
    """Words of the report with the spaces that a terminal would break lines at: none within a number."""
    return text.replace("\u202f", ",").replace("\u00a0", "")
