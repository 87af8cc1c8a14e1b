"""What a user calls from Python: the same power as the command line."""

from grokscope.api.carrying import compared, export_suite, import_registry, open_capsule, repeat, seal_suite, suite_name
from grokscope.api.forecasting import Forecasts, forecast
from grokscope.api.places import DEFAULT_OUT, DEFAULT_STORE, default_store, report_folder
from grokscope.api.reporting import concluded, plan, report
from grokscope.api.running import Outcome, ended, prepare, run_suite

__all__ = [
    "DEFAULT_OUT",
    "DEFAULT_STORE",
    "Forecasts",
    "Outcome",
    "compared",
    "concluded",
    "default_store",
    "ended",
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
