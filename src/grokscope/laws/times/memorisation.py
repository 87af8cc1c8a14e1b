"""How T_mem depends on the load f = K / (C P): the published exponential and its rivals, censored runs included."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.stats import t as student

from grokscope.laws.arrays import Array
from grokscope.laws.results import Accuracy, Estimate, Form, MemorisationLaw
from grokscope.laws.statistics import censored_regression
from grokscope.laws.times.cells import axes_of, observations
from grokscope.laws.times.timescales import rounding_error

FORMS: dict[str, Callable[[Array, float], Array]] = {
    "exponential": lambda load, _: load,
    "power": lambda load, _: np.asarray(np.log(load)),
    "stretched exponential": lambda load, exponent: load**exponent,
    "logarithmic": lambda load, _: np.asarray(np.log(-np.log1p(-np.sqrt(load)))),
}
"""ln T_mem = ln b + a * feature(f): b exp(a f), b f^a, b exp(a f^c), b (-ln(1 - sqrt f))^a. Source: method 5.8."""

_NAN = float("nan")
_EXPONENTS = (0.1, 4.0)
_FEWEST_CELLS = 5


class _FormFit(NamedTuple):
    coef: Array
    errors: Array
    exponent: float
    aic: float
    theta: Array


class _Observations(NamedTuple):
    """Runs, a few rows a cell that have their likelihood (`compress_observations`). `floor`: least sigma."""

    floor: float
    cell: Array
    load: Array
    log_time: Array
    censored: Array
    counts: Array

    @classmethod
    def of(cls, used: pd.DataFrame) -> _Observations:
        parts = []
        for number, (_, cell) in enumerate(used.groupby(["group", "x"])):
            log_times, censored = np.log(cell["time"].to_numpy(float)), cell["censored"].to_numpy(bool)
            few = censored_regression.compress_observations(log_times, censored)
            parts.append((np.full(len(few[0]), number), np.full(len(few[0]), cell["load"].iloc[0]), *few))
        columns = (np.concatenate(column) for column in zip(*parts, strict=True))
        return cls(rounding_error(used.loc[~used["censored"], "time"].to_numpy(float)), *columns)

    def resample(self, times: Array) -> _Observations:
        """With each cell as often as it was drawn."""
        counts = self.counts * times[self.cell]
        kept = counts > 0
        return _Observations(self.floor, *(column[kept] for column in (*self[1:-1], counts)))


def fit_memorisation(
    frame: pd.DataFrame,
    capacity_constant: float,
    *,
    accuracy: Accuracy,
    probe: str = "random",
    samples: int = 100,
    seed: int = 0,
) -> list[MemorisationLaw]:
    """Fit the law pooled over groups, then in each group; none where fewer than five cells were memorised.

    Shares are of `samples` bootstrap samples of whole cells (a group and an x), so that departures from the line
    that a cell's seeds share count as such; intervals are the wider of their percentiles and Student's.

    Args:
        frame: one row per finished run of one setting, with the columns of `cells.with_axes`.
        capacity_constant: C in bits per parameter, for the load f = K / (C P).
        accuracy: which train accuracy T_mem is by.
        probe: which data were memorised.
        samples: bootstrap samples, from `seed`.

    Returns:
        The pooled law first, then groups ascending.

    Raises:
        ValueError: a column is missing, settings are mixed, or C is not positive.

    Source: method 5.8.
    """
    if not capacity_constant > 0:
        raise ValueError(f"capacity_constant: found {capacity_constant}, expected bits per parameter > 0")
    seen = observations(frame, "T_mem", accuracy=accuracy, probe=probe)
    seen = seen.assign(load=seen["dataset_bits"] / (capacity_constant * seen["n_params"]))
    scopes: list[tuple[int | None, pd.DataFrame]] = [(None, seen)]
    scopes += [(int(group), rows) for group, rows in seen.groupby("group")]
    laws = [
        _law(rows, group, accuracy, probe, samples, np.random.default_rng([seed, group or 0])) for group, rows in scopes
    ]
    return [law for law in laws if law is not None]


def predict_memorisation(form: Form, load: Array | float) -> Array:
    """Predict T_mem by a fitted form.

    Args:
        load: f = K / (C P), of any shape.

    Returns:
        Epochs, of the shape of `load`.

    Source: method 5.8.
    """
    return np.asarray(form.b.value * np.exp(form.a.value * FORMS[form.name](np.asarray(load, float), form.exponent)))


def _law(
    rows: pd.DataFrame, group: int | None, accuracy: Accuracy, probe: str, samples: int, rng: np.random.Generator
) -> MemorisationLaw | None:
    used = rows[rows["load"] < 1]
    if used[~used["censored"]].groupby(["group", "x"]).ngroups < _FEWEST_CELLS:
        return None
    rows_of = _Observations.of(used)
    fitted = _fit_all(rows_of)
    n_cells = int(rows_of.cell[-1]) + 1
    redrawn = []
    for _ in range(samples):
        drawn = rows_of.resample(np.bincount(rng.integers(n_cells, size=n_cells), minlength=n_cells))
        if len(np.unique(drawn.load[~drawn.censored])) >= _FEWEST_CELLS - 1:
            redrawn.append(_fit_all(drawn, fitted))
    best = min(found.aic for found in fitted.values())
    winners = [min(again, key=lambda name: again[name].aic) for again in redrawn]
    forms = [
        _form(name, found, best, used, [again[name].coef for again in redrawn], winners)
        for name, found in fitted.items()
    ]
    return MemorisationLaw(
        group_axis=axes_of(rows).group,
        group=group,
        accuracy=accuracy,
        probe=probe,
        forms=tuple(sorted(forms, key=lambda form: form.aic)),
        low_load=float(used["load"].min()),
        high_load=float(used["load"].max()),
        n=len(used),
        n_censored=int(used["censored"].sum()),
        n_left_out=len(rows) - len(used),
    )


def _form(
    name: str, found: _FormFit, best: float, used: pd.DataFrame, redrawn: list[Array], winners: list[str]
) -> Form:
    arrived = used[~used["censored"]]
    log_times = np.log(arrived["time"].to_numpy(float))
    feature = FORMS[name](arrived["load"].to_numpy(float), found.exponent)
    residual = log_times - found.coef[0] - found.coef[1] * feature
    low, high = _bounds(found, used[~used["censored"]].groupby(["group", "x"]).ngroups, redrawn)
    how = "censored normal regression of ln T, wider of Student interval and percentiles over cells"
    return Form(
        name=name,
        b=Estimate(math.exp(found.coef[0]), math.exp(low[0]), math.exp(high[0]), len(used), how),
        a=Estimate(float(found.coef[1]), float(low[1]), float(high[1]), len(used), how),
        exponent=found.exponent,
        aic=found.aic,
        delta=found.aic - best,
        share_best=winners.count(name) / len(winners) if winners else _NAN,
        r_squared=float(1 - np.sum(residual**2) / np.sum((log_times - log_times.mean()) ** 2)),
    )


def _bounds(found: _FormFit, n_cells: int, redrawn: list[Array]) -> tuple[Array, Array]:
    """(low, high) of both coefficients. Percentiles alone are too narrow with a dozen cells, Student's alone takes
    runs of one cell for independent: the wider of the two, with degrees of freedom by cells."""
    half = student.ppf(0.975, n_cells - 2) * found.errors
    low, high = found.coef - half, found.coef + half
    if redrawn:
        quantiles = np.quantile(redrawn, [0.025, 0.975], axis=0)
        low, high = np.minimum(low, quantiles[0]), np.maximum(high, quantiles[1])
    return low, high


def _fit_all(rows: _Observations, near: Mapping[str, _FormFit] | None = None) -> dict[str, _FormFit]:
    """Every form, fitted; `near` are fits of similar rows, where to start from."""

    def fit(name: str, exponent: float) -> censored_regression.Fit:
        design = np.column_stack([np.ones_like(rows.load), FORMS[name](rows.load, exponent)])
        start = near[name].theta if near else None
        return censored_regression.fit(
            design, rows.log_time, rows.censored, counts=rows.counts, floor=rows.floor, start=start
        )

    found = {}
    for name in FORMS:
        stretched, exponent = name == "stretched exponential", _NAN
        if stretched:
            search = minimize_scalar(
                lambda c, name=name: -fit(name, c).log_likelihood,
                bounds=_EXPONENTS,
                method="bounded",
                options={"xatol": 1e-3},
            )
            exponent = float(search.x)
        result = fit(name, exponent)
        # Two coefficients and the spread; the stretched exponential has its exponent besides.
        aic = 2 * (3 + stretched) - 2 * result.log_likelihood
        found[name] = _FormFit(result.coef, np.sqrt(np.diag(result.covariance)), exponent, aic, result.theta)
    return found
