"""The forecast as the report shows it: figure, table, words, and what is missing."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from grokscope.forecasts.evaluate import ScoredForecast, StandingForecast
from grokscope.forecasts.predict import Forecast
from grokscope.forecasts.scores import score_forecasts
from grokscope.forecasts.sentences import describe_basis, describe_errors, describe_freezing, forecast_lines
from grokscope.laws.results import Estimate
from grokscope.report.style import WIDTH
from grokscope.studies.race.figures import figures
from grokscope.studies.race.page import render_page
from grokscope.studies.race.sentences import describe_gaps
from grokscope.studies.race.tables import tables
from studies.race import example_contents
from studies.race.test_figures import legend, points, texts

NAN = float("nan")


def row(p: int, *, onset: float = NAN, waiting: int = 0, new_prime: bool = True, within: bool = True) -> ScoredForecast:
    place = 1000.0 * p
    bounds = (0.5 * place, 2 * place) if new_prime else (NAN, NAN)
    made = Forecast(
        p=p,
        new_prime=new_prime,
        crossing=Estimate(1.4 * place, *bounds, 3, ""),
        onset=Estimate(place, *bounds, 3, ""),
        capacity_threshold=0.2 * place,
        power_law=1.1 * place,
        nearest_prime=90_000.0,
        within=within,
    )
    scored = score_forecasts([made], {p: onset}, {}) if onset > 0 else [None]
    return ScoredForecast(
        {}, made, waiting, scored[0], "" if waiting else "found" if onset > 0 else "no grokking at any width"
    )


STANDING = StandingForecast(
    id="abcdef0123456789abcd",
    made="2026-05-06T07:08:09.000+00:00",
    accuracy="running",
    probe="random",
    primes=(97, 103, 109),
    dims=(),
    n_runs=1234,
    held_out=4321,
    held_out_done=21,
    superseded=("feed",),
    refused=(({"lr": 0.003}, "calibration: found 0 cells"),),
    rows=(
        row(101, onset=101_000.0),
        row(107, onset=53_500.0),
        row(97, onset=97_000.0, new_prime=False),
        row(113, waiting=7),
    ),
)
CONTENTS = replace(
    example_contents.EMPTY, calibrates=True, forecasts=(STANDING, replace(STANDING, accuracy="eval", id="ef"))
)


def test_the_figure_shows_forecast_outcome_and_baselines_of_every_prime() -> None:
    drawn = dict(figures(CONTENTS))
    assert list(drawn) == ["forecast"]
    figure = drawn["forecast"]
    assert figure is not None
    assert figure.get_figwidth() == WIDTH
    assert min(size for _, size in texts(figure)) >= 7
    assert points(figure, "forecast") == points(figure, "crossing") == 2 * 4
    assert points(figure, "baseline") == 2 * 4 * 3
    assert points(figure, "observed") == 2 * 3
    assert points(figure, "interval") == 2 * 3 * 2
    assert {"onset, foretold", "onset, observed", "P_mem = K / C", "power of p"} <= set(legend(figure))
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["p = 101", "p = 107", "p = 97\nnew widths", "p = 113"]


def test_each_setting_has_a_figure_of_its_own() -> None:
    swept = tuple(replace_setting(one, decay) for decay in (0.1, 1.0) for one in STANDING.rows)
    stems = [stem for stem, _ in figures(replace(CONTENTS, forecasts=(replace(STANDING, rows=swept),)))]
    assert stems == ["forecast_weight_decay-0.1", "forecast_weight_decay-1.0"]


def replace_setting(one: ScoredForecast, decay: float) -> ScoredForecast:
    return one._replace(setting={"weight_decay": decay})


def test_the_words_state_numbers_by_hand() -> None:
    missed, at_widths, waiting, refused = describe_errors(STANDING)
    half = math.log10(0.5) ** 2
    assert f"forecast {math.sqrt(half / 2):.3f}" in missed
    assert missed.startswith("At 2 new primes the onset was missed, root mean square in dex, by: ")
    assert missed.endswith("; 2 of 2 intervals of the forecast held it.")
    assert "At 1 calibrated primes at new widths" in at_widths
    assert "forecast 0.000" in at_widths
    assert "intervals" not in at_widths
    assert waiting == "Not scored yet, since held-out runs are to be done: p = 113."
    assert refused == "No forecast at lr 0.003: calibration: found 0 cells."
    first, *_, last = forecast_lines(STANDING)
    assert (first.title, first.onset_observed, first.errors[0]) == ("p = 101", "101\u202f000", "+0.000")
    assert first.errors[2] == "+0.699"
    assert (last.onset_observed, set(last.errors)) == ("7 runs to be done", {"–"})


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (0, "before any held-out run was done"),
        (21, "when 21 of 4,321 held-out runs were done"),
        (4321, "after the fact: all 4,321 held-out runs were done"),
    ],
)
def test_what_could_have_been_known_is_said(done: int, said: str) -> None:
    standing = replace(STANDING, held_out_done=done)
    assert describe_freezing(standing) == f"frozen 2026-05-06 07:08 UTC, {said}"
    assert describe_basis(standing).endswith(
        "from 1,234 runs at primes 97, 103, 109 and widths all. It superseded feed."
    )


def test_beyond_what_was_fitted_is_said_and_no_onset_is_a_reason() -> None:
    (line,) = forecast_lines(replace(STANDING, rows=(row(139, within=False),)))
    assert line.onset.endswith("(beyond what was fitted)")
    assert line.onset_observed == "no grokking at any width"
    assert line.crossing_observed == "none proven"


def test_the_table_has_a_row_a_forecast_and_prime() -> None:
    table = tables(CONTENTS)["forecasts"]
    assert len(table) == 2 * 4
    first = table.iloc[0]
    assert (first["p"], first["forecast"], first["held_out_done"]) == (101, STANDING.id, 21)
    assert first["dex_capacity_threshold"] == pytest.approx(math.log10(5))
    assert table["dex_forecast"].isna().sum() == 2
    assert "forecasts" not in tables(example_contents.EMPTY)


def test_the_page_has_a_section_and_nothing_of_a_forecast_without_one() -> None:
    html = render_page(CONTENTS, {}, [], [])
    for text in ("Forecast and outcome", STANDING.id, "when 21 of 4,321 held-out runs were done", "dex, power of p"):
        assert text in html
    assert "Forecast and outcome" not in render_page(example_contents.EMPTY, {}, [], [])


def test_a_calibration_without_a_forecast_is_missing() -> None:
    (said,) = (text for text in describe_gaps(replace(CONTENTS, forecasts=()), []) if "forecast" in text)
    assert said.endswith("`grokscope forecast empty` makes it.")
    assert not [
        text
        for text in (*describe_gaps(CONTENTS, []), *describe_gaps(example_contents.EMPTY, []))
        if "forecast" in text
    ]
