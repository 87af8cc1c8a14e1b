"""Suites of this study: a YAML file with a data set, named experiments, and what to compare.

```yaml
name: example
study: paperclip
data: {sky: {proposals: 850}, size: 80, split: {how: proposal}}   # or {folder: path} that has been built
defaults: {net: {kind: clip, width: 128}, steps: 400}
experiments:
  summaries: {task: {kind: pairs}}
  sizes: {net: {width: [64, 128]}, task: {pairing: [true pairs, shuffled]}}
analysis: {reference: summaries, control: shuffled}
```
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grokscope.run import Seeds
from grokscope.spec import SpecError
from grokscope.suite.grammar import (
    Findings,
    SuiteError,
    Value,
    find,
    in_words,
    read_document,
    read_text,
    refuse_unknown,
    specs,
)
from grokscope_paperclip.learning.parts import Clip, Contrast, Pairs, Retrieval, Tuning
from grokscope_paperclip.learning.run import FineTune

STUDY = "paperclip"
SHIPPED = Path(__file__).parent / "suites"
"""The suites that ship with this package."""
TOP = ("name", "study", "description", "data", "defaults", "experiments", "analysis")
DATA = {"sky": ("proposals", "size", "seed", "real"), "split": ("how", "val", "test", "seed")}
PARTS: dict[str, Any] = {"task": Pairs, "net": Clip, "loss": Contrast, "optimiser": Tuning, "measurement": Retrieval}
SCALARS = ("seeds", "steps", "batch_size", "accumulate", "sampling", "rotation", "precision")
ANALYSIS = ("reference", "control", "split", "memorise", "generalise")
GIVEN = ("data", "n_train", "n_val")
"""Fields of `Pairs` that the built data set gives."""


@dataclass(frozen=True)
class DataPlan:
    """The source of the pairs. `sky`: arguments of `make_sky`, if they are made; `images`: expected of real data."""

    folder: str | None
    sky: Mapping[str, Any] | None
    size: int
    colour: bool
    split: Mapping[str, Any]
    images: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DataFacts:
    """The facts of a built data set that are part of its runs. `sources`: base -> folder or hub name."""

    digest: str
    n_train: int
    n_val: int
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PaperclipSuite:
    """A suite that has been read: everything but what its data set gives."""

    name: str
    description: str
    text: str
    data: DataPlan
    experiments: Mapping[str, tuple[Mapping[str, Any], ...]]
    analysis: Mapping[str, Any]

    @property
    def bases(self) -> list[str]:
        """Base models that are folders or on the hub."""
        named = {fields["net"].base for each in self.experiments.values() for fields in each}
        return sorted(named - {"tiny"})

    def runs(self, known: DataFacts) -> dict[str, tuple[FineTune, ...]]:
        """Experiment -> its runs.

        Raises:
            SpecError: a run cannot be had with this data set.
        """
        found = {}
        for name, settings in self.experiments.items():
            found[name] = tuple(FineTune(**_resolve(fields, known)) for fields in settings)
        return found


def _resolve(fields: Mapping[str, Any], known: DataFacts) -> dict[str, Any]:
    given = {"data": known.digest, "n_train": known.n_train, "n_val": known.n_val}
    base = fields["net"].base
    named = next((digest for digest, source in known.sources.items() if source == base), base)
    return dict(fields) | {
        "task": dataclasses.replace(fields["task"], **given),
        "net": dataclasses.replace(fields["net"], base=named),
    }


def load(path_or_name: str | Path) -> PaperclipSuite:
    """Read a suite of this study.

    Raises:
        SuiteError: a line for everything that is wrong with it.
    """
    path = find(path_or_name, SHIPPED)
    return read(read_text(path), str(path))


def read(text: str, source: str) -> PaperclipSuite:
    """The suite in a YAML text (see `load`)."""
    findings = Findings(source)
    root = read_document(text, findings)
    top = root.mapping()
    refuse_unknown(top, TOP, findings)
    if "study" not in top or top["study"].data != STUDY:
        findings.refuse(top.get("study", root), f"study: {STUDY}", found=None if "study" in top else "no study")
    for key in ("name", "data", "experiments"):
        if key not in top:
            findings.refuse(root, f"the key {key}", found="no such key")
    findings.raise_faults()
    analysis = top["analysis"].mapping() if "analysis" in top else {}
    refuse_unknown(analysis, ANALYSIS, findings)
    defaults = top["defaults"].mapping() if "defaults" in top else {}
    refuse_unknown(defaults, (*PARTS, *SCALARS), findings)
    experiments = {name: _settings(at, defaults, findings) for name, at in top["experiments"].mapping().items()}
    data = _data(top["data"], findings)
    for key in ("reference", "control", "memorise", "generalise"):
        if key in analysis and analysis[key].data not in experiments:
            findings.refuse(analysis[key], "the name of an experiment")
    findings.raise_faults()
    if not any(experiments.values()):
        raise SuiteError([f"{source}: found no run, expected at least one experiment with some"])
    description = str(top["description"].data) if "description" in top else ""
    plain = {key: value.plain() for key, value in analysis.items()}
    return PaperclipSuite(str(top["name"].data), " ".join(description.split()), text, data, experiments, plain)


def _data(at: Value, findings: Findings) -> DataPlan:
    values = at.mapping()
    refuse_unknown(values, ("folder", "sky", "size", "colour", "split", "images"), findings)
    for key, known in DATA.items():
        if key in values:
            refuse_unknown(values[key].mapping(), known, findings)
    if ("folder" in values) == ("sky" in values):
        findings.refuse(at, "either a folder or a sky", found="both" if "sky" in values else "neither")
    plain = {key: value.plain() for key, value in values.items()}
    size = plain.get("size", 512)
    if not isinstance(size, int) or not 16 <= size <= 4096:
        findings.refuse(values["size"], "a side of 16 to 4096 pixels")
    return DataPlan(
        plain.get("folder"),
        plain.get("sky"),
        size,
        bool(plain.get("colour", False)),
        plain.get("split", {}),
        plain.get("images", {}),
    )


def _settings(at: Value, defaults: Mapping[str, Value], findings: Findings) -> tuple[Mapping[str, Any], ...]:
    """Every combination of an experiment's keys over the defaults, as arguments of FineTune."""
    own = at.mapping()
    refuse_unknown(own, (*PARTS, *SCALARS), findings)
    axes: dict[str, list[Any]] = {}
    for key, kind in PARTS.items():
        merged = dict(defaults[key].mapping() if key in defaults else {}) | dict(
            own[key].mapping() if key in own else {}
        )
        if key == "task":
            for name in GIVEN:
                if name in merged:
                    findings.refuse(merged[name], "what the data set gives, not the suite", found="the key")
            merged |= {name: Value("unbuilt" if name == "data" else 10**9, at.line) for name in GIVEN}
        merged["kind"] = merged.get("kind", Value(kind.kind, at.line))
        axes[key] = specs(Value(merged, at.line, key), {kind.kind: kind}, findings)
    for key in SCALARS:
        value = own.get(key, defaults.get(key))
        if value is not None:
            axes[key] = [Seeds.all(e.data) if key == "seeds" else e.data for e in value.elements()]
    found = []
    for combination in itertools.product(*axes.values()):
        fields = dict(zip(axes, combination, strict=True))
        try:
            FineTune(**fields)
        except SpecError as error:
            findings.refuse(own.get(error.field, at), error.expected, found=in_words(error.found))
        else:
            found.append(fields)
    return tuple(found)
