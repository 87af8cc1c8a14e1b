"""What a pruning curve comes to, and how unequal numbers are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokscope.probes.encodings import compressibility, gini, weight_gini

from .nets import arrays_of, mlp

GRID = np.linspace(0, 1, 101)


def test_a_step_keeps_its_place() -> None:
    found = compressibility(np.where(GRID <= 0.8, 1.0, 0.0)[None])
    assert found.area[0] == pytest.approx(0.805)
    assert found.c[0] == pytest.approx(1 / 0.195)
    assert found.p95[0] == pytest.approx(0.8005)
    assert found.factor[0] == pytest.approx(1 / 0.1995)


def test_an_imperfect_net_is_capped_in_c_but_not_in_c_norm() -> None:
    perfect, imperfect = (compressibility(a * np.where(GRID <= 0.9, 1.0, 0.0)[None]) for a in (1.0, 0.9))
    assert imperfect.c[0] < 1 / (1 - 0.9)
    assert imperfect.c_norm[0] == pytest.approx(perfect.c_norm[0])
    assert imperfect.p95[0] == pytest.approx(perfect.p95[0])


def test_p95_is_where_the_curve_first_falls_below() -> None:
    bumpy = np.array([[1.0, 0.97, 0.9, 1.0, 0.0]])
    assert compressibility(bumpy).p95[0] == pytest.approx((1 + (0.97 - 0.95) / 0.07) / 4)
    assert compressibility(np.ones((1, 5))).p95[0] == 1
    assert compressibility(np.zeros((1, 5))).c_norm[0] == 1


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=20))
def test_gini_is_half_the_relative_mean_difference(values: list[float]) -> None:
    n, total = len(values), sum(values)
    differences = sum(abs(a - b) for a in values for b in values)
    assert float(gini(np.array(values))) == pytest.approx(differences / (2 * n * total), abs=2e-5)


def test_weights_count_and_biases_do_not() -> None:
    net = mlp()
    w1, _, w2, _ = arrays_of(net)
    both = np.concatenate([w1.ravel(), w2.ravel()])
    assert float(weight_gini(net)) == pytest.approx(float(gini(both)), abs=1e-6)
