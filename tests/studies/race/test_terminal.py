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

from . import fakes


def shown(contents: Contents, width: int = 200) -> str:
    console = Console(width=width, file=io.StringIO())
    with console.capture() as captured:
        console.print(terminal_summary(contents))
    return captured.get()


def test_the_table_states_every_width_the_crossing_and_the_onset() -> None:
    text = shown(fakes.contents())
    for dim in fakes.DIMS:
        assert f" {fakes.n_params(dim):,} " in text
    assert "T_mem running" in text
    assert "censored" in text
    assert "crossing, running accuracy: 5" in text
    assert "onset, eval accuracy: " in text


def test_no_crossing_is_shown_by_its_code() -> None:
    assert "memorising faster at every width" in " ".join(shown(fakes.contents(memorising=0.05)).split())


def test_a_suite_without_runs_has_a_table() -> None:
    assert "no finished runs yet" in shown(fakes.EMPTY)


def test_names_are_not_taken_for_markup() -> None:
    assert "[bold]x[/nothing]" in shown(replace(fakes.EMPTY, suite="[bold]x[/nothing]"))


def test_of_many_widths_the_telling_ones_are_kept() -> None:
    part = next(slices(fakes.contents()))
    kept = informative_widths(part, most=3)
    assert {fakes.n_params(32), fakes.n_params(128), fakes.n_params(48), fakes.n_params(64)} <= kept
    assert informative_widths(part, most=5) == {fakes.n_params(dim) for dim in fakes.DIMS}


def test_on_eighty_columns_no_number_is_broken() -> None:
    wide, narrow = shown(fakes.contents()), shown(fakes.contents(), width=80)
    numbers = re.compile(r"\d[\d,.]*")
    assert sorted(numbers.findall(narrow)) == sorted(numbers.findall(wide))
    assert max(map(len, narrow.splitlines())) <= 80
