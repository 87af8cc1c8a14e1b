"""Options that several commands take."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

STORE_VARIABLE = "GROKSCOPE_STORE"
DEFAULT_STORE = "out/ledger.sqlite"
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}

Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        envvar=STORE_VARIABLE,
        help="Ledger: a path (SQLite) or any SQLAlchemy URL. Default: out/ledger.sqlite.",
    ),
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of checkpoints and reports.")]
SuiteArgument = Annotated[str, typer.Argument(metavar="SUITE", help="A YAML file, or the name of a suite that ships.")]
KnownSuite = Annotated[
    str, typer.Argument(metavar="SUITE", help="The name of a suite in the ledger, or its YAML file.")
]
SkipImpossible = Annotated[
    bool, typer.Option("--skip-impossible", help="Leave out combinations that no run can have, and say how many.")
]


MEASUREMENTS = ("capacity", "speed", "groks", "watch")
"""The built-in ones, known without importing what they need."""


def include_files(paths: list[Path] | None) -> list[Path] | None:
    """Register the kinds of Python files before a command begins."""
    from grokscope.registry import RegistryError, include

    for path in paths or ():
        try:
            include(path)
        except RegistryError as error:
            raise typer.BadParameter(str(error)) from error
    return paths


def known_measurement(name: str) -> str:
    """The name of a measurement, built in or not."""
    if name not in MEASUREMENTS:
        from grokscope.registry import kinds

        if name not in kinds("measurements"):
            known = ", ".join(dict.fromkeys((*MEASUREMENTS, *kinds("measurements"))))
            raise typer.BadParameter(f"found {name!r}, expected one of {known}")
    return name


Include = Annotated[
    list[Path] | None,
    typer.Option(
        "--include",
        metavar="FILE.py",
        callback=include_files,
        is_eager=True,
        help="A Python file of tasks, nets and other kinds; it is executed. May be repeated.",
    ),
]
Measurement = Annotated[
    str | None,
    typer.Option(
        "--measurement", metavar="KIND", parser=known_measurement, help="Only this measurement, such as groks."
    ),
]


class Status(StrEnum):
    """States of a run."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


def seconds(text: str | None) -> float:
    """A time such as `90`, `90s`, `15m`, `2h` in seconds; none is without end."""
    if text is None:
        return float("inf")
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd]?)", text.strip())
    if found is None:
        raise typer.BadParameter(f"found {text!r}, expected a time such as 90s, 15m or 2h", param_hint="--max-time")
    return float(found[1]) * UNITS[found[2]]
