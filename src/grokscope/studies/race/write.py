"""The report's folder: `index.html`, `figures/` and `tables/`, made beside it and put in its place at once."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from grokscope.report import words
from grokscope.report.drawing import draw
from grokscope.report.folder import replaced, write_csv
from grokscope.studies.race.contents import Contents, Prediction
from grokscope.studies.race.figures import sketches
from grokscope.studies.race.missing import missing
from grokscope.studies.race.page import page
from grokscope.studies.race.tables import tables


def write_report(contents: Contents, folder: Path) -> Path:
    """Write the report of `contents` and return the path of its page. Equal contents give equal bytes.

    A report that is there is replaced as a whole; until then it stays as it was.

    Raises:
        FileExistsError: the folder holds anything but a report; nothing is written.
    """
    return replaced(folder, partial(_build, contents))


def _build(contents: Contents, folder: Path) -> None:
    due = list(sketches(contents))
    drawn = draw(due, folder / "figures")
    absent = [stem for stem, _ in due if stem not in drawn]
    names = _write_tables(contents, folder / "tables")
    html = page(contents, drawn, names, missing(contents, absent))
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
