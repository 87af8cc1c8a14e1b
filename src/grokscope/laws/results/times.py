"""Times in epochs: of one cell from its seeds, of one run from memorising to generalising, of one probe over another.

A cell is the runs of one group at one x. Which field of a run is its group and which is its x is said by `group_axis`
and `x_axis`: in the main figures of the race the prime `p` and the parameters `n_params`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from grokscope.laws.results.estimates import Accuracy, Estimate


@dataclass(frozen=True)
class Timescale:
    """T_mem or T_gen of one cell, from its seeds, in epochs.

    Attributes:
        quantity: `T_mem` or `T_gen`.
        accuracy: which accuracy reached the threshold; T_gen is always by eval accuracy.
        probe: `random`, `vocab`, `digits`, `permuted` for T_mem; `task` for T_gen.
        group, x: the cell, in the units of its axes.
        dim, n_params: width and parameters P of its networks.
        dataset_bits: K of its training data, in bits.
        load: f = K / (C P), or NaN without C.
        median: Kaplan-Meier median with its interval; NaN where over half of the runs are censored.
        lognormal: geometric mean of a log-normal accelerated-failure model, censoring included.
        published_mean: arithmetic mean over the uncensored runs alone (biased low when any are censored), or NaN.
        n_censored: runs that ended before they reached the threshold.
        longest: most epochs that any run of the cell was followed.
    """

    quantity: Literal["T_mem", "T_gen"]
    accuracy: Accuracy
    probe: str
    group_axis: str
    group: int
    x_axis: str
    x: float
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

    def along(self, group_axis: str, x_axis: str) -> Timescale:
        """The same cell on other axes: any two of its own, `dim`, `n_params` and `dataset_bits`.

        Raises:
            KeyError: the cell has no such axis.
        """
        known = {"dim": self.dim, "n_params": self.n_params, "dataset_bits": self.dataset_bits}
        known |= {self.group_axis: self.group, self.x_axis: self.x}
        return replace(self, group_axis=group_axis, group=int(known[group_axis]), x_axis=x_axis, x=known[x_axis])


@dataclass(frozen=True)
class Delay:
    """One run's delay from memorising to generalising, in epochs. `censored`: it had not generalised when it ended."""

    group_axis: str
    group: int
    x_axis: str
    x: float
    dim: int
    seed: int
    delay: float
    censored: bool


@dataclass(frozen=True)
class ProbeRatio:
    """T_mem on one probe's data over T_mem on random inputs, in one cell: value, interval, runs."""

    group_axis: str
    group: int
    x_axis: str
    x: float
    dim: int
    load: float
    probe: str
    accuracy: Accuracy
    ratio: Estimate
