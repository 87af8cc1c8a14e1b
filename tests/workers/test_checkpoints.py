"""Checkpoints as files: a whole one or none, whatever happens while one is written."""

import os
from pathlib import Path

import pytest

from grokscope.workers.checkpoints import Checkpoints


def test_kept_replaced_and_dropped(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path / "new" / "folder")
    assert kept.load("a") is None
    kept.drop("a")
    kept.save("a", b"one")
    kept.save("b", b"other")
    kept.save("a", b"two")
    assert (kept.load("a"), kept.load("b")) == (b"two", b"other")
    kept.drop("a")
    assert (kept.load("a"), kept.load("b")) == (None, b"other")


@pytest.mark.parametrize("breaks", ["fsync", "replace"])
def test_a_write_that_breaks_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    kept = Checkpoints(tmp_path)
    kept.save("a", b"one")

    def full(*args: object, **fields: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync") if breaks == "fsync" else (Path, "replace")), full)
        with pytest.raises(OSError, match="No space left"):
            kept.save("a", b"two" * 1000)
    assert kept.load("a") == b"one"
    kept.save("a", b"three")
    assert kept.load("a") == b"three"


def test_only_whole_files_are_seen_under_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever the file is there, all of it is: it is filled under another name."""
    kept, seen = Checkpoints(tmp_path), []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        seen.append(kept.load("a"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    kept.save("a", b"one")
    kept.save("a", b"two")
    assert seen == [None, b"one"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.checkpoint"]
