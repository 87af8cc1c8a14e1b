"""Forecasts, made before their outcome is looked at.

The laws are imported when one is made: they take as long to import as all the rest, and running a suite needs none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grokscope.api.reporting import DEFAULT_OUT, default_store
from grokscope.forecasts.split import require_calibration
from grokscope.ledger import open_ledger
from grokscope.suite import Suite, load_suite

if TYPE_CHECKING:
    from grokscope.forecasts.evaluate import StandingForecast


@dataclass(frozen=True)
class Forecasts:
    """The result of `forecast`.

    Attributes:
        standing: one for every accuracy, with its scores at the primes whose held-out runs are done.
        made: ids of those that were made in this call.
        notes: what a person should know of the others, a line each.
    """

    standing: tuple[StandingForecast, ...]
    made: tuple[str, ...]
    notes: tuple[str, ...]


def forecast(
    suite: Suite | str | Path,
    *,
    store: str | Path | None = None,
    out: str | Path = DEFAULT_OUT,
    supersede: bool = False,
) -> Forecasts:
    """Freeze the suite's forecasts from its calibration runs, where none stand, and score those that can be.

    A forecast is kept in the ledger before any held-out result is read, and is never changed. With `supersede`, one
    that would now be another gives its place to that other, and stays readable.

    Args:
        suite: a suite, a path, or the name of one that ships.
        store: path or SQLAlchemy URL of the ledger; by default `ledger.sqlite` in `out`.
        out: the output folder.
        supersede: whether a forecast that would now be another gives its place to it.

    Returns:
        The forecasts that stand, with their scores, and which of them are new.

    Raises:
        SuiteError: the suite has no `analysis.calibrate`, or one that cannot be.
        InputError: calibration runs are still to be done, or are too few.
        LedgerError: there is no ledger, or the suite is not in it.
    """
    from grokscope.forecasts.evaluate import standing_forecasts
    from grokscope.forecasts.freeze import freeze
    from grokscope.laws.tidy import tidy

    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    require_calibration(suite)
    with open_ledger(store or default_store(out), create=False) as ledger:
        frozen = freeze(suite, ledger, supersede=supersede)
        frame = tidy(ledger.runs(suite=suite.name))
        standing = standing_forecasts(suite, ledger, frame)
    return Forecasts(standing, tuple(kept.id for kept in frozen.kept), frozen.notes)
