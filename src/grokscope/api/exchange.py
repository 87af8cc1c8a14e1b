"""Into the ledger and out of it: registries, Parquet files and capsules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from grokscope.api.reporting import DEFAULT_OUT, default_store
from grokscope.api.running import SuiteResult, run_suite
from grokscope.capsules import Agreement, Capsule, compare_runs, prepare_repeat, seal, unpack
from grokscope.ledger import Ledger, open_ledger
from grokscope.ledger.export import export
from grokscope.ledger.published import Imported
from grokscope.suite import load_suite


def import_registry(path: str | Path, *, store: str | Path | None = None) -> Imported:
    """Enter a registry of the published code into the ledger, marked with its origin; no suite shows it unasked.

    Args:
        path: the registry's SQLite database, or the folder that it is in.
        store: path or SQLAlchemy URL of the ledger; by default `out/ledger.sqlite`.

    Returns:
        How many runs are new, how many were known, and which rows stayed out and why.

    Raises:
        LedgerError: it is no such registry, or the ledger cannot be used.
    """
    with open_ledger(store or default_store()) as ledger:
        return ledger.import_registry(path)


def export_suite(suite: str | Path, to: str | Path, *, store: str | Path | None = None) -> list[Path]:
    """Write a suite's runs and traces as Parquet files into a folder.

    Args:
        suite: its name in the ledger, or a suite's file.
        to: the folder, which is made.
        store: path or SQLAlchemy URL of the ledger; by default `out/ledger.sqlite`.

    Returns:
        The paths of the files.

    Raises:
        LedgerError: there is no ledger, or the suite is not in it.
    """
    with open_ledger(store or default_store(), create=False) as ledger:
        return export(ledger, suite_name(suite, ledger), Path(to))


def seal_suite(suite: str | Path, to: str | Path, *, store: str | Path | None = None) -> Path:
    """Write a capsule: suite, ledger, report and versions in one file, which `repeat` does again.

    Args:
        suite: its name in the ledger, or a suite's file.
        to: the file, in place of what is there.
        store: path or SQLAlchemy URL of the ledger; by default `out/ledger.sqlite`.

    Returns:
        The path of the file.

    Raises:
        LedgerError: there is no ledger, or the suite is not in it.
        OSError: the file cannot be written.
    """
    with open_ledger(store or default_store(), create=False) as ledger:
        return seal(ledger, suite_name(suite, ledger), Path(to))


def open_capsule(capsule: str | Path, *, out: str | Path = DEFAULT_OUT) -> Capsule:
    """Unpack a capsule's suite and ledger into a folder of their own under `out`.

    Beside them is then the ledger in which the suite is done again, with the forecasts that were frozen before.

    Args:
        capsule: the file.
        out: folder below which the capsule has one of its own.

    Returns:
        The suite, the path of the recorded ledger, and the folder of both.

    Raises:
        InputError: it is no whole capsule, or one of its forecasts is not what was kept.
    """
    inside = unpack(Path(capsule), Path(out) / "capsules")
    with open_ledger(inside.recorded, create=False) as then, open_ledger(default_store(inside.folder)) as again:
        prepare_repeat(inside.suite, then, again)
    return inside


def compare_capsule(capsule: Capsule) -> list[Agreement]:
    """Compare the results of a capsule's runs as recorded with those of doing them again in its folder.

    Args:
        capsule: as `open_capsule` gives it.

    Returns:
        A verdict on every run of the suite, in its order.

    Raises:
        LedgerError: one of the two ledgers is not there or cannot be used.
    """
    again = default_store(capsule.folder)
    with open_ledger(capsule.recorded, create=False) as then, open_ledger(again, create=False) as now:
        return compare_runs(capsule.suite, then, now)


def repeat(
    capsule: str | Path, *, out: str | Path = DEFAULT_OUT, **options: Any
) -> tuple[SuiteResult, list[Agreement]]:
    """Do a capsule's suite again, in a ledger of its own under `out`, and compare; goes on where it was stopped.

    Args:
        capsule: the file.
        out: folder below which the capsule has one of its own.
        options: as of `run_suite`, but for `store`.

    Returns:
        The result of `run_suite`, and a verdict on every run.

    Raises:
        InputError: it is no whole capsule.
    """
    inside = open_capsule(capsule, out=out)
    return run_suite(inside.suite, out=inside.folder, **options), compare_capsule(inside)


def suite_name(suite: str | Path, ledger: Ledger) -> str:
    """The name of a suite in the ledger, or that of the suite in a file.

    Raises:
        SuiteError: it is neither, or the file is no suite.
    """
    return str(suite) if str(suite) in set(ledger.suites()["name"]) else load_suite(suite, skip_impossible=True).name
