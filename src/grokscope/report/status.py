"""How far a suite's runs are and what they were made with: what every study's report says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd


class Counts(NamedTuple):
    """Runs of one measurement that the suite asks for, and how far they are."""

    total: int
    done: int
    failed: int
    pending: int


class Failure(NamedTuple):
    """A run that failed: its identity and the first line of its error."""

    id: str
    error: str


def counts(runs: pd.DataFrame) -> Counts:
    """Count the runs of one measurement by how far they are; running counts as pending."""
    done, failed = int((runs["status"] == "done").sum()), int((runs["status"] == "failed").sum())
    return Counts(len(runs), done, failed, len(runs) - done - failed)


def provenance_rows(runs: pd.DataFrame) -> tuple[Mapping[str, object], ...]:
    """List what the finished runs were made with, a row for every combination."""
    done = runs[runs["status"] == "done"]
    keys = ["version", "git", "host", "device", "strategy"]
    return tuple(
        dict(zip(keys, values, strict=True))
        | {
            "runs": len(rows),
            "first": rows["started"].min().isoformat(),
            "last": rows["ended"].max().isoformat(),
            "hours": round(float(rows["seconds"].sum()) / 3600, 3),
        }
        for values, rows in done.groupby(keys, dropna=False)
    )


def failed_runs(runs: pd.DataFrame) -> tuple[Failure, ...]:
    """The runs that stand as failed."""
    failed = runs[runs["status"] == "failed"]
    return tuple(Failure(row.id, str(row.error).strip()) for row in failed.itertuples())
