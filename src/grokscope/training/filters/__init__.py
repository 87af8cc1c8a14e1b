"""What is done to the gradient before the optimiser sees it. A new filter is a new file.

A filter is a frozen `Spec` with `transform(hyper, unravel)`, an Optax transformation as an optimiser's (see
`training.optimisers`) whose updates are the gradient that the optimiser is given.
"""

from grokscope.training.filters.grokfast import Grokfast
from grokscope.training.filters.orthogonal import Orthogonal
from grokscope.training.filters.pull import Pull

__all__ = ["Grokfast", "Orthogonal", "Pull"]
