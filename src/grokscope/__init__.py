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
        SuiteResult,
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
    from grokscope.nets.base import ExampleNet
    from grokscope.registry import RegistryError, include, register
    from grokscope.run import (
        Filter,
        Loss,
        Measurement,
        Net,
        Optimiser,
        Run,
        Seeds,
        Signal,
        Signature,
        Task,
        Transform,
    )
    from grokscope.spec import InputError, SpecError, static, traced
    from grokscope.studies.study import Study
    from grokscope.suite import Suite, SuiteError, load_suite, run_from_spec
    from grokscope.tasks import Dataset
    from grokscope.training.optimisers import AdamW
    from grokscope.training.train import TrainingError, train

_HOMES = {
    "grokscope.api": (
        *("Forecasts", "SuiteResult", "export_suite", "forecast", "import_registry", "plan", "repeat", "report"),
        *("run_suite", "seal_suite"),
    ),
    "grokscope.ledger": ("Ledger", "LedgerError", "open_ledger"),
    "grokscope.nets.base": ("ExampleNet",),
    "grokscope.registry": ("RegistryError", "include", "register"),
    "grokscope.run": (
        *("Filter", "Loss", "Measurement", "Net", "Optimiser", "Run", "Seeds", "Signal", "Signature", "Task"),
        "Transform",
    ),
    "grokscope.spec": ("InputError", "SpecError", "static", "traced"),
    "grokscope.studies.study": ("Study",),
    "grokscope.tasks": ("Dataset",),
    "grokscope.suite": ("Suite", "SuiteError", "load_suite", "run_from_spec"),
    "grokscope.training.optimisers": ("AdamW",),
    "grokscope.training.train": ("TrainingError", "train"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AdamW",
    "Dataset",
    "ExampleNet",
    "Filter",
    "Forecasts",
    "InputError",
    "Ledger",
    "LedgerError",
    "Loss",
    "Measurement",
    "Net",
    "Optimiser",
    "RegistryError",
    "Run",
    "Seeds",
    "Signal",
    "Signature",
    "SpecError",
    "Study",
    "Suite",
    "SuiteError",
    "SuiteResult",
    "Task",
    "TrainingError",
    "Transform",
    "export_suite",
    "forecast",
    "import_registry",
    "include",
    "load_suite",
    "open_ledger",
    "plan",
    "register",
    "repeat",
    "report",
    "run_from_spec",
    "run_suite",
    "seal_suite",
    "static",
    "traced",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module 'grokscope' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
