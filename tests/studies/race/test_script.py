"""Learning curves packed for the page are those of the traces, within the budget."""

from __future__ import annotations

import base64

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grokscope.studies.race.facts.slices import slices
from grokscope.studies.race.page.script import (
    BUDGET,
    SCALE,
    pack_curves,
    points_per_curve,
    sampled_epochs,
    script_json,
    script_state,
)

from . import example_contents


def unpacked(text: str, points: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<u2").reshape(-1, 3, points)


def test_points_are_those_of_the_trace() -> None:
    trace = example_contents.trace(300, 100.0, 40.0, None)
    rows, text = pack_curves(["gone", "a"], {"a": trace}, 50)
    assert rows == {"a": 0}
    curves = unpacked(text, 50)
    at = trace.loc[sampled_epochs(300, 50)]
    np.testing.assert_allclose(curves[0, 0] / SCALE, at["running_acc"], atol=0.5 / SCALE)
    np.testing.assert_allclose(curves[0, 1] / SCALE, at["train_acc"], atol=0.5 / SCALE)
    assert (curves[0, 2] == 65_535).all()


def test_a_trace_of_one_epoch_is_drawn_and_one_of_none_is_not() -> None:
    short, longer = example_contents.trace(1, 100.0, 40.0, 9.0), example_contents.trace(90, 100.0, 40.0, 9.0)
    rows, text = pack_curves(["a", "b", "c"], {"a": short, "b": longer, "c": short[:0]}, 20)
    assert rows == {"a": 0, "b": 1}
    # As the page does: a row's share of the text stands alone.
    np.testing.assert_array_equal(unpacked(text[8 * 20 : 2 * 8 * 20], 20)[0], unpacked(text, 20)[1])
    np.testing.assert_allclose(unpacked(text, 20)[1, 2, -1] / SCALE, longer["val_acc"].iloc[-1], atol=0.5 / SCALE)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_the_budget_holds_and_epochs_rise_to_the_last(n_runs: int, last: int) -> None:
    points = points_per_curve(n_runs)
    assert points == 16 or n_runs * 3 * 2 * points <= BUDGET
    epochs = sampled_epochs(last, points)
    assert epochs[0] == 1
    assert epochs[-1] == last
    assert (np.diff(epochs) >= 0).all()


def test_the_state_is_plain_json_that_ends_no_script() -> None:
    contents = example_contents.contents(max_epochs=150)
    drawn, _ = script_state(contents, list(slices(contents)))
    text = script_json(drawn | {"hostile": "</script><!--"})
    assert "NaN" not in text
    assert "<" not in text
    runs = drawn["slices"][0]["runs"]
    assert len(runs) == 2 * 3 * len(example_contents.DIMS)
    assert sorted(run[-1] for run in runs) == list(range(len(runs)))
