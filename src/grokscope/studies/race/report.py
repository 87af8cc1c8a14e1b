"""The report's folder (`index.html`, `figures/` and `tables/`), and its summary for a terminal."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from grokscope.report import words
from grokscope.report.drawing import draw
from grokscope.report.page import replace_report, write_csv
from grokscope.studies.race.facts.contents import Contents, Prediction
from grokscope.studies.race.facts.slices import ACCURACIES, slices
from grokscope.studies.race.figures import sketches
from grokscope.studies.race.page import render_page
from grokscope.studies.race.sentences import describe_gaps, informative_widths, summarise_slice
from grokscope.studies.race.tables import tables


def write_report(contents: Contents, folder: Path) -> Path:
    """Write the report of `contents` and return the path of its page. Equal contents give equal bytes.

    A report that is there is replaced as a whole; until then it stays as it was.

    Raises:
        FileExistsError: the folder holds anything but a report; nothing is written.
    """
    return replace_report(folder, partial(_write_folder, contents))


def _write_folder(contents: Contents, folder: Path) -> None:
    due = list(sketches(contents))
    drawn = draw(due, folder / "figures")
    absent = [stem for stem, _ in due if stem not in drawn]
    names = _write_tables(contents, folder / "tables")
    html = render_page(contents, drawn, names, describe_gaps(contents, absent))
    (folder / "index.html").write_text(html, encoding="utf-8", newline="\n")


def _write_tables(contents: Contents, folder: Path) -> list[str]:
    for stem, table in tables(contents).items():
        write_csv(table, folder / f"{stem}.csv")
    if any(each.claims is not None for each in contents.predictions):
        (folder / "claims.json").write_text(claims_json(contents.predictions), encoding="utf-8", newline="\n")
        (folder / "claims.md").write_text(claims_markdown(contents.predictions), encoding="utf-8", newline="\n")
    return sorted(path.name for path in folder.iterdir())


def claims_json(predictions: Sequence[Prediction]) -> str:
    """Claims as a JSON list, each with its figure family and accuracy; a number that is not known is null."""
    rows = [
        {
            **{"figure": each.figure.name, "accuracy": each.accuracy},
            **{"name": c.name, "statement": c.statement, "verdict": c.verdict},
            "numbers": {name: value if math.isfinite(value) else None for name, value in c.numbers.items()},
            "how": c.how,
        }
        for each in predictions
        for c in each.claims or ()
    ]
    return json.dumps(rows, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def claims_markdown(predictions: Sequence[Prediction]) -> str:
    """Claims as a Markdown table for each figure family and accuracy."""

    def cell(text: str) -> str:
        return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")

    lines = []
    for each in predictions:
        if each.claims is None:
            continue
        lines += ["", f"## {cell(each.figure.name)}, {each.accuracy} accuracy", ""]
        lines += ["| claim | verdict | numbers | how |", "|---|---|---|---|"]
        for c in each.claims:
            numbers = "; ".join(f"{name} {words.number(value)}" for name, value in c.numbers.items())
            texts = (f"{c.name}: {c.statement}", c.verdict, numbers, c.how)
            lines.append("| " + " | ".join(map(cell, texts)) + " |")
    return "\n".join(lines[1:]) + "\n"


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
    table.add_column(words.group_word(contents.group_axis, composed=contents.composed))
    for name in ("width", "P"):
        table.add_column(name, justify="right")
    for name in ("T_mem running", "T_mem eval", "T_gen"):
        table.add_column(name, overflow="fold")
    lines = []
    for part in shown:
        found = summarise_slice(part)
        kept = informative_widths(part, 0 if crowded else len(part.widths))
        head = found.title
        for cell in (cell for cell in found.cells if cell.n_params in kept):
            table.add_row(
                escape(head),
                str(cell.dim or words.ABSENT),
                f"{cell.n_params:,}",
                *(escape(keep_numbers_whole(t)) for t in cell.times),
            )
            head = ""
        table.add_section()
        lines.append(found.title)
        for name, pair in (("crossing", found.crossings), ("onset", found.onsets)):
            lines += [
                f"  {name}, {how} accuracy: {keep_numbers_whole(text)}"
                for how, text in zip(ACCURACIES, pair, strict=True)
            ]
    if not shown:
        table.add_row("nothing to say" if contents.silences else "no finished runs yet", *[""] * 5)
    ends = [*lines, "Crossing and onset in parameters P."] if lines else []
    return Group(table, Text("\n".join([*ends, *contents.silences])))


def keep_numbers_whole(text: str) -> str:
    """Words of the report with the spaces that a terminal would break lines at: none within a number."""
    return text.replace("\u202f", ",").replace("\u00a0", "")
