"""How the parameters move: specs of Optax transformations. A new one is a new file.

An optimiser is a frozen `Spec` with `transform(hyper, unravel)`, a transformation of the flat parameter vector at the
traced values `hyper` of its fields; `unravel` gives the arrays that a flat vector stands for (see `training.flat`).
Every hyper-parameter is traced, so that runs with different ones share a pack.
"""

from grokscope.training.optimisers.adam import Adam
from grokscope.training.optimisers.adamw import AdamW
from grokscope.training.optimisers.muon import Muon
from grokscope.training.optimisers.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Muon"]
