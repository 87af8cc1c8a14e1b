"""A YAML file -> a validated Suite -> the list of its Runs. The grammar is in `grokscope.suite.suite`."""

from grokscope.suite.analysis import Analysis, CalibrationOptions, FigureOptions, HypothesisTests
from grokscope.suite.errors import SuiteError
from grokscope.suite.shipped import shipped
from grokscope.suite.specs import run_from_spec
from grokscope.suite.suite import Skipped, Suite, load_suite, parse_suite

__all__ = [
    "Analysis",
    "CalibrationOptions",
    "FigureOptions",
    "HypothesisTests",
    "Skipped",
    "Suite",
    "SuiteError",
    "load_suite",
    "parse_suite",
    "run_from_spec",
    "shipped",
]
