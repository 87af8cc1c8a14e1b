"""The report of sections: what its tables look like, and that every string which it shows is escaped."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest

from grokscope.report.sheet import FOLDED, Section, Sheet, _format_cell, write_sheet
from grokscope.studies.race.facts.contents import Counts, Failure
from studies.race.test_page import HOSTILE, tags


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
    assert _format_cell(value) == shown


def test_a_long_table_is_folded(tmp_path: Path) -> None:
    tables = {name: pd.DataFrame({"x": range(n)}) for name, n in {"short": FOLDED, "long": FOLDED + 1}.items()}
    long = Sheet("s", "A question?", "", "", {}, (Section("A section", tables=tables),))
    text = write_sheet(long, tmp_path / "report").read_text()
    assert "<details open><summary>short" in text
    assert "<details><summary>long" in text


def sheet(said: str) -> Sheet:
    table = pd.DataFrame({said: [said], "number": [1.5]})
    section = Section(said, findings=(said,), caveats=(said,), tables={"table": table})
    return Sheet(
        suite=said,
        question=said,
        description=said,
        yaml=said,
        counts={said: Counts(1, 0, 1, 0)},
        sections=(section,),
        failures=(Failure(said, said),),
        provenance=({said: said},),
        settings={said: said},
        warnings=(said,),
        missing=(said,),
    )


def test_every_string_is_escaped(tmp_path: Path) -> None:
    assert all(getattr(sheet(HOSTILE), field.name) for field in fields(Sheet)), "a string of every field is shown"
    harmless, spoilt = (
        tags(write_sheet(sheet(said), tmp_path / name).read_text()) for name, said in (("a", "plain"), ("b", HOSTILE))
    )
    assert spoilt.tags == harmless.tags
    assert spoilt.attributes == harmless.attributes


def test_it_is_written_again_to_the_same_bytes(tmp_path: Path) -> None:
    made = write_sheet(sheet(HOSTILE), tmp_path / "report")
    before = made.read_bytes()
    assert write_sheet(replace(sheet(HOSTILE)), tmp_path / "report").read_bytes() == before
