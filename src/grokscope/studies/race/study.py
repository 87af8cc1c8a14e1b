"""The race: from a suite and its runs in the ledger to what its report shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import RenderableType

from grokscope.forecasts.evaluate import standing_forecasts
from grokscope.laws.arrays import Array
from grokscope.laws.capacity import estimate_capacity, extrapolation_warning
from grokscope.laws.crossing.crossings import find_crossings
from grokscope.laws.crossing.onset import GRID, find_onset_grid
from grokscope.laws.settings import PUBLISHED, SETTINGS
from grokscope.laws.tidy import tidy
from grokscope.laws.times.cells import axes_of, probes_of, split_by_setting, up_to_width, with_axes
from grokscope.laws.times.memorisation import fit_memorisation
from grokscope.laws.times.probe_ratio import estimate_probe_ratios
from grokscope.laws.times.threshold_epochs import read_threshold_epochs
from grokscope.laws.times.timescales import estimate_timescales
from grokscope.ledger import Ledger
from grokscope.ledger.reader import LazyTraces
from grokscope.registry import register
from grokscope.report.status import counts, failed_runs, provenance_rows
from grokscope.studies.race.facts.contents import Contents, Part
from grokscope.studies.race.facts.families import RULES, compare_with_onsets, conclude_family, doubts
from grokscope.studies.race.facts.silences import MEASUREMENTS, describe_lacks, describe_silences, find_silences
from grokscope.studies.race.report import terminal_summary, write_report
from grokscope.studies.study import Study
from grokscope.suite import Analysis, FigureOptions, Suite


def conclude(suite: Suite, ledger: Ledger) -> Contents:
    """Everything that the suite's report shows, from the ledger alone; of a half-done suite, what there is."""
    runs = select_runs(suite, ledger)
    own = runs[runs["origin"].isna()]
    reasons = find_silences(runs)
    silences = tuple(describe_silences(own, reasons[own.index]))
    frame = tidy(runs[reasons == ""])
    traces = LazyTraces(ledger, list(frame["id"]))
    parts = (
        tuple(conclude_part(setting, rows, traces, suite.analysis) for setting, rows in split_by_setting(frame))
        if len(frame)
        else ()
    )
    silences = (*silences, *_part_silences(parts))
    return Contents(
        suite=suite.name,
        description=suite.description,
        yaml=suite.text,
        counts={kind: counts(own[own["measurement"] == kind]) for kind in MEASUREMENTS},
        frame=frame,
        traces=traces,
        parts=parts,
        failures=failed_runs(runs),
        provenance=provenance_rows(runs),
        settings=describe_settings(suite, frame),
        warnings=tuple(
            dict.fromkeys(
                (
                    *suite.remarks,
                    *remark_on_imported(runs),
                    *silences,
                    *_capacity_warnings(parts),
                    *doubts(parts, suite.analysis),
                )
            )
        ),
        predictions=tuple(compare_with_onsets(parts, suite.analysis)) if parts else (),
        rule=suite.analysis.crossing_rule,
        calibrates=suite.analysis.calibrate is not None,
        forecasts=standing_forecasts(suite, ledger, frame),
        silences=silences,
    )


def conclude_part(
    setting: Mapping[str, object], frame: pd.DataFrame, traces: Mapping[str, Mapping[str, Array]], analysis: Analysis
) -> Part:
    """Conclude from the runs of one setting."""
    frame = with_axes(frame)
    seed, accuracies = analysis.bootstrap_seed, analysis.accuracy
    figures = [figure.grouped_by(axes_of(frame).group) for figure in analysis.families]
    probes = probes_of(frame)
    probe = probes[0] if probes else "random"
    pairs = [(figure.delay_train_threshold, figure.delay_val_threshold) for figure in figures]
    arrived = read_threshold_epochs(_widest(frame, figures), traces, [*GRID, *pairs])
    families = tuple(conclude_family(figure, frame, arrived, analysis, probe) for figure in figures)
    main = figures[0]
    frame, arrived = up_to_width(frame, main.max_dim), arrived.select(up_to_width(arrived.runs, main.max_dim).index)
    found = estimate_capacity(frame)
    c = analysis.pinned_capacity or found.constant.value
    return Part(
        setting=setting,
        frame=frame,
        capacity=found if len(found.points) else None,
        constant=c,
        constant_source=f"pinned at {c:g}" if analysis.pinned_capacity else found.source,
        timescales=tuple(
            scale for accuracy in accuracies for scale in estimate_timescales(frame, c, accuracy=accuracy)
        ),
        crossings=(
            *families[0].crossings,
            *(
                crossing
                for accuracy in accuracies
                for other in probes[1:]
                for rule in RULES
                for crossing in find_crossings(frame, accuracy=accuracy, probe=other, rule=rule, seed=seed)
            ),
        ),
        families=families,
        onset_grid=tuple(find_onset_grid(arrived, accuracies=accuracies, seed=seed)),
        memorisation=tuple(
            law
            for accuracy in accuracies
            for law in fit_memorisation(frame, c, accuracy=accuracy, probe=probe, seed=seed)
        ),
        probe_ratios=tuple(
            ratio for accuracy in accuracies for ratio in estimate_probe_ratios(frame, c, accuracy=accuracy)
        ),
        probe=probe,
    )


def _widest(frame: pd.DataFrame, figures: Sequence[FigureOptions]) -> pd.DataFrame:
    """The runs that any figure shows: of the others no trace is read."""
    widths = [figure.max_dim for figure in figures]
    return frame if None in widths else up_to_width(frame, max(width for width in widths if width is not None))


def describe_settings(suite: Suite, frame: pd.DataFrame) -> Mapping[str, object]:
    """The settings that shape the conclusions and differ from suite to suite, by name."""
    analysis, main = suite.analysis, suite.analysis.families[0]
    timed = frame[frame["measurement"] != "capacity"]
    values = {name: ", ".join(map(str, sorted(timed[name].dropna().unique()))) for name in SETTINGS if name in timed}
    pinned = analysis.pinned_capacity
    return {name: value for name, value in values.items() if value} | {
        "capacity constant": f"pinned at {pinned}" if pinned else "measured, published 2.16 where it was not",
        "delay thresholds": f"train {main.delay_train_threshold:g}, validation {main.delay_val_threshold:g}",
        "crossing rule": analysis.crossing_rule,
        "widths": "all" if main.max_dim is None else f"up to {main.max_dim}",
        "bootstrap seed": analysis.bootstrap_seed,
    }


def _part_silences(parts: tuple[Part, ...]) -> Iterator[str]:
    """Which probe stands for random data where there are none, and what else a part lacks."""
    for part in parts:
        at = "".join(f", {name} {value}" for name, value in part.setting.items()).removeprefix(", ")
        head = f"{at}: " if at else ""
        if part.probe != "random":
            yield f"{head}no speed run on random data is done: T_mem is of the probe {part.probe}"
        yield from (f"{head}{lack}" for lack in describe_lacks(part.frame))


def _capacity_warnings(parts: tuple[Part, ...]) -> Iterator[str]:
    for part in parts:
        timed = part.frame[part.frame["measurement"] != "capacity"]
        measured = part.capacity is not None and part.constant == part.capacity.constant.value
        if (
            part.capacity is not None
            and measured
            and (said := extrapolation_warning(part.capacity, timed["n_params"].unique()))
        ):
            yield said


def select_runs(suite: Suite, ledger: Ledger) -> pd.DataFrame:
    """The suite's runs as `Ledger.runs` gives them; after them, if it asks for that, imported runs of its cells.

    An imported run has another random stream than ours of the same seed, so its seed is told apart: -1 - seed.
    """
    if not suite.analysis.include_imported:
        return ledger.runs(suite=suite.name)
    runs = ledger.runs(suite=suite.name, imported=True)
    own = runs["origin"].isna()
    cell = runs[shared_fields(runs)].astype(str).agg("|".join, axis=1)
    chosen = runs[own | cell.isin(cell[own])].reset_index(drop=True)
    seed = chosen["seeds.data"]
    chosen["seeds.data"] = seed.where(chosen["origin"].isna(), -1 - seed)
    return chosen


def shared_fields(runs: pd.DataFrame) -> list[str]:
    """What an imported run must share with a run of the suite: all that it says of task, net, optimiser and batches."""
    theirs = runs[runs["origin"].notna()]
    of_parts = [name for name in runs if name.partition(".")[0] in PUBLISHED and "." in name]
    return ["measurement", "batch_size", *(name for name in of_parts if theirs[name].notna().any())]


def remark_on_imported(runs: pd.DataFrame) -> tuple[str, ...]:
    """Say that imported runs are among a report's own, if any are."""
    theirs = runs[runs["origin"].notna()]
    if not len(theirs):
        return ()
    places = ", ".join(sorted(theirs["origin"].unique()))
    return (f"{len(theirs):,} of these runs were imported from {places} and have not been verified (seeds below 0)",)


@register
@dataclass(frozen=True)
class Race(Study):
    """Does grokking begin where the speeds of memorising and generalising cross?"""

    kind = "race"

    def conclude(self, suite: Suite, ledger: Ledger) -> Any:
        return conclude(suite, ledger)

    def write(self, contents: Any, folder: Path) -> Path:
        return write_report(contents, folder)

    def summary(self, contents: Any) -> RenderableType:
        return terminal_summary(contents)
