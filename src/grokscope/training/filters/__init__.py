"""What is done to the gradient before the optimiser sees it. A new filter is a new file and a line in `FILTERS`.

A filter is a frozen `Spec` with `transform(hyper, unravel)`, an Optax transformation as an optimiser's (see
`training.optimisers`) whose updates are the gradient that the optimiser is given.
"""

from grokscope.spec import Spec
from grokscope.training.filters.grokfast import Grokfast
from grokscope.training.filters.orthogonal import Orthogonal
from grokscope.training.filters.pull import Pull

FILTERS: dict[str, type[Spec]] = {gradient.kind: gradient for gradient in (Grokfast, Orthogonal, Pull)}

__all__ = ["FILTERS", "Grokfast", "Orthogonal", "Pull"]
