"""Grokscope: an instrument for watching networks learn.

The names below are the Python API. They are loaded when they are first used, so that a single room, such as
`grokscope.nets`, can be imported without the libraries of the others.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grokscope.api import (
        Forecasts,
        Outcome,
        export_suite,
        forecast,
        import_registry,
        plan,
        repeat,
        report,
        run_suite,
        seal_suite,
    )
    from grokscope.ledger import Ledger, LedgerError, open_ledger
    from grokscope.run import Run, Seeds
    from grokscope.spec import InputError, SpecError
    from grokscope.suite import Suite, SuiteError, load_suite, run_from_spec
    from grokscope.training.optimisers import AdamW
    from grokscope.training.train import TrainingError, train

_HOMES = {
    "grokscope.api": (
        *("Forecasts", "Outcome", "export_suite", "forecast", "import_registry", "plan", "repeat", "report"),
        *("run_suite", "seal_suite"),
    ),
    "grokscope.ledger": ("Ledger", "LedgerError", "open_ledger"),
    "grokscope.run": ("Run", "Seeds"),
    "grokscope.spec": ("InputError", "SpecError"),
    "grokscope.suite": ("Suite", "SuiteError", "load_suite", "run_from_spec"),
    "grokscope.training.optimisers": ("AdamW",),
    "grokscope.training.train": ("TrainingError", "train"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AdamW",
    "Forecasts",
    "InputError",
    "Ledger",
    "LedgerError",
    "Outcome",
    "Run",
    "Seeds",
    "SpecError",
    "Suite",
    "SuiteError",
    "TrainingError",
    "export_suite",
    "forecast",
    "import_registry",
    "load_suite",
    "open_ledger",
    "plan",
    "repeat",
    "report",
    "run_from_spec",
    "run_suite",
    "seal_suite",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module 'grokscope' has no attribute {name!r}")
