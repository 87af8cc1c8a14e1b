"""Where runs are kept: suites, runs, results, traces and parameters in one SQL database."""

from grokscope.ledger.errors import LedgerAwayError, LedgerError, NoLedgerError
from grokscope.ledger.forecasts import KeptForecast
from grokscope.ledger.ledger import Ledger, open_ledger

__all__ = ["KeptForecast", "Ledger", "LedgerAwayError", "LedgerError", "NoLedgerError", "open_ledger"]
