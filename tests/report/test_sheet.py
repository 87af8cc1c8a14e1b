"""What the tables of a sheet look like."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from grokscope.report.sheet import FOLDED, Section, Sheet, _shown, write_sheet


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-4.0331e-05, "-0.00004033"),
        (0.06861234, "0.06861"),
        (1.0, "1"),
        (0.0, "0"),
        (12345.6, "12350"),
        (3.2e-9, "3.2e-09"),
        (float("nan"), "–"),
        (float("inf"), "inf"),
        (None, "–"),
        (7, "7"),
        ("top k", "top k"),
    ],
)
def test_numbers_are_plain_unless_they_are_nearly_nothing(value: object, shown: str) -> None:
    assert _shown(value) == shown


def test_a_long_table_is_folded(tmp_path: Path) -> None:
    tables = {name: pd.DataFrame({"x": range(n)}) for name, n in {"short": FOLDED, "long": FOLDED + 1}.items()}
    sheet = Sheet("s", "A question?", "", "", {}, (Section("A section", tables=tables),))
    text = write_sheet(sheet, tmp_path / "report").read_text()
    assert "<details open><summary>short" in text
    assert "<details><summary>long" in text
