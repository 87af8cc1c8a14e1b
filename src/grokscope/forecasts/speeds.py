"""The two speeds of the race as laws of P and p, and where one overtakes the other. Source: spec 9.2."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from grokscope.laws.statistics.normal import Array

_NAN = float("nan")
_LOWEST_LOAD = 1e-3


class Laws(NamedTuple):
    """ln T_mem = log_b + a K / (C P); ln T_gen = log_scale + prime_power ln p + power ln P; T in epochs."""

    log_b: float
    a: float
    log_scale: float
    prime_power: float
    power: float


def crossing_of(c: float, laws: Laws, p: int, k: float) -> float:
    """P where T_mem falls below T_gen; NaN if it does not at a load f = k / (c P) between 0.001 and 1."""

    def gap(log_params: Array | float) -> Array:
        memorising = laws.log_b + laws.a * k / (c * np.exp(log_params))
        return np.asarray(memorising - laws.log_scale - laws.prime_power * math.log(p) - laws.power * log_params)

    places = np.linspace(math.log(k / c), math.log(k / c / _LOWEST_LOAD), 400)
    signs = np.sign(gap(places))
    falling = np.flatnonzero((signs[:-1] > 0) & (signs[1:] <= 0))
    return math.exp(brentq(gap, places[falling[0]], places[falling[0] + 1])) if len(falling) else _NAN
