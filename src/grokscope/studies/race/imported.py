"""Imported runs beside a suite's own, where the suite asks for them (`analysis.include_imported`)."""

from __future__ import annotations

import pandas as pd

from grokscope.ledger import Ledger
from grokscope.suite import Suite

CELL = (
    "measurement",
    "batch_size",
    *(f"task.{name}" for name in ("kind", "p", "n", "op", "fraction", "split")),
    *(f"net.{name}" for name in ("kind", "dim", "depth", "heads", "dropout", "init_scale")),
    *(f"optimiser.{name}" for name in ("kind", "lr", "weight_decay", "beta1", "beta2")),
)
"""What an imported run must share with a run of the suite: all but its seed and what the published code leaves out."""


def runs_of(suite: Suite, ledger: Ledger) -> pd.DataFrame:
    """The suite's runs as `Ledger.runs` gives them; after them, if it asks for that, imported runs of its cells.

    An imported run has another random stream than ours of the same seed, so its seed is told apart: -1 - seed.
    """
    if not suite.analysis.include_imported:
        return ledger.runs(suite=suite.name)
    runs = ledger.runs(suite=suite.name, imported=True)
    own = runs["origin"].isna()
    cell = runs[[name for name in CELL if name in runs]].astype(str).agg("|".join, axis=1)
    chosen = runs[own | cell.isin(cell[own])].reset_index(drop=True)
    seed = chosen["seeds.data"]
    chosen["seeds.data"] = seed.where(chosen["origin"].isna(), -1 - seed)
    return chosen


def remark(runs: pd.DataFrame) -> tuple[str, ...]:
    """What a report says of imported runs among its own."""
    theirs = runs[runs["origin"].notna()]
    if not len(theirs):
        return ()
    places = ", ".join(sorted(theirs["origin"].unique()))
    return (f"{len(theirs):,} of these runs were imported from {places} and have not been verified (seeds below 0)",)
