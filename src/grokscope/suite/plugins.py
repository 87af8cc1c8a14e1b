"""Where a suite's outside kinds come from: installed packages, and Python files beside it."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from grokscope.registry import RegistryError, include, included
from grokscope.suite.axes import required_list
from grokscope.suite.errors import Findings
from grokscope.suite.value import Value


def find_plugins(value: Value | None, path: Path | None, findings: Findings) -> None:
    """See that everything that `plugins` names is there, and include its Python files.

    A file is executed. So it must lie beside the suite's own file or below, or have been included before: a suite
    without a file (read from a ledger or a capsule) executes nothing.

    Raises:
        SuiteError: a package is not installed, or a file is not there, does not run or has no kinds.
    """
    if value is None:
        return
    for entry in required_list(value, "plugins", value, findings):
        if not isinstance(entry.data, str) or not entry.data:
            findings.refuse(entry, "the name of an installed package, or of a Python file")
        elif entry.data.endswith(".py"):
            _find_file(entry, path, findings)
        elif not _is_installed(entry.data):
            findings.refuse(entry, "an installed package of that name, or a .py file beside the suite")
    findings.raise_faults()


def _find_file(entry: Value, path: Path | None, findings: Findings) -> None:
    if any(Path(file.path).name == Path(entry.data).name for file in included()):
        return
    if path is None:
        findings.refuse(entry, f"it included (--include {entry.data}), since its code is not executed unasked")
        return
    file = path.parent / entry.data
    if not file.resolve().is_relative_to(path.parent.resolve()):
        findings.refuse(entry, "a file beside the suite or below it; any other can be included (--include)")
        return
    try:
        include(file)
    except RegistryError as error:
        findings.refuse(entry, "a Python file of kinds", found=str(error))


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except (metadata.PackageNotFoundError, ValueError):
        return False
    return True
