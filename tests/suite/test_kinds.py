"""Kinds as they are listed, and the page of the documentation that lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from grokscope.registry import FAMILIES
from grokscope.suite.kinds import describe_kinds, markdown

PAGE = Path(__file__).parents[2] / "docs" / "suites.md"
BEGIN, END = "<!-- kinds: begin -->\n", "<!-- kinds: end -->"


def test_the_page_lists_what_there_is() -> None:
    written = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()
    assert written == markdown(outside=False), "stale: put the output of `grokscope kinds --markdown` there"


def test_every_kind_has_a_meaning_and_says_what_its_fields_hold() -> None:
    found = list(describe_kinds())
    assert {info.family for info in found} == set(FAMILIES)
    assert [info for info in found if not info.meaning] == []
    (modular,) = (info for info in found if info.kind == "modular")
    assert modular.origin == "grokscope"
    holds = {field.name: (field.holds, field.default, field.traced) for field in modular.fields}
    assert holds["p"] == ("whole number from 2 to 46340", "97", True)
    assert holds["op"] == ("+ or - or * or /", "/", True)


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(ValueError, match="found the family 'task', expected one of tasks"):
        next(describe_kinds("task"))
