"""A registry's rows, found and read without changing anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from grokscope.ledger.errors import LedgerError, first_line

IDENTIFYING = (
    "experiment_type",
    "p",
    "operation",
    "train_fraction",
    "split_type",
    "dataset_type",
    "n_samples",
    "dim",
    "depth",
    "heads",
    "dropout",
    "init_scale",
    "lr",
    "weight_decay",
    "beta1",
    "beta2",
    "batch_size",
    "max_epochs",
    "seed",
    "architecture_family",
)
"""The published composite key."""

OTHER_NAMES = {
    "run_id": ("run_uuid",),
    "epochs_trained": ("epochs",),
    "n_params": ("num_params", "param_count", "parameters", "P"),
    "started_at": ("started", "start_time"),
    "completed_at": ("completed", "ended_at", "end_time"),
    "wall_clock_seconds": ("wall_seconds", "duration_seconds", "wall_time"),
    "git_hash": ("git_commit", "git_sha"),
    "git_dirty": ("dirty",),
    "accelerator": ("accelerator_label", "gpu", "device"),
    "host": ("hostname",),
    "final_train_acc": ("final_train_accuracy",),
    "final_val_acc": ("final_val_accuracy",),
    "total_bits_memorized": ("total_bits", "total_bits_memorised"),
}
"""Annotating columns that are read, and what else they may be called. One that is not there is unknown."""
NEEDED = (*IDENTIFYING, "status", "run_id")
SUFFIXES = (".db", ".sqlite", ".sqlite3")

Row = dict[str, Any]


def find_database(path: Path) -> Path:
    """The registry's database: the file itself, or the only one in a folder that has a table of runs.

    Raises:
        LedgerError: there is none, or several.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise LedgerError(f"{path}: found nothing, expected a registry's database or its folder")
    files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES and file.is_file())
    if len(files) != 1:
        names = ", ".join(file.name for file in files) or "none"
        raise LedgerError(f"{path}: found {names}, expected one database ({', '.join(SUFFIXES)}); name it")
    return files[0]


def rows(database: Path) -> Iterator[Row]:
    """Every row of the table `runs`, under the names that `OTHER_NAMES` maps to.

    Raises:
        LedgerError: it is no SQLite database, has no such table, or lacks an identifying column.
    """
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.text_factory = lambda data: data.decode(errors="backslashreplace")
            columns = [str(column[1]) for column in connection.execute("PRAGMA table_info(runs)")]
            names = {column: _name(column, columns) for column in columns}
            _check(database, list(names.values()))
            for row in connection.execute("SELECT * FROM runs ORDER BY rowid"):
                yield {names[column]: value for column, value in zip(columns, row, strict=True)}
    except sqlite3.Error as error:
        raise LedgerError(f"{database}: {first_line(error)}; expected a registry of the published code") from error


def _name(column: str, columns: list[str]) -> str:
    """What a column is called here: its own name, unless it is another name for one that is not there."""
    meant = (name for name, others in OTHER_NAMES.items() if column in others and name not in columns)
    return next(meant, column)


def _check(database: Path, names: list[str]) -> None:
    if not names:
        raise LedgerError(f"{database}: found no table runs, expected a registry of the published code")
    if missing := [name for name in NEEDED if name not in names]:
        raise LedgerError(
            f"{database}: found a table runs without {', '.join(missing)}, expected a registry of the published code"
        )
