"""The folder: every file, the same bytes for the same contents, never in place of anything else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from grokscope.laws.results import Claim
from grokscope.laws.statistics.agreement import IdentityFit
from grokscope.studies.race.facts.contents import Counts, Prediction
from grokscope.studies.race.report import claims_json, claims_markdown, write_report
from grokscope.suite import FigureOptions

from . import example_contents


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_all_files_are_there(report: Path) -> None:
    figures = ("race_97", "learning_97", "survival_97", "capacity", "speed_a", "speed_b", "onset_thresholds")
    figures += ("prediction_intersection", "residual_intersection_p")
    tables = ("timescales.csv", "crossings.csv", "onsets.csv", "runs.csv", "predictiveness.csv")
    # One prime has too few cells for claims; three have them (see test_families).
    expected = {"index.html", *(f"tables/{name}" for name in tables)}
    expected |= {f"figures/{stem}.{kind}" for stem in figures for kind in ("pdf", "png")}
    assert set(files(report)) == expected
    assert all(files(report).values())


def test_equal_contents_give_equal_bytes_and_replace_what_was_there(report: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deeper" / "fake"
    assert write_report(example_contents.EMPTY, folder) == folder / "index.html"
    assert "fakes" not in (folder / "index.html").read_text()
    write_report(example_contents.contents(), folder)
    assert files(folder) == files(report)
    assert [entry.name for entry in folder.parent.iterdir()] == ["fake"]


def test_a_failure_leaves_the_old_report(tmp_path: Path) -> None:
    folder = tmp_path / "fake"
    write_report(example_contents.EMPTY, folder)
    before = files(folder)
    broken = replace(example_contents.EMPTY, counts={"speed": Counts(1, 1, 0, 0)}, frame=None)
    with pytest.raises(AttributeError):
        write_report(broken, folder)
    assert files(folder) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["fake"]


def test_a_folder_of_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(FileExistsError, match=r"found thesis\.tex, expected a new or empty folder or a report"):
        write_report(example_contents.EMPTY, tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_in_its_place_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("mine")
    with pytest.raises(FileExistsError, match="found a file"):
        write_report(example_contents.EMPTY, tmp_path / "report")


def test_a_suite_without_runs_reports_what_is_missing(tmp_path: Path) -> None:
    html = write_report(example_contents.EMPTY, tmp_path / "empty").read_text()
    assert "No run is finished" in html
    assert "speed: 0 of 4 runs are done" in html
    assert "The claims were not tested: that takes three cells" in html
    table = pd.read_csv(tmp_path / "empty" / "tables" / "predictiveness.csv")
    assert list(table)[:2] == ["config", "figure"]
    assert not len(table)


def test_claims_are_valid_json_and_markdown() -> None:
    claims = [Claim("a | b", "<b>", "cannot tell", {"f": float("nan"), "n": 3.0}, "how\nso")]
    tested = [Prediction(FigureOptions(), "eval", (), pd.DataFrame(), IdentityFit(3, 0.5, 0.1), tuple(claims))]
    assert json.loads(claims_json(tested))[0]["numbers"] == {"f": None, "n": 3.0}
    last = claims_markdown(tested).splitlines()[-1]
    assert last == "| a \\| b: &lt;b> | cannot tell | f –; n 3 | how so |"
