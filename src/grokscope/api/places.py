"""Where things are kept unless a caller says otherwise."""

from __future__ import annotations

from pathlib import Path

from grokscope.suite import Suite

DEFAULT_OUT = Path("out")
DEFAULT_STORE = "ledger.sqlite"


def default_store(out: str | Path = DEFAULT_OUT) -> str:
    """Where the ledger is unless `store` says otherwise: an SQLite file in the output folder."""
    return str(Path(out) / DEFAULT_STORE)


def report_folder(suite: Suite, out: Path) -> Path:
    """Where the report of a suite lies."""
    return out / "reports" / suite.name
