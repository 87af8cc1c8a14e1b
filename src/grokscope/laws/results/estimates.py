"""A number and how sure it is, and the time of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Accuracy = Literal["running", "eval"]


class Estimate(NamedTuple):
    """A number with its 95 % interval. `value`, `low` or `high` is NaN where the data do not bound it.

    Attributes:
        n: runs it rests on.
        how: one short phrase: estimator and interval.
    """

    value: float
    low: float
    high: float
    n: int
    how: str


@dataclass(frozen=True)
class Timescale:
    """T_mem or T_gen of one cell (one prime, one width), from its seeds, in epochs.

    Attributes:
        quantity: `T_mem` or `T_gen`.
        accuracy: which accuracy reached the threshold; T_gen is always by eval accuracy.
        probe: `random`, `vocab`, `digits`, `permuted` for T_mem; `task` for T_gen.
        load: f = K / (C * P), or NaN without C.
        median: Kaplan-Meier median with its interval; NaN where over half of the runs are censored.
        lognormal: geometric mean of a log-normal accelerated-failure model, censoring included.
        published_mean: arithmetic mean over the uncensored runs alone (biased low when any are censored), or NaN.
        n_censored: runs that ended before they arrived.
        longest: most epochs that any run of the cell was followed.
    """

    quantity: Literal["T_mem", "T_gen"]
    accuracy: Accuracy
    probe: str
    p: int
    dim: int
    n_params: int
    dataset_bits: float
    load: float
    median: Estimate
    lognormal: Estimate
    published_mean: float
    n_censored: int
    longest: int

    @property
    def biased(self) -> bool:
        """Whether dropping the censored runs, as published, leaves a mean that is too low."""
        return 0 < self.n_censored < self.lognormal.n
