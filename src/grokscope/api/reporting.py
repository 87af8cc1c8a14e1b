"""Default places of ledger and reports, the plan of a suite, and its report: nothing is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from grokscope.ledger import Ledger, open_ledger
from grokscope.planning.plan import Plan, plan_suite
from grokscope.spec import InputError
from grokscope.studies.study import study_of
from grokscope.suite import Suite, load_suite

DEFAULT_OUT = Path("out")
DEFAULT_STORE = "ledger.sqlite"


def default_store(out: str | Path = DEFAULT_OUT) -> str:
    """The path of the ledger unless `store` says otherwise: an SQLite file in the output folder."""
    return str(Path(out) / DEFAULT_STORE)


def report_folder(suite: Suite, out: Path) -> Path:
    """The folder of a suite's report."""
    return out / "reports" / suite.name


def plan(suite: Suite | str | Path, *, store: str | Path | None = None) -> Plan:
    """Plan a suite: say what running it would do. Writes nothing, and needs no ledger to be there.

    Args:
        suite: a suite, a path, or the name of one that ships.
        store: path or SQLAlchemy URL of the ledger; by default `out/ledger.sqlite`.

    Returns:
        By measurement how many runs are done and to be done, what they cost at most, and why each is to be trained.

    Raises:
        SuiteError, LedgerError: the suite or the ledger cannot be read.
    """
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    return plan_suite(suite, store or default_store())


def report(
    suite: Suite | str | Path, *, store: str | Path | None = None, out: str | Path = DEFAULT_OUT
) -> tuple[Any, Path]:
    """Write the suite's report from the ledger alone; of a half-done suite, what there is.

    Args:
        suite: a suite, a path, or the name of one that ships.
        store: path or SQLAlchemy URL of the ledger; by default `ledger.sqlite` in `out`.
        out: the folder in which the report is `reports/NAME`.

    Returns:
        What the suite's study concluded, and the path of the report's page.

    Raises:
        InputError: the report cannot be written.
        LedgerError: there is no ledger, or the suite is not in it.
    """
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    with open_ledger(store or default_store(out), create=False) as ledger:
        return conclude_suite(suite, ledger, Path(out))


def conclude_suite(suite: Suite, ledger: Ledger, out: Path) -> tuple[Any, Path]:
    """Let the suite's study conclude and write its report; what it concluded, and the path of the page.

    Raises:
        InputError: the report cannot be written; what was there before still is.
    """
    study = study_of(suite)
    contents, folder = study.conclude(suite, ledger), report_folder(suite, out)
    try:
        return contents, study.write(contents, folder)
    except OSError as error:
        if error.strerror is None:
            raise
        raise InputError(
            f"{folder}: {error.strerror}; the runs are safe in the ledger, and `grokscope report` writes their report"
        ) from error
