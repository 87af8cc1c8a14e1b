# mypy: no-warn-return-any
"""From the ledger, the evaluations and the models of a suite to its page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from grokscope.ledger import Ledger
from grokscope.report.sheet import Drawing, Section, Sheet, write_sheet
from grokscope.report.status import counts, failed_runs, provenance_rows
from grokscope_paperclip.data import dataset
from grokscope_paperclip.data.layout import Folder
from grokscope_paperclip.data.manifest import read_manifest
from grokscope_paperclip.learning import bundle
from grokscope_paperclip.pipeline import SuiteFolder
from grokscope_paperclip.report import figures
from grokscope_paperclip.report.names import Runs, experiment_of, name_runs
from grokscope_paperclip.report.picture_section import picture_section
from grokscope_paperclip.report.published import JUDGE, PUBLISHED
from grokscope_paperclip.report.sentences import findings
from grokscope_paperclip.report.tables import BEFORE, race_table, table
from grokscope_paperclip.suite import PaperclipSuite

QUESTION = "Can images of the sky and the words of astronomers share one space?"


def write(
    suite: PaperclipSuite, runs: Runs, ledger: Ledger, place: SuiteFolder, folder: Folder, out: Path
) -> tuple[Sheet, Path]:
    """Write the report of a suite, however much of it is done; the sheet and the path of its page."""
    sheet = conclude(suite, runs, ledger, place, folder)
    return sheet, write_sheet(sheet, out)


def conclude(suite: PaperclipSuite, runs: Runs, ledger: Ledger, place: SuiteFolder, folder: Folder) -> Sheet:
    """Everything that the report shows."""
    frame = ledger.runs(suite=suite.name)
    done = set(frame.loc[frame["status"] == "done", "id"])
    split = suite.analysis.get("split", "test")
    found = {}
    for name, run in name_runs(runs):
        path = place.evaluation(run, split)
        if run.identity in done and path.exists():
            found[name] = json.loads(path.read_text())
    traces = {
        name: ledger.trace(run.identity).set_index("steps") for name, run in name_runs(runs) if run.identity in done
    }
    reference, control = (found.get(str(suite.analysis.get(key, ""))) for key in ("reference", "control"))
    pair = [suite.analysis.get(key) for key in ("memorise", "generalise")]
    raced = {name for name, _ in name_runs(runs) if experiment_of(name) in pair}
    main = [name for name in traces if name not in raced]
    base = _base(suite, runs, place, split)
    sections = [Section("What was found", findings(reference, control, base))]
    if main:
        sections.append(curves(main, traces, found, suite.analysis, base))
    sections.append(Section("Every run", tables={"runs": table(runs, found, frame, base)}, most_rows=60))
    if len(race := race_table(suite, runs, frame)):
        sections.append(_race(race, suite, runs))
    if reference is not None:
        sections += in_detail(reference)
        run = runs[suite.analysis["reference"]][0]
        if place.model(run).exists():
            sections.append(picture_section(bundle.load(place.model(run)), folder, split))
    sections.append(_collection(folder))
    shown = {"published retrieval": PUBLISHED, "published judge": JUDGE}
    sections.append(
        Section("As published, on the real archive", tables={k.replace(" ", "_"): v for k, v in shown.items()})
    )
    kinds = {str(kind): counts(rows) for kind, rows in frame.groupby("measurement")}
    missing = tuple(f"{name}: not done" for name, run in name_runs(runs) if run.identity not in done)
    settings = {"split": split, "data": dataset.index_of(folder)["digest"], **dict(suite.data.split)}
    return Sheet(
        suite.name,
        QUESTION,
        suite.description,
        suite.text,
        kinds,
        tuple(sections),
        failed_runs(frame),
        provenance_rows(frame),
        settings,
        missing=missing,
    )


def curves(
    main: list[str],
    traces: Mapping[str, pd.DataFrame],
    found: Mapping[str, Any],
    analysis: Mapping[str, Any],
    base: Mapping[str, Any] | None,
) -> Section:
    """Learning, retrieval and cosines of the runs that are compared, and of what the reference begins from."""
    control, reference = analysis.get("control"), analysis.get("reference")
    begun = {} if base is None else {BEFORE: dict(base)}
    drawings = [
        Drawing(
            "training",
            partial(figures.training, {name: traces[name] for name in main}, control),
            "Held-out loss and top-10 % retrieval among distinct captions, as training goes.",
        )
    ]
    evaluated = {name: found[name] for name in main if name in found}
    if evaluated:
        drawings.append(
            Drawing(
                "retrieval",
                partial(figures.retrieval, evaluated | begun, control),
                "Image to text: own caption in the nearest fraction. Dotted: chance.",
            )
        )
        first = reference if reference in evaluated else next(iter(evaluated))
        shown = {first: evaluated[first]} | begun
        drawings.append(Drawing("cosines", partial(figures.cosines, shown), "Cosines on held-out proposals."))
    return Section("Learning and retrieval", drawings=tuple(drawings))


def _base(suite: PaperclipSuite, runs: Runs, place: SuiteFolder, split: str) -> dict[str, Any] | None:
    """The evaluation of what the reference begins from, if there is one."""
    for run in runs.get(str(suite.analysis.get("reference", "")), ())[:1]:
        if place.base(run, split).exists():
            return {"P": run.n_params} | json.loads(place.base(run, split).read_text())
    return None


def _race(race: pd.DataFrame, suite: PaperclipSuite, runs: Runs) -> Section:
    n = {
        key: runs[suite.analysis[key]][0].task.images if key in suite.analysis else 0
        for key in ("memorise", "generalise")
    }
    censored = int(race["time"].isna().sum())
    said = (
        "T_mem is when half of the shuffled training pairs are found among the nearest 10 %, T_gen when half of the "
        "held-out true ones are: both by the same measure, in optimiser steps, against the size of the model.",
    )
    caveats = (f"{censored} of {len(race)} runs ended first: for those the step is a lower bound.",) if censored else ()
    drawing = Drawing(
        "race", partial(figures.race, race, n["memorise"], n["generalise"]), "Memorising and generalising."
    )
    words = {"n_params": "P", "steps": "steps of the run", "time": "steps until half are found"}
    return Section(
        "The race: memorising shuffled pairs, generalising true ones",
        said,
        caveats,
        (drawing,),
        {"race": race.rename(columns=words)},
    )


def in_detail(told: dict[str, Any]) -> list[Section]:
    """Sections on the reference: metrics by category and instrument, and what the sky's truth allows."""
    drawings = [
        Drawing(
            f"by_{part}",
            partial(figures.metrics_by_label, told[f"by_{part}"], f"by {part}"),
            "Images in brackets. Dotted: chance.",
        )
        for part in ("category", "instrument")
        if told[f"by_{part}"]
    ]
    tables: dict[str, pd.DataFrame] = {"hard_negatives": pd.DataFrame(told["hard_negatives"])}
    if "truth" in told:
        truth = told["truth"]
        drawings.append(
            Drawing(
                "confusion",
                partial(figures.confusion, truth),
                "Nearest class name of held-out images, true classes in rows.",
            )
        )
        drawings.append(
            Drawing(
                "reliability", partial(figures.reliability, truth["reliability"]), "Each point an eighth of the images."
            )
        )
        tables["queries"] = pd.DataFrame(truth["judge"]["queries"])
        tables["auroc"] = pd.DataFrame([{"class": k, "AUROC": v} for k, v in truth["auroc"].items()])
    return [Section("Where it is right and where it is not", drawings=tuple(drawings), tables=tables)]


def _collection(folder: Folder) -> Section:
    images = read_manifest(folder)
    sizes = images.groupby("split", sort=False).agg(images=("filename", "size"), proposals=("proposal", "nunique"))
    drawing = Drawing("collection", partial(figures.collection, images), "The collection.")
    return Section("The data", drawings=(drawing,), tables={"splits": sizes.reset_index()})
