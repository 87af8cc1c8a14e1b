"""What was measured before is looked up, and nothing else."""

from pathlib import Path

import numpy as np
import pytest

from grokscope.probes.orderedness import scores
from grokscope.studies.order.facts import orderedness
from grokscope.studies.order.facts.orderedness import cached_scores

WEIGHTS = np.random.default_rng(0).normal(size=(5, 4, 4)).astype(np.float32)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GROKSCOPE_CACHE", str(tmp_path))
    return tmp_path / "orderedness"


def unmeasurable(*args: object, **options: object) -> None:
    raise AssertionError("measured anew")


def test_the_second_time_nothing_is_measured(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cached_scores(WEIGHTS, pinned=1, draws=2)
    np.testing.assert_array_equal(first, scores(WEIGHTS, pinned=1, draws=2))
    monkeypatch.setattr(orderedness, "scores", unmeasurable)
    np.testing.assert_array_equal(cached_scores(WEIGHTS, pinned=1, draws=2), first)
    for others in ({"pinned": 0, "draws": 2}, {"pinned": 1, "draws": 3}):
        with pytest.raises(AssertionError, match="anew"):
            cached_scores(WEIGHTS, **others)
    with pytest.raises(AssertionError, match="anew"):
        cached_scores(WEIGHTS[::-1], pinned=1, draws=2)


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_not_whole_is_measured_anew(cache: Path, content: bytes) -> None:
    first = cached_scores(WEIGHTS, pinned=1, draws=1)
    (path,) = cache.iterdir()
    path.write_bytes(content)
    np.testing.assert_array_equal(cached_scores(WEIGHTS, pinned=1, draws=1), first)
    assert np.load(path).shape == (6, 5)


def test_without_a_cache_it_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GROKSCOPE_CACHE", str(tmp_path / "file"))
    np.testing.assert_array_equal(cached_scores(WEIGHTS, pinned=1, draws=1), scores(WEIGHTS, pinned=1, draws=1))
