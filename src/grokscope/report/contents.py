"""Everything that a report shows, as plain data: whoever has it can make the report, without a ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import pandas as pd

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


class Counts(NamedTuple):
    """Runs of one measurement that the suite asks for, and how far they are."""

    total: int
    done: int
    failed: int
    pending: int


class Failure(NamedTuple):
    """A run that failed: its identity and the first line of its error."""

    id: str
    error: str


@dataclass(frozen=True)
class Part:
    """The runs of a suite that share one setting, and what follows from them. A suite without a swept axis has one.

    Attributes:
        setting: what parts these runs from the others, as `laws.cells.by_setting` yields it; empty for the only part.
        frame: (runs, columns) the finished runs, capacity included; the columns that the laws read.
        capacity: bits against P, or None where there is nothing to say.
        timescales: T_mem by both accuracies and T_gen; a T_gen that is there twice counts once.
        crossings: of every prime, accuracy, probe and rule.
        onsets: of every prime and accuracy, under the thresholds that the report is about.
        onset_grid: the same under other thresholds.
        delays: of every run, by the train accuracy that they start from, under the thresholds of `onsets`.
        memorisation: fitted laws of T_mem; empty where none was fitted.
        probe_ratios: T_mem on other probes against random inputs; empty where they were not measured.
    """

    setting: Mapping[str, object]
    frame: pd.DataFrame
    capacity: Capacity | None = None
    timescales: tuple[Timescale, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    onsets: tuple[Onset, ...] = ()
    onset_grid: tuple[Onset, ...] = ()
    delays: Mapping[Accuracy, tuple[Delay, ...]] = field(default_factory=dict)
    memorisation: tuple[MemorisationLaw, ...] = ()
    probe_ratios: tuple[ProbeRatio, ...] = ()


@dataclass(frozen=True)
class Contents:
    """What a race report shows.

    Attributes:
        suite, description, yaml: the suite's name, its description and its text.
        counts: by measurement, all that the suite asks for.
        failures: runs that failed.
        provenance: rows of any columns (version, git, host, device, strategy, runs, first and last time ...).
        settings: by name, whatever shapes the conclusions: rotary, thresholds, accuracy modes, source of C ...
        warnings: one line each.
        frame: (runs, columns) every finished run of the suite, for the table of runs.
        traces: id -> trace (index: epoch from 1; columns as in `measurements.trace.Trace`). Read one by one and thinned
            here for what is drawn, so that a mapping which loads them on demand keeps memory low. A trace ends with its
            run's last epoch.
        parts: one for every setting of the suite.
        claims: the tested claims, or None where they were not tested.
        rule: which crossings the figures, the tables and the sentences show.
    """

    suite: str
    description: str
    yaml: str
    counts: Mapping[str, Counts]
    frame: pd.DataFrame
    traces: Mapping[str, pd.DataFrame]
    parts: tuple[Part, ...]
    failures: tuple[Failure, ...] = ()
    provenance: tuple[Mapping[str, object], ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    claims: tuple[Claim, ...] | None = None
    rule: Literal["sign change", "published"] = "sign change"

    @property
    def complete(self) -> bool:
        """Whether every run that the suite asks for is done."""
        return all(count.done == count.total for count in self.counts.values())
