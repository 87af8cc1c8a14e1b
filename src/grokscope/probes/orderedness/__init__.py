"""How well the units of a network can be put in an order along which its connections run.

A[i, j] >= 0 is the strength of the connection from unit j into unit i. An order costs the strength of every
connection into a unit from one before it; orderedness is the share of the whole strength, self-connections included,
that the best order does not cost. Outputs come first, so strength flows from the end of an order to its beginning.

`orderedness` takes one matrix of any size and says how sure it is; `scores` takes thousands of small ones, exactly,
with the null of relocated entries: a sparse matrix is easy to order whether or not anything was learned, so what is
found is the excess.

Source: method 7.3 and method 7.4; Song 2025, arXiv 2507.14747 and the code released with it.
"""

from grokscope.probes.orderedness.measure import METHODS, Orderedness, orderedness
from grokscope.probes.orderedness.null import Scores, relocated, scores

__all__ = ["METHODS", "Orderedness", "Scores", "orderedness", "relocated", "scores"]
