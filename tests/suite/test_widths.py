"""Depth sweep: widths found for a number of parameters are the published ones."""

import pytest

from grokscope.suite import load_suite
from grokscope.suite.widths import nearest

AS_113 = {
    2: [10, 14, 22, 36, 52, 76, 122],
    4: [10, 16, 26, 38, 54, 86],
    6: [14, 22, 32, 44, 70],
    8: [8, 12, 18, 26, 38, 62],
    10: [10, 16, 24, 34, 56],
}
WIDTHS = {
    97: AS_113 | {4: [16, 26, 38, 54, 86], 6: [14, 22, 32, 44, 72], 8: [8, 12, 18, 28, 38, 62]},
    107: AS_113 | {8: [8, 12, 18, 28, 38, 62]},
    113: AS_113,
    127: AS_113 | {2: [14, 22, 36, 52, 76, 120], 6: [14, 22, 30, 44, 70]},
    139: AS_113 | {2: [8, 14, 20, 36, 52, 74, 120], 6: [8, 12, 22, 30, 44, 70], 10: [10, 16, 24, 34, 54]},
}


@pytest.fixture(scope="module")
def depth_scaling():
    return load_suite("depth_scaling").runs


@pytest.mark.parametrize("p", WIDTHS)
@pytest.mark.parametrize("kind", ["speed", "groks"])
def test_depth_targets_choose_the_published_widths(depth_scaling, p, kind):
    found = {depth: [] for depth in AS_113}
    for run in depth_scaling:
        if run.measurement.kind == kind and run.task.p == p and run.seeds.data == 42:
            found[run.net.depth].append(run.net.dim)
    assert found == WIDTHS[p]


def test_a_target_that_no_width_comes_near_is_dropped():
    assert nearest(5e3, p=113, depth=10, heads=1) is None
    assert nearest(1e9, p=113, depth=2, heads=1) is None
    assert nearest(5e4, p=113, depth=2, heads=1) == 36


def test_with_several_heads_only_widths_that_they_divide_are_chosen():
    assert nearest(1e5, p=113, depth=2, heads=1) == 52
    assert nearest(1e5, p=113, depth=2, heads=4) == 48
