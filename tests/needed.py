"""Programs that a test needs and a machine may lack: continuous integration must have them."""

import os
from collections.abc import Generator

import pytest

NEEDED = ("postgresql", "chromium")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where `CI` is set, a test that is skipped because the machine lacks a program has failed."""
    report = yield
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    if report.skipped and os.environ.get("CI") and any(program in reason.lower() for program in NEEDED):
        report.outcome = "failed"
        report.longrepr = f"{reason}; continuous integration must have it"
    return report
