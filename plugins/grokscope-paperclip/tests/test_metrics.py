"""Every metric against a plain loop, and against what must be true of any."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokscope_paperclip.evaluation import metrics
from grokscope_paperclip.evaluation.baselines import chance

RNG = np.random.default_rng(0)


def unit(n: int, dim: int = 6, seed: int = 0) -> np.ndarray:
    found = np.random.default_rng(seed).standard_normal((n, dim))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def plain_rank(query: np.ndarray, candidates: np.ndarray, right: int) -> int:
    return 1 + sum(float(query @ c) > float(query @ candidates[right]) for c in candidates)


@given(st.integers(2, 30), st.integers(0, 100))
def test_ranks_are_those_of_a_loop(n: int, seed: int) -> None:
    x, y = unit(n, seed=seed), unit(n, seed=seed + 1)
    assert metrics.ranks(x, y, np.arange(n)).tolist() == [plain_rank(x[i], y, i) for i in range(n)]


def test_ties_count_in_favour() -> None:
    same = np.ones((5, 3)) / math.sqrt(3)
    assert metrics.ranks(same, same, np.arange(5)).tolist() == [1] * 5


def test_the_best_rank_is_among_the_own_label_and_counts_only_others() -> None:
    x, y, own, of = unit(9), unit(14, seed=1), RNG.integers(3, size=9), RNG.integers(3, size=14)
    for i, found in enumerate(metrics.best_ranks(x, y, own, of)):
        scores = y @ x[i]
        best = max(scores[of == own[i]])
        assert found == 1 + sum(s > best for s, label in zip(scores, of, strict=True) if label != own[i])


def test_a_curve_rises_to_one_and_chance_is_the_diagonal() -> None:
    n = 2000
    rank = metrics.ranks(unit(n, 16), unit(n, 16, seed=1), np.arange(n))
    shares = np.linspace(0.01, 1, 100)
    found = metrics.curve(rank, n, shares)
    assert (np.diff(found) >= 0).all()
    assert found[-1] == 1
    assert np.abs(found - shares).max() < 5 * math.sqrt(0.25 / n)
    assert chance(0.1, 77) == 7 / 77


def test_average_precision_is_that_of_a_loop() -> None:
    x, y, own, of = unit(6), unit(20, seed=1), np.arange(6) % 3, RNG.integers(3, size=20)
    total = []
    for i in range(6):
        right = of[np.argsort(-(y @ x[i]))] == own[i]
        total.append(np.mean([right[: k + 1].mean() for k in np.flatnonzero(right)]))
    assert metrics.mean_average_precision(x, y, own, of) == pytest.approx(np.mean(total))


def test_the_loss_of_known_cosines() -> None:
    same = np.ones((100, 1))
    assert metrics.infonce(same, same, 4.605) == pytest.approx(math.log(100))
    eye = np.eye(100)
    assert metrics.infonce(eye, eye, 4.605) == pytest.approx(math.log(1 + 99 * math.exp(-4.605)))
    assert metrics.infonce(eye, eye, 4.605) == pytest.approx(0.688, abs=1e-3)


def test_the_published_batch_metric_is_text_to_image_within_batches() -> None:
    x = unit(250)
    assert metrics.batch_top(x, x, 1, 100) == 1
    found = metrics.batch_top(unit(4000, 16), unit(4000, 16, seed=1), 10, 100)
    assert found == pytest.approx(0.1, abs=5 * math.sqrt(0.09 / 4000))


def test_auroc_is_the_share_of_pairs_in_order() -> None:
    a, b = RNG.integers(5, size=30).astype(float), RNG.integers(4, size=40).astype(float)
    plain = np.mean([(p > q) + 0.5 * (p == q) for p in a for q in b])
    assert metrics.auroc(a, b) == pytest.approx(plain)


def test_other_pairs_are_of_other_groups() -> None:
    groups = np.repeat(np.arange(10), 5)
    x = np.eye(10)[groups]
    true, other = metrics.cosines(x, x, groups)
    assert (true == 1).all()
    assert (other == 0).all()
    assert len(other) == 50


def test_an_interval_widens_where_groups_move_together() -> None:
    values = np.repeat(RNG.integers(2, size=40).astype(float), 25)
    whole, split = np.repeat(np.arange(40), 25), np.arange(1000)
    wide, narrow = metrics.bootstrap(values, whole), metrics.bootstrap(values, split)
    assert wide.value == narrow.value == values.mean()
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)
    se = np.repeat(values.reshape(40, 25).mean(1).std() / math.sqrt(40), 1)[0]
    assert wide.high - wide.low == pytest.approx(2 * 1.96 * se, rel=0.15)
    same = metrics.paired_difference(values, values, whole)
    assert (same.low, same.high) == (0, 0)
