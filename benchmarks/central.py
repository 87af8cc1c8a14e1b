"""What the suite `central`, to width 256 takes of a device that was measured. No YAML is read: a test compares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from grokscope.measurements import Capacity, Groks, Speed
from grokscope.nets import Transformer
from grokscope.run import Run, Seeds
from grokscope.tasks import Modular, RandomLabels
from grokscope.tasks.modular import n_equivalent
from grokscope.training.cost import multiplied_flops_per_epoch
from grokscope.training.optimisers import AdamW

PRIMES = (97, 101, 103, 107, 109, 113, 127, 131, 137, 139)
N_SEEDS = 10
MAX_DIM = 256
EPOCHS = 5000
CAPACITY_N = (1000, 1374, 1891, 2601, 3576, 4917, 6761, 9300)
CAPACITY_DIMS = range(10, 23, 2)
SPEED_DIMS = (*range(20, 129, 4), *range(136, 257, 8))
GROKS_DIMS = (*range(20, 129, 2), *range(130, 257, 10))


def central() -> Counter[Run]:
    """Its runs, each with the number of seeds that it is trained with."""
    seeds, common = Seeds.all(42), {"max_epochs": EPOCHS}
    found: Counter[Run] = Counter()
    for dim in CAPACITY_DIMS:
        for n in CAPACITY_N:
            found[Run(RandomLabels(113, n), Transformer(dim, dropout=0.0), AdamW(), Capacity(), seeds, **common)] = 1
    for p in PRIMES:
        labels, modular = RandomLabels(p, n_equivalent(p, "/", 0.5)), Modular(p)
        for dim in SPEED_DIMS:
            found[Run(labels, Transformer(dim, dropout=0.2), AdamW(), Speed(), seeds, **common)] = N_SEEDS
        for dim in GROKS_DIMS:
            found[Run(modular, Transformer(dim, dropout=0.2), AdamW(), Groks(), seeds, **common)] = N_SEEDS
    return found


def device_hours(rates: Mapping[int, float]) -> float:
    """Hours if every run goes to its last epoch: no less than they take, since most end before.

    Args:
        rates: flop/s that were reached by width; between widths on a line of logarithms, beyond them as at the last.
    """
    widths = sorted(rates)
    logs = np.log([rates[width] for width in widths])
    seconds = 0.0
    for run, n in central().items():
        rate = np.exp(np.interp(np.log(run.net.dim), np.log(widths), logs))
        seconds += n * EPOCHS * multiplied_flops_per_epoch(run) / rate
    return seconds / 3600
