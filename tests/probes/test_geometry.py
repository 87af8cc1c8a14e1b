"""Paths of parameters: identities, a path known in closed form, and memory that does not grow."""

import weakref
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokscope.probes.geometry import (
    Here,
    bend,
    cosine,
    length,
    moving_median,
    path,
    split,
    turning_points,
    window,
)

RNG = np.random.default_rng(0)
F, A, B = RNG.random(20), RNG.normal(size=20), RNG.normal(size=20)


def test_lengths_and_cosines_are_sums_written_out() -> None:
    assert length(A, F) == pytest.approx(sum(f * a * a for f, a in zip(F, A, strict=True)) ** 0.5)
    inner = sum(f * a * b for f, a, b in zip(F, A, B, strict=True))
    assert cosine(A, B, F) == pytest.approx(inner / length(A, F) / length(B, F))
    assert np.isnan(cosine(A, 0 * B, F))


@given(st.floats(1e-6, 1e6))
def test_a_step_is_like_itself_in_any_metric(scale: float) -> None:
    assert cosine(A, A, F) == pytest.approx(1)
    assert cosine(A, -A, F) == pytest.approx(-1)
    assert cosine(A, B, scale * F) == pytest.approx(cosine(A, B, F))


def rows(thetas: list[np.ndarray], fishers: list[np.ndarray] | None = None) -> list[Here]:
    fishers = fishers or [F] * len(thetas)
    kinds = [{"fisher": f, "other": f + 1} for f in fishers]
    found = list(path(zip(range(0, 5 * len(thetas), 5), thetas, kinds, strict=True), split(fishers[-1]), kinds[-1]))
    assert {row.metric for row in found} == {"fisher", "other", "euclidean"}
    return found


def test_every_kind_of_fisher_is_a_metric_of_its_own() -> None:
    """Squared lengths by F + 1 are those by F and the plain ones together."""
    found = rows(list(RNG.normal(size=(4, 20))), list(RNG.random((4, 20))))
    for epoch in (0, 5, 10):
        speed = {row.metric: row.speed for row in found if row.epoch == epoch and row.part == "all"}
        assert speed["other"] == pytest.approx(np.hypot(speed["fisher"], speed["euclidean"]))


def test_pure_decay_goes_straight_to_the_origin() -> None:
    found = [row for row in rows([A * 0.9**e for e in range(6)]) if row.part == "all" and row.metric != "other"]
    assert [row.epoch for row in found if row.metric == "fisher"] == [0, 5, 10, 15, 20, 25]
    for row in found[:-2]:
        assert row.origin == pytest.approx(1)
    for row in found[2:-2]:
        assert row.turn == pytest.approx(1)
        assert row.curvature == pytest.approx(0, abs=1e-6)
    for row in found[2:]:
        assert row.straightness == pytest.approx(1)
    assert np.isnan([found[-1].speed, found[-1].turn, found[0].turn]).all()


def test_measures_take_the_metric_where_steps_meet() -> None:
    thetas, fishers = list(RNG.normal(size=(4, 20))), list(RNG.random((4, 20)))
    second = next(r for r in rows(thetas, fishers) if (r.epoch, r.part, r.metric) == (5, "all", "fisher"))
    came, goes = thetas[1] - thetas[0], thetas[2] - thetas[1]
    assert second.speed == pytest.approx(length(goes, fishers[1]))
    assert second.turn == pytest.approx(cosine(came, goes, fishers[1]))
    assert second.origin == pytest.approx(cosine(goes, -thetas[1], fishers[1]))
    assert second.curvature == pytest.approx(bend(came, goes, fishers[1]))
    assert second.norm == pytest.approx(np.linalg.norm(thetas[1]))
    assert second.arc == pytest.approx(length(came, fishers[-1]))


def test_stiff_and_sloppy_make_up_the_whole() -> None:
    found = rows(list(RNG.normal(size=(3, 20))))
    for epoch in (0, 5):
        speed = {(r.part, r.metric): r.speed for r in found if r.epoch == epoch}
        for metric in ("fisher", "euclidean"):
            both = np.hypot(speed["stiff", metric], speed["sloppy", metric])
            assert both == pytest.approx(speed["all", metric])


@given(st.integers(0, 10_000))
def test_a_chord_is_never_longer_than_its_arc(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = rows(list(rng.normal(size=(5, 20))), list(rng.random((5, 20))))
    assert all(row.chord <= row.arc * (1 + 1e-12) for row in found)


def test_a_circle_has_the_curvature_of_its_radius() -> None:
    angle = np.linspace(0, 1, 200)
    thetas = [np.array([3 * np.cos(a), 3 * np.sin(a)]) for a in angle]
    found = rows(thetas, [np.ones(2)] * 200)
    curvature = [r.curvature for r in found if r.metric == "euclidean" and r.part == "all"][1:-1]
    np.testing.assert_allclose(curvature, 1 / 3, rtol=1e-3)


def test_memory_does_not_grow_with_the_number_of_snapshots() -> None:
    alive: list[weakref.ref[np.ndarray]] = []
    most = 0

    def snapshots() -> Iterator[tuple[int, np.ndarray, dict[str, np.ndarray]]]:
        nonlocal most
        for epoch in range(60):
            theta, fisher = np.full(20, float(epoch)), np.ones(20)
            alive.extend((weakref.ref(theta), weakref.ref(fisher)))
            yield epoch, theta, {"fisher": fisher}
            del theta, fisher
            most = max(most, sum(ref() is not None for ref in alive))

    for _ in path(snapshots(), split(np.ones(20)), {"fisher": np.ones(20)}):
        pass
    assert most <= 8


def test_a_bump_in_the_speed_is_bracketed() -> None:
    epochs = np.arange(100.0)
    speed = 3 * np.exp(-epochs / 8) + np.exp(-(((epochs - 50) / 8) ** 2))
    smooth = turning_points(epochs, speed, smooth=1)
    fine = np.arange(0, 100, 0.001)
    slope = np.gradient(3 * np.exp(-fine / 8) + np.exp(-(((fine - 50) / 8) ** 2)))
    zeros = fine[:-1][np.sign(slope[1:]) != np.sign(slope[:-1])]
    np.testing.assert_allclose(smooth, zeros, atol=0.6)
    assert window(epochs, speed) == pytest.approx(tuple(zeros), abs=2)
    assert window(epochs, np.exp(-epochs)) is None


def test_a_moving_median_keeps_the_ends_and_drops_a_spike() -> None:
    values = np.array([1.0, 2, 9, 4, 5, 6])
    np.testing.assert_array_equal(moving_median(values, 3), [1, 2, 4, 5, 5, 6])
