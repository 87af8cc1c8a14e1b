"""The catalogue's text format, as it comes and as it should not."""

from pathlib import Path

import pytest

from grokscope.spec import InputError
from grokscope_paperclip.data.catalogue import Proposal, read_catalogue, write_catalogue

RULE = "-" * 40 + "\n"
FIRST = """Prop. Type: GO
Category: Galaxies
ID: 101
Cycle: 7
Title: A very long title
that goes on
PI: A. Body

We measure
Title: nothing of the kind
ID: and neither this.
"""


def read(tmp_path: Path, text: str, **limits: int):  # type: ignore[no-untyped-def]
    path = tmp_path / "catalogue.txt"
    path.write_text(text)
    return read_catalogue(path, **limits)


def test_titles_wrap_and_labels_within_an_abstract_belong_to_it(tmp_path: Path) -> None:
    (only,) = read(tmp_path, FIRST).proposals
    assert only.title == "A very long title that goes on"
    assert only.abstract == "We measure Title: nothing of the kind ID: and neither this."
    assert (only.proposal, only.cycle, only.pi) == (101, 7, "A. Body")
    assert only.caption.startswith("Category: Galaxies. We measure")


def test_the_last_record_needs_no_separator(tmp_path: Path) -> None:
    second = FIRST.replace("101", "102")
    assert [p.proposal for p in read(tmp_path, FIRST + RULE + second).proposals] == [101, 102]
    assert [p.proposal for p in read(tmp_path, RULE + FIRST + RULE + second + RULE).proposals] == [101, 102]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (("Cycle: 7\n", ""), "cycle: found ''"),
        (("Cycle: 7", "Cycle:"), "cycle: found ''"),
        (("ID: 101", "ID: 10x1"), "proposal: found '10x1'"),
    ],
)
def test_a_record_without_what_it_needs_is_left_out_and_said_so(
    tmp_path: Path, damage: tuple[str, str], why: str
) -> None:
    found = read(tmp_path, FIRST.replace(*damage, 1) + RULE + FIRST.replace("101", "102"))
    assert [p.proposal for p in found.proposals] == [102]
    (line,) = found.left_out
    assert why in line
    assert ":1:" in line


@pytest.mark.parametrize("word", ["", "None", "none", "N/A"])
def test_an_empty_category_makes_no_prefix(tmp_path: Path, word: str) -> None:
    (only,) = read(tmp_path, FIRST.replace("Galaxies", word)).proposals
    assert only.caption.startswith("We measure")


def test_cycles_are_asked_for_and_doubles_said(tmp_path: Path) -> None:
    text = FIRST + RULE + FIRST + RULE + FIRST.replace("101", "102").replace("Cycle: 7", "Cycle: 30")
    found = read(tmp_path, text, last_cycle=10)
    assert [p.proposal for p in found.proposals] == [101]
    assert len(found.left_out) == 2


@pytest.mark.parametrize(("text", "why"), [("", "no pro"), ("<html>", "HTML page"), ("words", "no pro")])
def test_what_is_no_catalogue_is_refused_in_one_line(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    written = [
        Proposal(
            n, 8, "GO", "AGN" if n % 2 else "", "On " + "long words " * 20 + "end", "B. Body", "We see. " * 40 + "X."
        )
        for n in (1, 2, 3)
    ]
    write_catalogue(written, tmp_path / "c.txt")
    assert list(read_catalogue(tmp_path / "c.txt").proposals) == written
