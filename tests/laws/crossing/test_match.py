"""Crossings and onsets along w0 that are known, and what is answered where one is missing."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from grokscope.laws.crossing.match import CrossingOnsetMatch, match_crossing_to_onset
from grokscope.laws.results import CrossingCode, OnsetCode

SCALES = (0.1, 1.0, 10.0, 100.0)


def seen(times: Mapping[float, float], *, factors: tuple[float, ...] = (0.95, 1.0, 1.05)) -> pd.DataFrame:
    """A run a factor; a time of infinity is of a run followed for 1000 epochs in vain."""
    return pd.DataFrame(
        [{"x": w0, "time": min(1000.0, t * f), "censored": np.isinf(t)} for w0, t in times.items() for f in factors]
    )


def grokking(shares: Mapping[float, tuple[bool, ...]]) -> pd.DataFrame:
    return pd.DataFrame([{"x": w0, "groks": g} for w0, every in shares.items() for g in every])


FLAT = dict.fromkeys(SCALES, 30.0)
RISING = dict(zip(SCALES, (10.0, 20.0, 80.0, 200.0), strict=True))
FROM_TEN = grokking({0.1: (False,) * 3, 1.0: (False, False, True), 10.0: (True, True, False), 100.0: (True,) * 3})


def match(mem: pd.DataFrame, gen: pd.DataFrame, groks: pd.DataFrame) -> CrossingOnsetMatch | None:
    return match_crossing_to_onset(mem, gen, groks, x_axis="w0")


def test_a_crossing_where_grokking_begins() -> None:
    found = match(seen(FLAT), seen(RISING), FROM_TEN)
    assert found is not None
    # ln T_gen rises by ln 4 from 1 to 10: it meets 30 after ln 1.5 of it
    assert found.crossing.x.value == pytest.approx(10 ** (np.log(1.5) / np.log(4)), rel=1e-6)
    assert found.crossing.x.low < found.crossing.x.value < found.crossing.x.high
    assert (found.before, found.onset, found.code) == (1.0, 10.0, OnsetCode.FOUND)
    assert found.verdict == "yes"


def test_a_crossing_elsewhere() -> None:
    late = grokking({w0: (w0 > 50,) * 3 for w0 in SCALES})
    found = match(seen(FLAT), seen(RISING), late)
    assert found is not None
    assert (found.before, found.onset, found.verdict) == (10.0, 100.0, "no")


def test_grokking_that_begins_where_nothing_crosses() -> None:
    found = match(seen(dict.fromkeys(SCALES, 5.0)), seen(RISING), FROM_TEN)
    assert found is not None
    assert found.crossing.code is CrossingCode.ALWAYS_FASTER
    assert found.verdict == "no"


def test_neither_says_nothing() -> None:
    never = grokking(dict.fromkeys(SCALES, (False,) * 3))
    found = match(seen(dict.fromkeys(SCALES, 5000.0)), seen(RISING), never)
    assert found is not None
    assert (found.code, found.verdict) == (OnsetCode.NEVER, "cannot tell")
    assert np.isnan(found.onset)


def test_one_seed_each_has_a_place_and_no_interval() -> None:
    found = match(seen(FLAT, factors=(1.0,)), seen(RISING, factors=(1.0,)), FROM_TEN)
    assert found is not None
    assert np.isnan(found.crossing.x.low)
    assert found.verdict == "yes"


def test_runs_that_never_generalise_are_bounds_and_not_dropped() -> None:
    found = match(seen(FLAT), seen(RISING | {10.0: np.inf, 100.0: np.inf}), FROM_TEN)
    assert found is not None
    assert found.crossing.code is CrossingCode.CROSSES
    assert found.verdict == "yes"


def test_one_scale_is_too_few() -> None:
    assert match(seen({1.0: 3.0}), seen(RISING), FROM_TEN) is None
    assert match(seen(FLAT), seen(RISING).iloc[:0], FROM_TEN) is None
