"""Figures by several processes: the same files as by one, and a failure is told."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from grokscope.report.drawing import DrawingError, draw
from grokscope.studies.race.figures import sketches

from . import example_contents


def test_several_processes_make_the_same_files_as_one(tmp_path: Path) -> None:
    some = [
        each for each in sketches(example_contents.contents()) if each[0] in ("learning_97", "speed_b", "survival_97")
    ]
    some.append(("absent", partial(dict[str, None]().get, "figure")))
    alone, together = tmp_path / "one", tmp_path / "two"
    for folder, processes in ((alone, 1), (together, 2)):
        folder.mkdir()
        made = draw(some, folder, processes=processes)
        # In the order in which they were asked for, whoever drew them.
        assert made == {stem: folder / f"{stem}.png" for stem in ("learning_97", "survival_97", "speed_b")}
        assert list(made) == ["learning_97", "survival_97", "speed_b"]
    names = sorted(path.name for path in alone.iterdir())
    assert len(names) == 6
    assert {name: (alone / name).read_bytes() for name in names} == {
        path.name: path.read_bytes() for path in together.iterdir()
    }


def test_what_goes_wrong_in_another_process_is_told(tmp_path: Path) -> None:
    with pytest.raises(DrawingError, match=r"ended with 1, expected 0:(.|\n)*ZeroDivisionError"):
        draw([("a", partial(dict[str, None]().get, "x")), ("b", partial(divmod, 1, 0))], tmp_path, processes=2)
