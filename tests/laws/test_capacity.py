"""C: the published slope, ours, and what is said when it is not measured or not valid."""

import math

import pandas as pd
import pytest

from grokscope.laws.capacity import PUBLISHED, estimate_capacity, extrapolation_warning, fit_published_rule
from run_frames import run

POINTS = ((1000, 1000), (1000, 2150), (2000, 4300), (5000, 10_750))


def runs(*points, bits=1e6, **more):
    return pd.DataFrame(
        [run("capacity", p, b, seed=i, p=113, dataset_bits=bits, **more) for i, (p, b) in enumerate(points)]
    )


def test_conformance_of_the_published_slope():
    slope, intercept = fit_published_rule(POINTS)
    assert slope == pytest.approx(2.15)
    assert intercept == pytest.approx(0, abs=1e-6)
    assert estimate_capacity(runs(*POINTS)).published_rule[0] == pytest.approx(2.15)


def test_published_points_give_the_published_slope():
    """Method 5.13: seven points, bits = 2.163 P - 45."""
    params = (5830, 7764, 9954, 12400, 15102, 18060, 21274)
    bits = (12729, 16378, 21355, 26897, 32886, 39438, 45519)
    found = estimate_capacity(runs(*zip(params, bits, strict=True)))
    assert found.published_rule == pytest.approx((2.163, -45), abs=1)
    assert found.published_rule[0] == pytest.approx(2.163, abs=5e-4)
    assert found.constant.low < 2.163 < found.constant.high
    assert found.source == "measured"
    assert (found.low_params, found.high_params) == (5830, 21274)


def test_each_seeds_largest_total_counts():
    frame = pd.concat([runs((1000, 2000), (2000, 4000), (4000, 8000)), runs((1000, 500), (2000, 100), (4000, 10))])
    found = estimate_capacity(frame)
    assert found.constant.value == pytest.approx(2.0)
    assert found.constant.n == 3


def test_widths_that_were_never_full_are_left_out():
    full, unfilled = runs((1000, 2000), (2000, 4000), (3000, 6000)), runs((8000, 9000), bits=9500.0)
    found = estimate_capacity(pd.concat([full, unfilled]))
    assert [point.saturated for point in found.points] == [True, True, True, False]
    assert found.constant.value == pytest.approx(2.0)
    assert found.saturated_only == found.constant
    assert found.published_rule[0] < 1.5
    assert found.high_params == 3000


def test_without_full_widths_it_says_so():
    found = estimate_capacity(runs((1000, 2000), (2000, 4000), (3000, 6000), bits=2500.0))
    assert found.saturated_only is None
    assert "may be too low" in found.source
    assert found.constant.value == pytest.approx(2.0)


@pytest.mark.parametrize("points", [(), ((1000, 2150),), ((1000, 2150), (1000, 2000))])
def test_fewer_than_two_widths_fall_back(points):
    frame = runs(*points) if points else runs((1, 1)).iloc[:0]
    found = estimate_capacity(frame)
    assert found.constant.value == PUBLISHED
    assert math.isnan(found.constant.low)
    assert "Song & Ye 2026" in found.source


def test_two_points_have_no_interval_and_modular_data_do_not_count():
    found = estimate_capacity(pd.concat([runs((1000, 2000), (2000, 4000)), runs((9000, 1), probe="vocab")]))
    assert found.constant.value == pytest.approx(2.0)
    assert math.isnan(found.constant.low)


def test_use_outside_its_range_is_said():
    found = estimate_capacity(runs(*POINTS))
    assert extrapolation_warning(found, [1000, 5000]) is None
    assert extrapolation_warning(found, [500, 2000, 9000]) == (
        "C was measured at P from 1000 to 5000 and is used at 2 of 3 P outside, from 500 to 9000"
    )
    assert "published" in extrapolation_warning(estimate_capacity(runs((1, 1)).iloc[:0]), [500])


def test_mixed_settings_are_refused():
    with pytest.raises(ValueError, match=r"dropout: found 0\.0, 0\.2"):
        estimate_capacity(pd.concat([runs((1000, 1), dropout=0.0), runs((2000, 1), dropout=0.2)]))
