"""What a suite will cost, and what it came to: nothing is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from grokscope.api.places import DEFAULT_OUT, default_store, report_folder
from grokscope.ledger import Ledger, open_ledger
from grokscope.planning.plan import Plan, planned
from grokscope.spec import InputError
from grokscope.studies.study import study_of
from grokscope.suite import Suite, load_suite


def plan(suite: Suite | str | Path, *, store: str | Path | None = None) -> Plan:
    """What running the suite would do; writes nothing, and needs no ledger to be there."""
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    return planned(suite, store or default_store())


def report(
    suite: Suite | str | Path, *, store: str | Path | None = None, out: str | Path = DEFAULT_OUT
) -> tuple[Any, Path]:
    """Write the suite's report from the ledger alone; of a half-done suite, what there is.

    Raises:
        LedgerError: there is no ledger, or the suite is not in it.
    """
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    with open_ledger(store or default_store(out), create=False) as ledger:
        return concluded(suite, ledger, Path(out))


def concluded(suite: Suite, ledger: Ledger, out: Path) -> tuple[Any, Path]:
    """What the suite's study concludes, and the page of the report that it writes.

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
