"""Figures contain what they must: axes, points, marks, reasons; and can be read at column width."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from grokscope.laws.results import Delay, Estimate, OnsetCode, ProbeRatio
from grokscope.report import words
from grokscope.report.style import WIDTH, save
from grokscope.studies.paths.figures.geometry import shape_figure
from grokscope.studies.race.facts.contents import Contents
from grokscope.studies.race.facts.slices import slices
from grokscope.studies.race.figures import figures
from grokscope.studies.race.figures.probes import probe_figure
from grokscope.studies.race.figures.race import race_figure

from . import example_contents

N_DIMS, N_SEEDS = len(example_contents.DIMS), 3


@pytest.fixture(scope="module")
def drawn() -> dict[str, Figure | None]:
    return dict(figures(example_contents.contents()))


def points(figure: Figure, gid: str) -> int:
    return sum(len(line.get_xdata()) for axes in figure.axes for line in axes.lines if line.get_gid() == gid)


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for each in figure.legends for text in each.get_texts()]


def texts(figure: Figure) -> Iterator[tuple[str, float]]:
    figure.draw_without_rendering()
    for axes in figure.axes:
        shown = [*axes.texts, axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
        shown += axes.get_xticklabels() + axes.get_yticklabels()
        yield from ((each.get_text(), each.get_fontsize()) for each in shown if each.get_text())
    yield from ((t.get_text(), t.get_fontsize()) for each in figure.legends for t in each.get_texts())


def test_every_figure_fits_a_column_and_can_be_read(drawn: dict[str, Figure | None]) -> None:
    for stem, figure in drawn.items():
        assert figure is not None, stem
        assert figure.get_figwidth() == WIDTH
        assert min(size for _, size in texts(figure)) >= 7, stem
        width, height = figure.get_size_inches() * figure.dpi
        for axes in figure.axes:
            box = axes.get_tightbbox()
            assert min(box.x0, box.y0) >= -1, stem
            assert max(box.x1 - width, box.y1 - height) <= 1, stem


def test_a_long_setting_is_not_cut_off() -> None:
    setting = {"optimiser": "adamw", "filter": "orthogonal of array length kept", "loss": "cross_entropy"}
    part = replace(example_contents.contents().parts[0], setting=setting)
    for stem, figure in figures(replace(example_contents.contents(), parts=(part,), predictions=())):
        assert figure is not None
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
        width, height = figure.get_size_inches()
        assert min(box.x0, box.y0) >= -0.02, stem
        assert max(box.x1 - width, box.y1 - height) <= 0.02, stem
        title = figure.get_suptitle() or figure.axes[0].get_title(loc="left")
        assert "loss cross_entropy" in " ".join(title.split()), stem


def test_the_race_has_both_axes_every_curve_and_every_mark(drawn: dict[str, Figure | None]) -> None:
    figure = drawn["race_97"]
    assert figure is not None
    left, right = figure.axes[:2]
    assert left.get_xlabel() == "parameters P"
    assert left.get_ylabel() == "delay, running train accuracy (epochs)"
    assert right.get_ylabel() == "T_mem to 99 %, T_gen to 99 % (epochs)"
    assert (left.get_xscale(), left.get_yscale(), right.get_yscale()) == ("log", "linear", "log")
    assert legend(figure)[:3] == ["T_mem, running accuracy", "T_mem, eval accuracy", "T_gen, eval accuracy"]
    assert {"crossing, running accuracy", "crossing, eval accuracy", "onset, running accuracy"} <= set(legend(figure))
    gen = next(line for line in right.lines if line.get_label() == "T_gen, eval accuracy")
    assert len(gen.get_xdata()) == N_DIMS
    delays = example_contents.contents().parts[0].families[0].delays["running"]
    assert points(figure, "seeds") == sum(not d.censored for d in delays) > 0
    assert points(figure, "least") == len({d.x for d in delays})


def test_censored_cells_and_delays_are_marked_as_bounds() -> None:
    shown = next(slices(example_contents.contents(max_epochs=150)))
    censored = Delay("p", 97, "n_params", example_contents.n_params(64), 64, 9, 80.0, True)
    figure = race_figure(replace(shown, delays={"running": (*shown.delays["running"], censored)}))
    unknown = sum(np.isnan(t.lognormal.value) for curve in shown.curves.values() for t in curve)
    assert unknown > 0
    n_censored = sum(d.censored for d in shown.delays["running"]) + 1
    assert points(figure, "censored") == unknown + n_censored
    assert {"censored: at least", "delay at least"} <= set(legend(figure))
    triangles = [line for axes in figure.axes for line in axes.lines if line.get_gid() == "censored"]
    assert {(line.get_marker(), line.get_markerfacecolor()) for line in triangles} == {("^", "white")}


def test_a_race_without_a_crossing_says_why() -> None:
    contents = example_contents.contents(memorising=0.05)
    figure = race_figure(next(slices(contents)))
    assert not [label for label in legend(figure) if label.startswith("crossing")]
    written = " ".join(text.replace("\n", " ") for text, _ in texts(figure))
    assert "memorising faster at every width" in " ".join(written.split())


def test_the_published_rule_is_called_what_it_is() -> None:
    contents = replace(example_contents.contents(memorising=0.05), rule="published")
    labels = legend(race_figure(next(slices(contents))))
    assert "closest approach, running accuracy" in labels


def test_capacity_shows_both_constants_and_the_fit(drawn: dict[str, Figure | None]) -> None:
    figure = drawn["capacity"]
    assert figure is not None
    upper, lower = figure.axes
    assert (upper.get_xscale(), upper.get_yscale()) == ("log", "log")
    assert (lower.get_xlabel(), lower.get_ylabel()) == ("parameters P", "most bits held")
    text = " ".join(legend(figure))
    assert "2.16 bits per parameter (Song & Ye)" in text
    assert "3.6 bits per parameter (Morris et al.)" in text
    assert "least squares, as published" in text
    assert "C = 2.1" in text


def test_speed_has_every_run_and_marks_the_censored(drawn: dict[str, Figure | None]) -> None:
    for stem in ("speed_a", "speed_b"):
        figure = drawn[stem]
        assert figure is not None
        assert points(figure, "seeds") + points(figure, "censored") == N_DIMS * N_SEEDS
        assert points(figure, "censored") == N_SEEDS
        assert figure.axes[0].get_yscale() == "log"


def test_the_fitted_law_is_drawn_where_there_is_one() -> None:
    figure = dict(figures(example_contents.contents((97, 113))))["speed_b"]
    assert figure is not None
    assert [label for label in legend(figure) if "exp(" in label and "least AIC" in label]


def test_many_primes_are_a_scale_and_not_a_list() -> None:
    primes = (89, 97, 101, 103, 107, 109, 113)
    drawn = dict(figures(example_contents.contents(primes, seeds=2)))
    speed, onset = drawn["speed_a"], drawn["onset_thresholds"]
    assert speed is not None
    assert onset is not None
    assert not [text for text in legend(speed) if text.startswith("p =")]
    assert "prime p" in [axes.get_xlabel() for axes in speed.axes]
    # A column a prime and a mark a pair of thresholds, in as much height as three primes take.
    assert [text.get_text() for text in onset.axes[0].get_xticklabels()] == [str(p) for p in primes]
    assert onset.get_figheight() < 5
    marked = points(onset, "onset") + points(onset, "none")
    main = example_contents.contents(primes, seeds=2).parts[0]
    pairs = {
        (o.group, o.accuracy, o.train_threshold, o.val_threshold) for o in (*main.onset_grid, *main.families[0].onsets)
    }
    assert marked == len(pairs)


def test_a_scale_of_times_is_cut_where_all_are_censored() -> None:
    figure = dict(figures(example_contents.contents(max_epochs=150)))["speed_b"]
    assert figure is not None
    axes = figure.axes[0]
    seen = max(max(line.get_xdata(), default=0) for line in axes.lines if line.get_gid() == "seeds")
    beyond = sum((line.get_xdata() > 1.6 * seen).sum() for line in axes.lines if line.get_gid() == "censored")
    assert beyond > 0
    assert axes.get_xlim() == (0, pytest.approx(1.6 * seen))
    assert f"censored: at least ({beyond} more to the right)" in legend(figure)


def test_permutations_are_no_primes() -> None:
    contents = example_contents.contents()
    part = contents.parts[0]
    part = replace(part, frame=part.frame.assign(op="compose"))
    drawn = dict(figures(replace(contents, parts=(part,))))
    assert "group (order 97), K = " in " ".join(legend(drawn["speed_a"]))
    assert drawn["onset_thresholds"].axes[0].get_yticklabels()[0].get_text().startswith("group (order 97): ")
    assert next(slices(replace(contents, parts=(part,)))).title == "group (order 97)"
    assert words.group(120, composed=True) == "S5 (order 120)"


def test_learning_and_survival_show_every_seed_and_width(drawn: dict[str, Figure | None]) -> None:
    learning, survival = drawn["learning_97"], drawn["survival_97"]
    assert learning is not None
    assert survival is not None
    task, labels = learning.axes
    assert len(task.lines) == 3 * N_SEEDS
    assert sum(len(line.get_xdata()) > 0 for line in labels.lines) == 2 * N_SEEDS
    assert len(survival.axes) == 3
    assert [text for text in legend(survival) if text.startswith("d =")] == [
        f"d = {dim}" for dim in example_contents.DIMS
    ]
    assert points(survival, "censored") == 2 * N_SEEDS


def test_the_onset_is_shown_under_every_pair_of_thresholds(drawn: dict[str, Figure | None]) -> None:
    figure = drawn["onset_thresholds"]
    assert figure is not None
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    every = example_contents.contents().parts[0].onset_grid
    assert points(figure, "bound") == sum(o.code is OnsetCode.FROM_SMALLEST for o in every) > 0
    assert labels == [f"p = 97: {pair}" for pair in ("99, 99", "99, 98", "99, 95", "98, 98", "95, 95")]


def test_probe_ratios_are_drawn_with_their_bounds() -> None:
    nan = float("nan")
    ratios = tuple(
        ProbeRatio("p", 97, "n_params", 10_000 * (1 + i), 64, 0.2, "vocab", "eval", Estimate(*values, 4, ""))
        for i, values in enumerate([(1.1, 1.0, 1.3), (nan, 2.0, nan), (nan, nan, 0.5)])
    )
    figure = probe_figure(replace(example_contents.contents().parts[0], probe_ratios=ratios))
    assert figure is not None
    assert points(figure, "censored") == 2
    assert [line.get_marker() for line in figure.axes[0].lines if line.get_gid() == "censored"] == ["^", "v"]


def test_a_part_without_results_draws_only_what_it_can() -> None:
    bare = _bare(example_contents.contents())
    stems = {stem for stem, figure in figures(bare) if figure is None}
    assert stems == {"capacity", "speed_a", "speed_b", "onset_thresholds"}
    assert list(figures(example_contents.EMPTY)) == []


def test_swept_settings_have_figures_of_their_own() -> None:
    stems = [stem for stem, _ in figures(example_contents.contents(decays=(0.1, 1.0), seeds=2))]
    assert "race_97_weight_decay-0.1" in stems
    assert "race_97_weight_decay-1.0" in stems
    assert len(stems) == len(set(stems))


def _bare(contents: Contents) -> Contents:
    part = replace(contents.parts[0], capacity=None, timescales=(), crossings=(), families=(), onset_grid=())
    return replace(contents, parts=(replace(part, constant=float("nan")),), predictions=())


def test_a_path_of_two_snapshots_is_drawn_without_its_curvature(tmp_path: Path) -> None:
    path = pd.DataFrame(
        {
            "id": 1,
            "path": "steady learning",
            "part": "all",
            "metric": "euclidean",
            "epoch": [0, 12],
            "arc": [0.0, 2.0],
            "straightness": [np.nan, 1.0],
            "curvature": [np.nan, np.nan],
        }
    )
    figure = shape_figure(path, {"steady learning": {"t_train": 3.0, "plateau ends": np.nan, "t_test": 5.0}}, 12)
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert said == ["none: too few snapshots"]
    assert all(drawn.stat().st_size > 1000 for drawn in save(figure, tmp_path / "shape"))
