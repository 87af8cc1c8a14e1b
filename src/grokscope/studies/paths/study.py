"""Do grokking and steady learning end in the same model? From a suite's runs in the ledger to its report.

Source: Manning-Coe, Gliozzi, Stapleton, Hirst, De Tomasi, Bradlyn, Berman, "Grokking vs. Learning: Same features,
different encodings", arXiv 2502.01739.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

import pandas as pd
from rich.console import Group
from rich.markup import escape
from rich.text import Text

from grokscope.ledger import Ledger
from grokscope.measurements import Watch
from grokscope.report.sheet import Sheet, write_sheet
from grokscope.report.status import counts, failures, provenance
from grokscope.run import Run
from grokscope.studies.paths.arrivals import arrivals
from grokscope.studies.paths.families import Family, kin, title_of
from grokscope.studies.paths.measure import measured
from grokscope.studies.paths.prune import pruned
from grokscope.studies.paths.sections import sections
from grokscope.studies.study import Study
from grokscope.suite import Suite
from grokscope.tasks import Shuffled

QUESTION = "Do grokking and steady learning end in the same model?"


def conclude(suite: Suite, ledger: Ledger) -> Sheet:
    """Everything that the report shows, from the ledger alone; of a half-done suite, what there is."""
    runs = ledger.runs(suite=suite.name)
    done = set(runs.loc[runs["status"] == "done", "id"])
    mine = [run for run in suite.runs if run.identity in done]
    found = families(mine, ledger)
    kinds = runs["measurement"].unique()
    return Sheet(
        suite=suite.name,
        question=QUESTION,
        description=suite.description,
        yaml=suite.text,
        counts={kind: counts(runs[runs["measurement"] == kind]) for kind in kinds},
        sections=tuple(section for family in found for section in sections(family)),
        failures=failures(runs),
        provenance=provenance(runs),
        settings=SETTINGS,
        warnings=suite.remarks,
        missing=tuple(missing(found, len(suite.runs) - len(mine))),
    )


SETTINGS = {
    "source": "Manning-Coe et al. 2025, arXiv 2502.01739",
    "accuracies": "train as running (before each update), test after the epoch, as published",
    "times": "first epoch within 5 % of the largest accuracy; _90: within 10 %",
    "Fourier transform": "complex, of length p, nothing dropped, both operands apart",
    "dead units": "outgoing norm below 1e-3 of the largest; every result with and without them",
    "Fisher diagonal": "of raw logits over at most 1024 test examples, as published; categorical where it says so",
    "pruning": "weights by magnitude within each layer, biases kept, no training after; 100 points",
}


def families(runs: Sequence[Run], ledger: Ledger, *, schemes: Collection[str] | None = None) -> list[Family]:
    """Runs that are watched, by what they have in common, with their kin on shuffled labels.

    Args:
        schemes: the orders of pruning that are asked for; all by default.
    """
    groups: dict[Run, list[Run]] = {}
    for run in runs:
        if isinstance(run.measurement, Watch) and not isinstance(run.task, Shuffled):
            groups.setdefault(kin(run), []).append(run)
    made = []
    for i, (one, kindred) in enumerate(groups.items()):
        members = [measured(run, ledger) for run in kindred]
        followed = [m for m in members if m.kept]
        curves = pruned(followed, schemes) if followed else None
        made.append(
            Family(
                name=f"{i + 1}" if len(groups) > 1 else "runs",
                title=title_of(one, [other for other in groups if other is not one]),
                # what was pruned is let go: one family's snapshots are held at a time
                runs=tuple(dataclasses.replace(m, kept={}, fishers={}) for m in members),
                pruned=curves,
                memorised=memorised(one, runs, ledger),
            )
        )
    return made


def memorised(family: Run, runs: Sequence[Run], ledger: Ledger) -> pd.DataFrame:
    """T_mem by running accuracy of the runs that are of the family but for their task, which is its inputs shuffled."""
    kindred = [
        run
        for run in runs
        if isinstance(run.task, Shuffled)
        and run.measurement.kind == "speed"
        and run.task.inputs_of == family.task
        and dataclasses.replace(kin(run), task=family.task, measurement=family.measurement) == family
    ]
    return arrivals([(run, ledger.trace(run)) for run in kindred], "T_mem")


def missing(found: Sequence[Family], pending: int) -> list[str]:
    """What the data do not allow, a sentence each."""
    said = [f"{pending} runs of the suite are not done: what is said rests on the others."] if pending else []
    for family in found:
        if not family.followed:
            said.append(f"{family.title}: no run keeps snapshots, so there are no features, encodings and geometry.")
        elif len(family.ways) < 2:
            said.append(f"{family.title}: one w0 with snapshots, so nothing is side by side.")
        before = [m for m in family.followed if m.through["epoch"].max() < len(m.trace)]
        if before:
            last, of = int(before[0].through["epoch"].max()), len(before[0].trace)
            said.append(
                f"{family.title}: {len(before)} runs kept no parameters of their last epoch, so features, encodings "
                f"and geometry end earlier (epoch {last} of {of}); keep: final has them."
            )
    if not found:
        said.append("No watched run is done yet.")
    return said


def summary(sheet: Sheet) -> Group:
    """For a terminal: what each section found."""
    lines = [Text(f"{sheet.suite}: {sheet.question}")]
    for section in sheet.sections:
        lines.append(Text.from_markup(f"[bold]{escape(section.title)}[/bold]"))
        lines += [Text(f"  {text}") for text in (*section.findings, *section.caveats)]
    return Group(*lines, *(Text(text) for text in sheet.missing))


STUDY = Study(conclude, write_sheet, summary)
