"""One report for all tests that only look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grokscope.studies.race.report import write_report

from . import example_contents


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report with a crossing."""
    return write_report(example_contents.contents(), tmp_path_factory.mktemp("reports") / "fake").parent
