"""Everything that a report shows, as plain data: whoever has it can make the report, without a ledger."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from grokscope.forecasts.evaluate import StandingForecast
from grokscope.laws.results import (
    Accuracy,
    Capacity,
    Claim,
    Crossing,
    Delay,
    MemorisationLaw,
    Onset,
    ProbeRatio,
    Timescale,
)
from grokscope.laws.statistics.agreement import IdentityFit
from grokscope.laws.times.cells import AXES, axes_of
from grokscope.report.status import Counts, Failure
from grokscope.suite import FigureOptions
from grokscope.tasks.permutations import COMPOSE


@dataclass(frozen=True)
class FigureFamily:
    """One figure family of a part: T_mem, T_gen and delay along x, a curve a group.

    Its groups and its x are the figure's `slice_field` and `x_field`.

    Attributes:
        figure: its options.
        frame: (runs, columns) its finished speed and groks runs, with group and x.
        crossings: of every group and accuracy on the part's probe, by both rules.
        onsets: of every group and accuracy.
        delays: of every run, by the train accuracy that they start from.
    """

    figure: FigureOptions
    frame: pd.DataFrame
    crossings: tuple[Crossing, ...] = ()
    onsets: tuple[Onset, ...] = ()
    delays: Mapping[Accuracy, tuple[Delay, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Prediction:
    """Crossing against onset over the cells of all settings, in one figure family and by one accuracy.

    Attributes:
        axes: what is swept.
        table: a row a cell: the slice under its own name, `predicted_onset_x` and `empirical_onset_x` with `_low` and
            `_high`, NaN where there is none, and a column for each of `axes`.
        composed: whether p is the order of a group of permutations, as in `Part.composed`, in every cell.
        fit: of the cells that have both, about y = x.
        claims: None where there are too few cells to test any.
    """

    figure: FigureOptions
    accuracy: Accuracy
    axes: tuple[str, ...]
    table: pd.DataFrame
    fit: IdentityFit
    claims: tuple[Claim, ...] | None
    composed: bool = False


@dataclass(frozen=True)
class Part:
    """The runs of a suite that share one setting, and what follows from them. A suite without a swept axis has one.

    Attributes:
        setting: what parts these runs from the others, as `split_by_setting` yields it; empty for the only part.
        frame: (runs, columns) the finished runs, capacity included; the columns that the laws read.
        capacity: bits against P, or None where there is nothing to say.
        constant, constant_source: C that loads go by, in bits per parameter, and where it is from.
        timescales: T_mem by both accuracies and T_gen; a T_gen that is there twice counts once.
        crossings: of every prime, accuracy, probe and rule.
        families: one for every figure family; the first is the main one, the others are along other axes or under
            other thresholds.
        onset_grid: onsets of every prime under other thresholds than the main ones.
        memorisation: fitted laws of T_mem; empty where none was fitted.
        probe_ratios: T_mem on other probes against random inputs; empty where they were not measured.
        probe: whose T_mem the curves, the crossings of figures and the laws are of: random data where there is any.
    """

    setting: Mapping[str, object]
    frame: pd.DataFrame
    capacity: Capacity | None = None
    constant: float = math.nan
    constant_source: str = "none"
    timescales: tuple[Timescale, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    families: tuple[FigureFamily, ...] = ()
    onset_grid: tuple[Onset, ...] = ()
    memorisation: tuple[MemorisationLaw, ...] = ()
    probe_ratios: tuple[ProbeRatio, ...] = ()
    probe: str = "random"

    @property
    def composed(self) -> bool:
        """Whether the task is to compose permutations, so that p is the order of their group and no prime."""
        return "op" in self.frame and COMPOSE in set(self.frame["op"].dropna())

    @property
    def group_axis(self) -> str:
        """What its groups are told apart by."""
        return axes_of(self.frame).group if "x_axis" in self.frame else AXES.group


@dataclass(frozen=True)
class Contents:
    """Everything that a race report shows.

    Attributes:
        suite, description, yaml: the suite's name, its description and its text.
        counts: by measurement, all that the suite asks for.
        failures: runs that failed.
        provenance: rows of any columns (version, git, host, device, strategy, runs, first and last time ...).
        settings: by name, whatever shapes the conclusions: rotary, thresholds, accuracy modes, source of C ...
        warnings: one line each.
        frame: (runs, columns) every finished run of the suite, for the table of runs.
        traces: id -> columns by name as in `measurements.trace.Trace`, one number an epoch. Read one by one in the
            frame's order and thinned here for what is drawn, so that a mapping which loads them on demand keeps memory
            low. A trace ends with its run's last epoch.
        parts: one for every setting of the suite.
        predictions: crossing against onset and the claims, for every figure family and accuracy, the main one first.
        rule: which crossings the figures, the tables and the sentences show.
        calibrates: whether the suite says what a forecast is to be calibrated on.
        forecasts: those that stand.
        silences: why the race has nothing to say of some runs, a line each.
    """

    suite: str
    description: str
    yaml: str
    counts: Mapping[str, Counts]
    frame: pd.DataFrame
    traces: Mapping[str, Mapping[str, np.ndarray]]
    parts: tuple[Part, ...]
    failures: tuple[Failure, ...] = ()
    provenance: tuple[Mapping[str, object], ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    rule: Literal["sign change", "published"] = "sign change"
    calibrates: bool = False
    forecasts: tuple[StandingForecast, ...] = ()
    silences: tuple[str, ...] = ()

    @property
    def composed(self) -> bool:
        """Whether p is the order of a group everywhere, as in `Part.composed`."""
        return bool(self.parts) and all(part.composed for part in self.parts)

    @property
    def group_axis(self) -> str:
        """What the groups of all its parts are told apart by; `group` where parts differ in it."""
        axes = {part.group_axis for part in self.parts} or {AXES.group}
        return axes.pop() if len(axes) == 1 else "group"

    @property
    def complete(self) -> bool:
        """Whether every run that the suite asks for is done."""
        return all(count.done == count.total for count in self.counts.values())
