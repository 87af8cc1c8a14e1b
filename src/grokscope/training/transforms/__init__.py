"""What is done to the parameters after every optimiser step. A new transform is a new file.

A transform is a frozen `Spec` with `start(net) -> state` and `apply(net, state, hyper, progress, key) -> (net, state)`:
`net` is the run's net as a tree of arrays, `hyper` the spec's traced fields, `progress` the share of epochs that are
behind (from 0, constant within an epoch, never 1), `key` random bits of the step's own.

Those that ship prune, and one can go before another: `{kind: top_k, keep: 0.5, before: {kind: random_prune, ...}}`.
"""

from grokscope.training.transforms.magnitude import Rewind, Threshold, TopK
from grokscope.training.transforms.random import RandomPrune
from grokscope.training.transforms.scheme import Scheme
from grokscope.training.transforms.triangle import TrilDamp, TrilPrune

__all__ = ["RandomPrune", "Rewind", "Scheme", "Threshold", "TopK", "TrilDamp", "TrilPrune"]
