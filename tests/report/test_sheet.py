"""The report of sections: every string that it shows is escaped."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pandas as pd

from grokscope.report.contents import Counts, Failure
from grokscope.report.sheet import Section, Sheet, write_sheet

from .test_page import HOSTILE, tags


def sheet(said: str) -> Sheet:
    table = pd.DataFrame({said: [said], "number": [1.5]})
    section = Section(said, findings=(said,), unsaid=(said,), tables={"table": table})
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
