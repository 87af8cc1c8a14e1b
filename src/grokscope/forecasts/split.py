"""Which runs of a suite a forecast is calibrated on, and which are held out: said by the suite alone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from grokscope.ledger.specs import dotted_columns, spec_text
from grokscope.run import Role, Run
from grokscope.suite import CalibrationOptions, Suite, SuiteError

PROBE: Role = "random"
"""Whose T_mem a forecast is about: of data of this role, as published."""


@dataclass(frozen=True)
class Split:
    """A suite's runs, in two.

    Attributes:
        calibration: capacity runs, and the speed and groks runs of the calibration's primes and widths.
        held_out: all other speed and groks runs up to the widest that is looked at.
    """

    calibration: tuple[Run, ...]
    held_out: tuple[Run, ...]


def require_calibration(suite: Suite) -> CalibrationOptions:
    """The suite's own statement of its calibration.

    Raises:
        SuiteError: it says nothing.
    """
    if suite.analysis.calibrate is None:
        raise SuiteError(
            [
                f"{suite.path or suite.name}: analysis.calibrate: found nothing, expected the dims, the primes or both "
                "that a forecast's laws are fitted on; the rest is held out"
            ]
        )
    return suite.analysis.calibrate


def split_runs(suite: Suite, calibrate: CalibrationOptions) -> Split:
    """The suite's runs by its own calibration.

    Raises:
        SuiteError: the calibration names what the suite does not train, or it holds nothing out.
    """
    place = f"{suite.path or suite.name}: analysis.calibrate"
    cells = {cell(run) for run in suite.runs if _is_timed(run)}
    _refuse_strangers(f"{place}.primes", calibrate.primes, {p for p, _ in cells})
    _refuse_strangers(f"{place}.dims", calibrate.dims, {dim for _, dim in cells})
    found = split_by(suite, calibrate, suite.analysis.families[0].max_dim)
    if not found.held_out:
        raise SuiteError([f"{place}: found all primes and widths of the suite, expected some that are held out"])
    return found


def split_by(suite: Suite, calibrate: CalibrationOptions, max_dim: int | None) -> Split:
    """The suite's runs by a calibration that may be that of an earlier day."""
    widest = math.inf if max_dim is None else max_dim
    timed = [run for run in suite.runs if _is_timed(run) and cell(run)[1] <= widest]
    # Where C is pinned nothing is measured of it; where it is not, it is no outcome, and may rest on every run.
    capacity = [] if suite.analysis.pinned_capacity else [r for r in suite.runs if r.measurement.kind == "capacity"]
    return Split(
        calibration=(*capacity, *(run for run in timed if _is_calibration(run, calibrate))),
        held_out=tuple(run for run in timed if not _is_calibration(run, calibrate)),
    )


def describe_runs(runs: Iterable[Run]) -> pd.DataFrame:
    """Describe runs before they are done: id, measurement, p, width, P, K in bits, and their settings."""
    from grokscope.laws.settings import settings_of  # Only here: commands that need no laws do not load them.

    runs = list(runs)
    specs = pd.DataFrame(
        {
            name: pd.Series(values, dtype=object).to_numpy()[which]
            for name, (values, which) in dotted_columns([spec_text(run.spec) for run in runs]).items()
        }
    )
    known = [(run.identity, run.measurement.kind, *cell(run), run.n_params, run.task.dataset_bits) for run in runs]
    columns = ["id", "measurement", "p", "dim", "n_params", "bits"]
    specs["role"], specs["group_axis"] = [run.task.role for run in runs], [run.task.group_axis for run in runs]
    return pd.DataFrame(known, columns=columns).join(settings_of(specs))


def cell(run: Run) -> tuple[int, int]:
    """(group, width) of a run of the race; of its tasks the group is the prime, or the order of a group."""
    return int(run.task.group or 0), run.net.width or 0


def _is_timed(run: Run) -> bool:
    """Whether a run says when a task was generalised, or when random data were memorised."""
    task = run.task
    said = (run.measurement.kind, task.role) in (("groks", "task"), ("speed", PROBE))
    return said and task.group is not None and (task.role != "task" or task.n_val > 0)


def _is_calibration(run: Run, calibrate: CalibrationOptions) -> bool:
    p, dim = cell(run)
    return (not calibrate.primes or p in calibrate.primes) and (not calibrate.dims or dim in calibrate.dims)


def _refuse_strangers(place: str, asked: Iterable[int], there: set[int]) -> None:
    if strange := sorted(set(asked) - there):
        known = ", ".join(map(str, sorted(there)))
        raise SuiteError([f"{place}: found {', '.join(map(str, strange))}, expected some of {known}"])
