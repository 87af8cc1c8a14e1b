"""The `analysis` block: known options are checked, unknown ones only warned of."""

import pytest

from grokscope.suite import Analysis, CalibrationOptions, FigureOptions, HypothesisTests

from .documents import VALID, faults_of, parsed


def analysis(block):
    return parsed(VALID + f"analysis: {block}\n").analysis


def test_no_block_is_all_defaults():
    assert parsed(VALID).analysis == Analysis() == analysis("")
    assert Analysis().pinned_capacity is None


def test_known_options():
    found = analysis(
        "{max_dim: 256, use_default_capacity_constant: true, delay_val_threshold: 98, gen_curve_threshold: 0.95,"
        " hypothesis_tests: false, calibrate: {dims: [24, 32], primes: [97]}, crossing_rule: published,"
        " accuracy: [eval], bootstrap_seed: 3}"
    )
    assert found == Analysis(
        max_dim=256,
        use_default_capacity_constant=True,
        delay_val_threshold=0.98,
        gen_curve_threshold=0.95,
        hypothesis_tests=HypothesisTests(enabled=False),
        calibrate=CalibrationOptions(dims=(24, 32), primes=(97,)),
        crossing_rule="published",
        accuracy=("eval",),
        bootstrap_seed=3,
    )
    assert found.pinned_capacity == 2.16
    assert analysis("{capacity_constant: 2}").pinned_capacity == 2.0


@pytest.mark.parametrize("figures", ["[{name: a, max_dim: 9}, b]", "{a: {max_dim: 9}, b: }"])
def test_figures_are_a_list_or_a_mapping_by_name(figures):
    assert analysis(f"{{figures: {figures}}}").figures == (FigureOptions(name="a", max_dim=9), FigureOptions(name="b"))


def test_tests_may_name_their_axes():
    assert analysis("{hypothesis_tests: {axes: [p, lr]}}").hypothesis_tests == HypothesisTests(axes=("p", "lr"))


@pytest.mark.parametrize(
    ("block", "place"),
    [
        ("{colour: red}", "analysis.colour"),
        ("{figures: [{nmae: a}]}", "analysis.figures.nmae"),
        ("{figures: {a: {odd: 1}}}", "analysis.figures.a.odd"),
        ("{calibrate: {dmis: [1]}}", "analysis.calibrate.dmis"),
        ("{hypothesis_tests: {n: 1}}", "analysis.hypothesis_tests.n"),
    ],
)
def test_unknown_options_are_warned_of_with_their_line(block, place):
    (warning,) = parsed(VALID + f"analysis: {block}\n").warnings
    assert warning.startswith(f"s.yaml:10: {place}: is not a known option and is left aside; known are ")


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        ("3", ":10: analysis: found 3, expected a mapping"),
        ("{max_dim: x}", ":10: analysis.max_dim: found 'x', expected a valid integer"),
        ("{max_dim: 0}", ":10: analysis.max_dim: found 0, expected greater than or equal to 1"),
        ("{max_dim: true}", ":10: analysis.max_dim: found True, expected a valid integer"),
        (
            "{delay_val_threshold: 101}",
            ":10: analysis.delay_val_threshold: found 101, expected less than or equal to 1",
        ),
        ("{delay_val_threshold: true}", ":10: analysis.delay_val_threshold: found True, expected a number"),
        ("\n  hypothesis_tests: 3", ":11: analysis.hypothesis_tests: found 3, expected a mapping"),
        ("{calibrate: {dims: [a]}}", ":10: analysis.calibrate.dims: found 'a', expected a valid integer"),
        ("{figures: {a: 3}}", ":10: analysis.figures: found a mapping, expected a mapping of options for each figure"),
        ("{crossing_rule: best}", ":10: analysis.crossing_rule: found 'best', expected 'sign change' or 'published'"),
        ("{capacity_constant: -1}", ":10: analysis.capacity_constant: found -1, expected greater than 0"),
    ],
)
def test_known_options_with_wrong_values_are_refused_with_their_line(block, fault):
    (line,) = faults_of(VALID + f"analysis: {block}\n")
    assert line.startswith("s.yaml" + fault)


def test_a_figure_takes_from_the_block_what_it_does_not_say():
    found = analysis(
        "{delay_val_threshold: 98, max_dim: 64, figures: [{name: a, slice_field: dim, x_field: dataset_bits}]}"
    )
    main, other = found.families
    assert (main.main, main.delay_val_threshold, main.max_dim) == (True, 0.98, 64)
    assert (other.name, other.fading, other.delay_val_threshold, other.max_dim) == ("a", True, 0.98, 64)
    own = analysis("{max_dim: 64, figures: [{name: a, max_dim: 32, delay_val_threshold: 0.95}]}").families
    assert [(figure.name, figure.max_dim, figure.delay_val_threshold) for figure in own] == [("a", 32, 0.95)]


def test_a_figure_that_cannot_be_drawn_says_why():
    found = analysis("{figures: [{name: a, x_field: heads}]}")
    assert found.figures[0].fault == (
        "figure a: x_field: found 'heads', expected one of n_params, dim, dataset_bits, p; it is not drawn"
    )
    assert [figure.name for figure in found.families] == ["intersection"]
