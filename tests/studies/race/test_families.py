"""Figure families along other axes, and crossing against onset over all cells."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from grokscope.laws.results import CrossingCode, OnsetCode
from grokscope.report import words
from grokscope.studies.race.facts.contents import Contents
from grokscope.studies.race.facts.slices import other_slices, slices
from grokscope.studies.race.figures import figures
from grokscope.studies.race.figures.probes import probe_crossing_figure
from grokscope.studies.race.figures.race import race_figure
from grokscope.studies.race.page import render_page
from grokscope.studies.race.report import claims_json, claims_markdown
from grokscope.studies.race.tables import tables

from . import example_contents

PRIMES = (97, 113, 139)


@pytest.fixture(scope="module")
def contents() -> Contents:
    return example_contents.contents(PRIMES, seeds=2, by_prime=True)


@pytest.fixture(scope="module")
def drawn(contents: Contents) -> dict[str, Figure | None]:
    return dict(figures(contents))


def points(figure: Figure, panel: int) -> int:
    collections = [each for each in figure.axes[panel].collections if isinstance(each, PathCollection)]
    return sum(len(each.get_offsets()) for each in collections)


def test_a_width_against_the_bits_of_the_data(contents: Contents, drawn: dict[str, Figure | None]) -> None:
    assert {f"by_prime_{dim}" for dim in example_contents.DIMS} <= set(drawn)
    figure = drawn["by_prime_64"]
    assert figure is not None
    left = figure.axes[0]
    assert left.get_xlabel() == "bits of the training data K"
    assert left.get_title("left").splitlines()[0] == "width 64"
    shown = next(each for each in other_slices(contents) if each.value == 64)
    assert points(figure, 0) == len({d.x for d in shown.delays["running"]}) == 2
    gen = next(line for line in figure.axes[1].lines if line.get_label() == "T_gen, eval accuracy")
    np.testing.assert_allclose(
        gen.get_xdata(), sorted(contents.parts[0].frame.query("dim == 64")["dataset_bits"].unique())
    )
    # More data take longer to memorise: the curves cross the other way round, and grokking ends.
    assert "end, running accuracy" in left.get_title("left")
    assert shown.figure.fading


def test_the_options_shape_the_figure(contents: Contents) -> None:
    shown = next(slices(contents))
    labels = {"n_params": "size", "delay": "wait", "time": "speed"}
    options = shown.figure.model_copy(update={"labels": labels, "colour_field": None})
    figure = race_figure(replace(shown, figure=options))
    left, right = figure.axes
    assert (left.get_xlabel(), left.get_ylabel(), right.get_ylabel()) == ("size", "wait", "speed")
    assert points(figure, 0) == 0
    assert points(race_figure(shown), 0) == len({d.x for d in shown.delays["running"]})


def test_reasons_are_told_from_the_end_they_are_seen_from() -> None:
    assert words.code(CrossingCode.ALWAYS_FASTER) == "memorising faster at every width"
    assert words.code(CrossingCode.ALWAYS_FASTER, fading=True) == "memorising faster at every prime"
    assert words.code(OnsetCode.FROM_SMALLEST, fading=True) == "grokking at the largest prime already"
    assert words.code(OnsetCode.NOT_YET, fading=True) == "no grokking at the smallest prime"


def test_prediction_states_its_fit_and_has_every_cell(contents: Contents, drawn: dict[str, Figure | None]) -> None:
    running = contents.predictions[0]
    assert running.accuracy == "running"
    figure = drawn["prediction_intersection"]
    assert figure is not None
    assert points(figure, 0) == running.fit.n == len(PRIMES)
    said = figure.axes[0].texts[0].get_text()
    assert re.match(r"N = 3\nR² about y = x: −?\d\.\d{3}\nmean \|error\| \d\.\d{3} dex", said)
    identity = next(line for line in figure.axes[0].lines if line.get_gid() == "identity")
    np.testing.assert_array_equal(identity.get_xdata(), identity.get_ydata())
    u, e = (np.log10(running.table[f"{name}_onset_x"]) for name in ("predicted", "empirical"))
    assert running.fit.mean_abs_dex == pytest.approx(float(np.abs(e - u).mean()))


def test_residuals_have_a_figure_for_every_axis() -> None:
    swept = example_contents.contents(decays=(0.1, 1.0), seeds=2)
    stems = {stem for stem, _ in figures(swept)}
    assert {"residual_intersection_p", "residual_intersection_weight_decay"} <= stems


def test_predictiveness_has_a_row_for_every_family_and_slice(contents: Contents) -> None:
    table = tables(contents)["predictiveness"]
    assert set(table["figure"]) == {"intersection", "by_prime"}
    other = table[table["figure"] == "by_prime"]
    assert set(other["slice_field"]) == {"dim"}
    assert set(other["x_field"]) == {"dataset_bits"}
    assert set(other["slice_value"]) == set(other["dim"]) == set(example_contents.DIMS)
    assert other["p"].isna().all()
    bits = contents.frame["dataset_bits"]
    known = other["empirical_onset_x"].dropna()
    assert known.between(bits.min(), bits.max()).all()
    main = table[(table["figure"] == "intersection") & table["log_ratio"].notna()]
    assert (main["predicted_low"] <= main["predicted_onset_x"]).all()


def test_the_page_shows_families_constants_laws_and_both_accuracies(contents: Contents) -> None:
    html = render_page(contents, {}, [], [])
    for text in (
        "<h2>by_prime</h2>",
        "grokking fades as they grow",
        "b exp(a f)",
        "AIC above best",
        "ours, by the published rule",
        "intersection, running train accuracy: 3 cells",
        "intersection, eval train accuracy",
    ):
        assert text in html, text


def test_the_crossing_is_shown_by_every_probe(contents: Contents) -> None:
    part = contents.parts[0]
    (first, *_) = (c for c in part.crossings if c.rule == "sign change")
    others = tuple(replace(c, probe="permuted") for c in part.crossings if c.group == first.group)
    figure = probe_crossing_figure(replace(part, crossings=(*part.crossings, *others)))
    assert figure is not None
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["p = 97: random", "p = 97: permuted", "p = 113: random", "p = 139: random"]
    assert probe_crossing_figure(part) is None


def test_claims_are_written_for_every_family_and_accuracy_that_has_cells_enough(contents: Contents) -> None:
    tested = [each for each in contents.predictions if each.claims is not None]
    assert {(each.figure.name, each.accuracy) for each in tested} >= {("intersection", "running")}
    rows = json.loads(claims_json(contents.predictions))
    assert {(row["figure"], row["accuracy"]) for row in rows} == {(each.figure.name, each.accuracy) for each in tested}
    text = claims_markdown(contents.predictions)
    assert text.count("\n## ") + text.startswith("## ") == len(tested)
