"""The race: from a suite and its runs in the ledger to what its report shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from grokscope.laws.capacity import beyond, capacity
from grokscope.laws.cells import by_setting
from grokscope.laws.claims import claims
from grokscope.laws.crossing import crossings
from grokscope.laws.memorisation import memorisation
from grokscope.laws.onset import delays, onset_grid, onsets
from grokscope.laws.probe_ratio import probe_ratios
from grokscope.laws.results import Accuracy, Claim, Crossing, Onset
from grokscope.laws.timescales import timescales
from grokscope.ledger import Ledger
from grokscope.report.contents import Contents, Part
from grokscope.report.terminal import terminal_summary
from grokscope.report.write import write_report
from grokscope.studies.standing import counts, failures, provenance
from grokscope.studies.study import Study
from grokscope.studies.tidy import tidy
from grokscope.suite import Analysis, Suite

MEASUREMENTS = ("capacity", "speed", "groks")
ACCURACIES: tuple[Accuracy, ...] = ("running", "eval")
FEWEST_CELLS = 3
"""Cells with both a crossing and an onset below which no claim is tested, as published."""


class Traces(Mapping[str, pd.DataFrame]):
    """Traces by identity, read from the ledger one at a time."""

    def __init__(self, ledger: Ledger, identities: list[str]):
        self._ledger, self._identities = ledger, dict.fromkeys(identities)

    def __getitem__(self, identity: str) -> pd.DataFrame:
        if identity not in self._identities:
            raise KeyError(identity)
        return self._ledger.trace(identity)

    def __iter__(self) -> Iterator[str]:
        return iter(self._identities)

    def __len__(self) -> int:
        return len(self._identities)


def conclude(suite: Suite, ledger: Ledger) -> Contents:
    """Everything that the suite's report shows, from the ledger alone; of a half-done suite, what there is."""
    runs = ledger.runs(suite=suite.name)
    frame = tidy(runs)
    wide = frame if suite.analysis.max_dim is None else frame[frame["dim"] <= suite.analysis.max_dim]
    traces = Traces(ledger, list(frame["id"]))
    parts = (
        tuple(part(setting, rows, traces, suite.analysis) for setting, rows in by_setting(wide)) if len(wide) else ()
    )
    return Contents(
        suite=suite.name,
        description=suite.description,
        yaml=suite.text,
        counts={kind: counts(runs[runs["measurement"] == kind]) for kind in MEASUREMENTS},
        frame=frame,
        traces=traces,
        parts=parts,
        failures=failures(runs),
        provenance=provenance(runs),
        settings=settings(suite, frame),
        warnings=(*suite.warnings, *_capacity_warnings(parts)),
        claims=tested(parts, suite.analysis),
        rule=suite.analysis.crossing_rule,
    )


def part(setting: Mapping[str, object], frame: pd.DataFrame, traces: Traces, analysis: Analysis) -> Part:
    """What follows from the runs of one setting."""
    seed = analysis.bootstrap_seed
    train, val = analysis.delay_train_threshold, analysis.delay_val_threshold
    found = capacity(frame)
    c = analysis.pinned_capacity or found.constant.value
    found_crossings: list[Crossing] = []
    for accuracy in ACCURACIES:
        probes = sorted(frame.loc[frame["measurement"] == "speed", "probe"].unique())
        for probe in probes:
            for rule in ("sign change", "published"):
                found_crossings += crossings(frame, accuracy=accuracy, probe=probe, rule=rule, seed=seed)
    return Part(
        setting=setting,
        frame=frame,
        capacity=found if len(found.points) else None,
        timescales=tuple(scale for accuracy in ACCURACIES for scale in timescales(frame, c, accuracy=accuracy)),
        crossings=tuple(found_crossings),
        onsets=tuple(
            onset
            for accuracy in ACCURACIES
            for onset in onsets(frame, traces, accuracy=accuracy, train_threshold=train, val_threshold=val, seed=seed)
        ),
        onset_grid=tuple(onset_grid(frame, traces, seed=seed)),
        delays={
            accuracy: tuple(delays(frame, traces, accuracy=accuracy, train_threshold=train, val_threshold=val))
            for accuracy in ACCURACIES
        },
        memorisation=tuple(
            law for accuracy in ACCURACIES for law in memorisation(frame, c, accuracy=accuracy, seed=seed)
        ),
        probe_ratios=tuple(ratio for accuracy in ACCURACIES for ratio in probe_ratios(frame, c, accuracy=accuracy)),
    )


def settings(suite: Suite, frame: pd.DataFrame) -> Mapping[str, object]:
    """What shapes the conclusions and differs from study to study."""
    analysis = suite.analysis
    shown = (
        *("net", "rotary", "norm", "positions", "gate", "op", "fraction", "split", "depth", "heads", "dropout"),
        *("init_scale", "optimiser", "filter", "transform", "loss", "shuffle", "lr", "weight_decay"),
    )
    timed = frame[frame["measurement"] != "capacity"]
    values = {name: ", ".join(map(str, sorted(timed[name].dropna().unique()))) for name in shown if name in timed}
    pinned = analysis.pinned_capacity
    return values | {
        "capacity constant": f"pinned at {pinned}" if pinned else "measured, published 2.16 where it was not",
        "delay thresholds": f"train {analysis.delay_train_threshold:g}, validation {analysis.delay_val_threshold:g}",
        "crossing rule": analysis.crossing_rule,
        "widths": "all" if analysis.max_dim is None else f"up to {analysis.max_dim}",
        "bootstrap seed": analysis.bootstrap_seed,
    }


def tested(parts: tuple[Part, ...], analysis: Analysis) -> tuple[Claim, ...] | None:
    """The published claims on the cells that have both a crossing and an onset; None where too few have."""
    axes = sorted({name for part in parts for name in part.setting})
    rows = [cell | dict.fromkeys(axes, "none") | dict(part.setting) for part in parts for cell in cells(part, analysis)]
    table = pd.DataFrame(rows, columns=["p", "predicted_onset_x", "empirical_onset_x", *axes])
    valid = (table["predicted_onset_x"] > 0) & (table["empirical_onset_x"] > 0)
    if not analysis.hypothesis_tests.enabled or valid.sum() < FEWEST_CELLS:
        return None
    asked = analysis.hypothesis_tests.axes
    return tuple(claims(table, axes=axes if asked == "auto" else asked, seed=analysis.bootstrap_seed))


def cells(part: Part, analysis: Analysis) -> list[dict[str, object]]:
    """Crossing and onset of every prime of a part, by running accuracy on random data, as published."""

    def by_prime(found: tuple[Crossing, ...] | tuple[Onset, ...]) -> dict[int, float]:
        return {one.p: one.n_params.value for one in found if one.accuracy == "running"}

    wanted = tuple(c for c in part.crossings if c.probe == "random" and c.rule == analysis.crossing_rule)
    predicted, observed = by_prime(wanted), by_prime(part.onsets)
    return [
        {"p": p, "predicted_onset_x": predicted[p], "empirical_onset_x": observed[p]}
        for p in sorted(set(predicted) & set(observed))
    ]


STUDY = Study(conclude, write_report, terminal_summary)


def _capacity_warnings(parts: tuple[Part, ...]) -> Iterator[str]:
    for part in parts:
        timed = part.frame[part.frame["measurement"] != "capacity"]
        if part.capacity is not None and (said := beyond(part.capacity, timed["n_params"].unique())):
            yield said
