"""Does pruning put order into a network in which everything is connected?"""

from grokscope.studies.order.study import Order

__all__ = ["Order"]
