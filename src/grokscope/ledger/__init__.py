"""Where runs are kept: suites, runs, results, traces and parameters in one SQL database."""

from grokscope.ledger.errors import LedgerAwayError, LedgerError, NoLedgerError
from grokscope.ledger.forecasts import KeptForecast
from grokscope.ledger.leases import Leases
from grokscope.ledger.ledger import Ledger, open_ledger
from grokscope.ledger.owners import new_owner

__all__ = [
    "KeptForecast",
    "Leases",
    "Ledger",
    "LedgerAwayError",
    "LedgerError",
    "NoLedgerError",
    "new_owner",
    "open_ledger",
]
