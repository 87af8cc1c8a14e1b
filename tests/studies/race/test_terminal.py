"""The summary for a terminal."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from rich.console import Console

from grokscope.studies.race.facts.contents import Contents
from grokscope.studies.race.facts.slices import slices
from grokscope.studies.race.report import terminal_summary
from grokscope.studies.race.sentences import informative_widths

from . import example_contents


def shown(contents: Contents, width: int = 200) -> str:
    console = Console(width=width, file=io.StringIO())
    with console.capture() as captured:
        console.print(terminal_summary(contents))
    return captured.get()


def test_the_table_states_every_width_the_crossing_and_the_onset() -> None:
    text = shown(example_contents.contents())
    for dim in example_contents.DIMS:
        assert f" {example_contents.n_params(dim):,} " in text
    assert "T_mem running" in text
    assert "censored" in text
    assert "crossing, running accuracy: 5" in text
    assert "onset, eval accuracy: " in text


def test_no_crossing_is_shown_by_its_code() -> None:
    assert "memorising faster at every width" in " ".join(shown(example_contents.contents(memorising=0.05)).split())


def test_a_suite_without_runs_has_a_table() -> None:
    assert "no finished runs yet" in shown(example_contents.EMPTY)


def test_names_are_not_taken_for_markup() -> None:
    assert "[bold]x[/nothing]" in shown(replace(example_contents.EMPTY, suite="[bold]x[/nothing]"))


def test_of_many_widths_the_telling_ones_are_kept() -> None:
    part = next(slices(example_contents.contents()))
    kept = informative_widths(part, most=3)
    assert {
        example_contents.n_params(32),
        example_contents.n_params(128),
        example_contents.n_params(48),
        example_contents.n_params(64),
    } <= kept
    assert informative_widths(part, most=5) == {example_contents.n_params(dim) for dim in example_contents.DIMS}


def test_on_eighty_columns_no_number_is_broken() -> None:
    wide, narrow = shown(example_contents.contents()), shown(example_contents.contents(), width=80)
    numbers = re.compile(r"\d[\d,.]*")
    assert sorted(numbers.findall(narrow)) == sorted(numbers.findall(wide))
    assert max(map(len, narrow.splitlines())) <= 80
