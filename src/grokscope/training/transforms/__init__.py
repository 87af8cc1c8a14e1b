"""What is done to the parameters after every optimiser step. A new transform is a new file and a line in `TRANSFORMS`.

A transform is a frozen `Spec` with `start(net) -> state` and `apply(net, state, hyper, progress, key) -> (net, state)`:
`net` is the run's net as a tree of arrays, `hyper` the spec's traced fields, `progress` the share of epochs that are
behind (from 0, constant within an epoch, never 1), `key` random bits of the step's own.
"""

from grokscope.spec import Spec

TRANSFORMS: dict[str, type[Spec]] = {}
