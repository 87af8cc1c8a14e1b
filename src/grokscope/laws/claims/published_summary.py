"""The published summary of the central sweep (method 5.13), and cells that it could have been made from.

The cells themselves were not published. What was determines the spread of the crossings and of the onsets about them,
but not how the crossings go with the prime: that is a free number here, and the mended tests turn on it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import f as fisher

from grokscope.laws.arrays import Array

PRIMES = (97, 101, 103, 107, 109, 113, 127, 131, 137, 139)
CENTRAL = {
    "m1_vs_m0_f": 569.0,
    "m3_vs_m2_f": 498.0,
    "m1_r2": 0.986,
    "m1_adjusted_r2": 0.984,
    "m2_adjusted_r2": -0.125,
    "m3_adjusted_r2": 0.982,
    "slope": 0.985,
    "intercept": -0.076,
    "joint_f": 199.0,
    "concordance": 0.74,
    "median_offset_dex": -0.16,
    "signed_rank_p": 2.0e-3,
}
"""Ten primes, every onset below its crossing."""


class PublishedF(NamedTuple):
    """A published F and its p: `columns` under test, `cells` and how many columns the larger model has in all."""

    sweep: str
    name: str
    f: float
    columns: int
    cells: int
    model: int
    p: float

    @property
    def recomputed_p(self) -> float:
        """p of F with the degrees of freedom that these cells and columns leave."""
        return float(fisher.sf(self.f, self.columns, self.cells - self.model))


TESTS = (
    PublishedF("central", "joint", 199, 2, 10, 2, 1.5e-7),
    PublishedF("central", "M1 vs M0", 569, 1, 10, 2, 1e-8),
    PublishedF("central", "M3 vs M2", 498, 1, 10, 3, 9.2e-8),
    PublishedF("init scale", "joint", 5.29, 2, 15, 2, 0.021),
    PublishedF("init scale", "M3 vs M1", 14.3, 1, 15, 3, 2.6e-3),
    PublishedF("weight decay", "joint", 72.4, 2, 42, 2, 5e-14),
    # Its p has two columns under test, though one axis is swept: dropout is a constant second one here too.
    PublishedF("weight decay", "M3 vs M1", 92.0, 2, 42, 4, 2.7e-15),
    PublishedF("learning rate", "joint", 51.8, 2, 15, 2, 6e-7),
    PublishedF("learning rate", "M3 vs M1", 0.98, 1, 15, 3, 0.34),
    PublishedF("train fraction", "joint", 29.95, 2, 31, 2, 9e-8),
    PublishedF("train fraction", "M3 vs M1", 4.45, 1, 31, 3, 0.044),
    PublishedF("depth", "joint", 31.6, 2, 9, 2, 3e-4),
    PublishedF("depth", "M3 vs M1", 3.93, 1, 9, 3, 0.095),
    PublishedF("add and divide", "joint", 35.0, 2, 10, 2, 1e-4),
    PublishedF("add and divide", "M3 vs M1", 82.8, 1, 10, 3, 4e-5),
    PublishedF("add and divide", "offset by operation", 155, 1, 10, 2, 1.6e-6),
)
"""Every published F whose p can be recomputed (method 5.13)."""


def crossing_spread() -> float:
    """Standard deviation of log10 crossing over the ten primes, in dex, from the published slope and two published F.

    With m the mean offset, taken as the published median: the joint F is (n (m^2 + (b - 1)^2 s^2) / 2) over
    (RSS / (n - 2)), and RSS = n b^2 s^2 (n - 2) / F of M1 against M0. Source: method 5.13.
    """
    b = CENTRAL["slope"]
    per_df = b**2 / CENTRAL["m1_vs_m0_f"]
    return math.sqrt(CENTRAL["median_offset_dex"] ** 2 / (2 * CENTRAL["joint_f"] * per_df - (b - 1) ** 2))


def reconstruct_cells(along_prime: float, *, seed: int = 0) -> pd.DataFrame:
    """Ten cells that give the published slope, F, R squared, joint F and concordance; `dropout` constant, as it was.

    Args:
        along_prime: correlation of log10 crossing with log10 p, in (0, 1); not known.
        seed: of what remains free.

    Returns:
        Columns p, predicted_onset_x, empirical_onset_x, dropout.
    """
    rng = np.random.default_rng(seed)
    log_p = _standardise(np.log10(PRIMES))
    free = _standardise(_residuals(rng.standard_normal(len(PRIMES)), log_p))
    u = along_prime * log_p + math.sqrt(1 - along_prime**2) * free
    noise = _standardise(_residuals(rng.standard_normal(len(PRIMES)), u, log_p))
    n, b, spread = len(PRIMES), CENTRAL["slope"], crossing_spread()
    sigma = b * spread * math.sqrt((n - 2) / CENTRAL["m1_vs_m0_f"])
    # Where the crossings lie follows from the mean offset, intercept and slope: m = a + (b - 1) mean u.
    centre = (CENTRAL["median_offset_dex"] - CENTRAL["intercept"]) / (b - 1)
    log_crossing = centre + spread * u
    log_onset = CENTRAL["intercept"] + b * log_crossing + sigma * noise
    return pd.DataFrame(
        {"p": PRIMES, "predicted_onset_x": 10**log_crossing, "empirical_onset_x": 10**log_onset, "dropout": 0.2}
    )


def _standardise(values: Array) -> Array:
    return np.asarray((values - values.mean()) / values.std())


def _residuals(values: Array, *others: Array) -> Array:
    """Residuals (n,) of values (n,) on the others."""
    design = np.column_stack([np.ones(len(values)), *others])
    return np.asarray(values - design @ np.linalg.lstsq(design, values, rcond=None)[0])
