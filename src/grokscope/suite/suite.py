"""A suite: a named set of runs and what to conclude from them, read from a YAML file.

```yaml
name: first
study: race                             # ours: race (the default), paths, order
description: what the suite is for      # ours
plugins: [my-package, mine.py]          # ours: where kinds come from that are not built in
retries: 1                              # ours: how often a failed run is tried again
defaults: {operation: "/", dropout: 0.2}
experiments:
  race:
    type: speed                         # capacity | speed | groks
    primes: [97, 113]
    seeds: [42, {data: 1, init: 2, order: 3, dropout: 4}]   # one number for all streams, or (ours) each its own
    dims: [32, 64]                      # and, or instead, dim_ranges and param_count_targets
    dim_ranges: [{start: 80, end: 128, step: 16}]           # the end included
    lr: [1.0e-3, 3.0e-3]                # every other list spans a grid
    n_samples: auto
    probe: [random, permuted]           # ours: whose inputs and labels are memorised
    stop_on: both                       # ours: running accuracy, eval accuracy, or both
    rotary: published                   # ours; also precision: float32 | float64 and keep: nothing | final
    matmul: highest                     # ours: or tf32 or bfloat16, for faster and less exact matrix products
analysis: {max_dim: 256}
```
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from grokscope.registry import built_in_names, names
from grokscope.run import Run
from grokscope.suite import plain
from grokscope.suite.analysis import Analysis
from grokscope.suite.analysis_block import read_analysis
from grokscope.suite.axes import whole_number
from grokscope.suite.document import read_document
from grokscope.suite.errors import Findings, SuiteError
from grokscope.suite.expansion import MOST_RUNS, Experiment
from grokscope.suite.keys import KNOWN, TYPES, overlay, refuse_unknown
from grokscope.suite.odd import warn_of_curves_apart
from grokscope.suite.plain import PlainExperiment
from grokscope.suite.plugins import find_plugins
from grokscope.suite.shipped import find, read_text
from grokscope.suite.value import Value

TOP_LEVEL = ("name", "study", "description", "plugins", "retries", "defaults", "experiments", "analysis")
DEFAULT_STUDY = "race"
NAME = re.compile(r"[^\W_][\w.+-]{0,99}")
"""A suite's name also names a folder of its report, so it cannot lead out of it."""
MOST_RETRIES = 100


class Skipped(NamedTuple):
    """An impossible combination that was left out: where it stands and what makes it, and how many runs it was."""

    reason: str
    n_runs: int


@dataclass(frozen=True)
class Suite:
    """A named set of runs plus what to conclude from them.

    Attributes:
        path: the file, or None if the suite was read from a text.
        text: the YAML source.
        runs: unique, in the order capacity, speed, groks; inside: setting, prime, seed, width, size of data.
        experiments: for each run the name of the (first) experiment that asks for it.
        retries: how often a failed run is tried again.
        warnings: what is allowed and may not be what was meant, a line each.
        remarks: the same without the name of the file: the same text makes the same report, wherever it lies.
        skipped: impossible combinations that were left out.
        study: whose conclusions are drawn.
    """

    name: str
    path: Path | None
    text: str = field(repr=False)
    description: str
    runs: tuple[Run, ...] = field(repr=False)
    experiments: tuple[str, ...] = field(repr=False)
    analysis: Analysis
    retries: int = 1
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    study: str = "race"

    def counts(self) -> dict[str, int]:
        """Runs of each measurement: of the race always, of others where there are any."""
        counts = dict.fromkeys(TYPES, 0)
        for run in self.runs:
            counts[run.measurement.kind] = counts.get(run.measurement.kind, 0) + 1
        return counts

    @property
    def n_skipped(self) -> int:
        """Runs that were left out because they are impossible."""
        return sum(skipped.n_runs for skipped in self.skipped)


def load_suite(path_or_name: str | Path, *, skip_impossible: bool = False) -> Suite:
    """The suite in a file, or one that ships (see `shipped`).

    With `skip_impossible`, combinations that no run can have (a width that its heads do not divide, more examples
    than the table has rows) are left out and counted in `skipped`; without, they are refused.

    Raises:
        SuiteError: everything that is wrong with the file, a line for each fault.
    """
    path = find(path_or_name)
    return parse_suite(read_text(path), source=str(path), path=path, skip_impossible=skip_impossible)


def parse_suite(text: str, *, source: str = "suite", path: Path | None = None, skip_impossible: bool = False) -> Suite:
    """As `load_suite`, from a text; `source` is what errors call it."""
    findings = Findings(source)
    root = read_document(text, findings)
    top = root.mapping()
    refuse_unknown(top, TOP_LEVEL, findings)
    find_plugins(top.get("plugins"), path, findings)
    name = _name(top.get("name"), path, findings)
    description = _text(top.get("description"), findings)
    study = _study(top.get("study"), findings)
    retries = whole_number(top["retries"], findings, low=0, high=MOST_RETRIES) if "retries" in top else 1
    experiments = _experiments(root, findings)
    analysis = read_analysis(top.get("analysis"), findings)
    room = MOST_RUNS
    for experiment in experiments:
        room -= experiment.prepare(room)
    skipped = _impossible(experiments, findings, refuse=not skip_impossible)
    findings.raise_faults()
    asked: dict[str, tuple[Run, str]] = {}
    for experiment in sorted(experiments, key=lambda experiment: (*TYPES, experiment.kind).index(experiment.kind)):
        for run in experiment.runs():
            asked.setdefault(run.identity, (run, experiment.name))
    if not asked:
        raise SuiteError([f"{source}: found no possible run, expected at least one"])
    warn_of_curves_apart((run for run, _ in asked.values()), top["experiments"], findings)
    return Suite(
        name=name,
        path=path,
        text=text,
        description=description,
        runs=tuple(run for run, _ in asked.values()),
        experiments=tuple(name for _, name in asked.values()),
        analysis=analysis,
        retries=1 if retries is None else retries,
        warnings=findings.warnings,
        remarks=findings.remarks,
        skipped=skipped,
        study=study,
    )


def _experiments(root: Value, findings: Findings) -> list[Experiment | PlainExperiment]:
    """Every experiment with the defaults under it; those whose type is not known only leave a fault."""
    top = root.mapping()
    defaults = top.get("defaults", Value({}, root.line))
    if not isinstance(defaults.data, dict | None):
        findings.refuse(defaults, "a mapping")
    refuse_unknown(defaults.mapping(), (*KNOWN, *(key for key in plain.KNOWN if key not in KNOWN)), findings)
    entries = top.get("experiments")
    if entries is None or not entries.mapping():
        found = None if entries is not None else "no experiments"
        findings.refuse(entries or root, "experiments: a mapping of at least one experiment", found=found)
        return []
    made = (_experiment(name, at, defaults, findings) for name, at in entries.mapping().items())
    return [experiment for experiment in made if experiment is not None]


def _experiment(name: str, at: Value, defaults: Value, findings: Findings) -> Experiment | PlainExperiment | None:
    under = {key: value for key, value in defaults.mapping().items() if key in plain.KNOWN}
    if plain.is_plain(at.mapping()) or (plain.is_plain(under) and "type" not in at.mapping()):
        return PlainExperiment(name, at, plain.laid_over(at.mapping(), under), findings)
    values = overlay(at, defaults, findings)
    return None if values is None else Experiment(name, values["type"].data, at, values, findings)


def _impossible(
    experiments: Sequence[Experiment | PlainExperiment], findings: Findings, *, refuse: bool
) -> tuple[Skipped, ...]:
    """Impossible combinations as faults, or as what is skipped."""
    skipped = []
    for experiment in experiments:
        for (line, found, expected), (place, n_runs) in experiment.impossible.items():
            if refuse:
                runs = "1 run" if n_runs == 1 else f"{n_runs} runs"
                what = f"the impossible {found} ({runs} of {experiment.name})"
                findings.refuse(place, f"{expected} (--skip-impossible leaves such runs out)", found=what)
            skipped.append(Skipped(f"{findings.source}:{line}: {experiment.name}: {found} is not {expected}", n_runs))
    return tuple(skipped)


def _name(value: Value | None, path: Path | None, findings: Findings) -> str:
    """The suite's name; without one, its file's."""
    value = Value(path.stem if path else "suite", 1, "name") if value is None else value
    if not isinstance(value.data, str) or not NAME.fullmatch(value.data):
        findings.refuse(value, "a name of letters, digits and _ . + - that starts with a letter or digit")
        return ""
    return value.data


def _study(value: Value | None, findings: Findings) -> str:
    if value is None or value.data in built_in_names("studies"):
        return DEFAULT_STUDY if value is None else str(value.data)
    if value.data not in (known := names("studies")):
        findings.refuse(value, "one of " + ", ".join(known))
    return str(value.data)


def _text(value: Value | None, findings: Findings) -> str:
    if value is None:
        return ""
    if not isinstance(value.data, str):
        findings.refuse(value, "text")
        return ""
    return value.data.strip()
