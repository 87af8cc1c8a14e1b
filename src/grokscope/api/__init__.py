"""Calls for Python users: the same power as the command line."""

from grokscope.api.exchange import (
    compare_capsule,
    export_suite,
    import_registry,
    open_capsule,
    repeat,
    seal_suite,
    suite_name,
)
from grokscope.api.forecasting import Forecasts, forecast
from grokscope.api.reporting import (
    DEFAULT_OUT,
    DEFAULT_STORE,
    conclude_suite,
    default_store,
    plan,
    report,
    report_folder,
)
from grokscope.api.running import SuiteResult, done_identities, prepare, run_suite

__all__ = [
    "DEFAULT_OUT",
    "DEFAULT_STORE",
    "Forecasts",
    "SuiteResult",
    "compare_capsule",
    "conclude_suite",
    "default_store",
    "done_identities",
    "export_suite",
    "forecast",
    "import_registry",
    "open_capsule",
    "plan",
    "prepare",
    "repeat",
    "report",
    "report_folder",
    "run_suite",
    "seal_suite",
    "suite_name",
]
