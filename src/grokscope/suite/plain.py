"""Experiments in the plain grammar: the specs of a run by their own names, every list an axis of a grid.

```yaml
experiments:
  grokking:
    task: {kind: modular, p: 113, op: "+"}
    net: {kind: transformer, dim: [64, 128]}    # a list spans a grid, wherever it stands
    optimiser: {kind: adamw, lr: 1.0e-3}
    measurement: watch                          # a name alone is a spec of that kind with its defaults
    seeds: [0, 1]
    max_epochs: 500
```

It says everything that the published grammar can say, and what that cannot: any task, net, optimiser and transform.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from grokscope.run import Run, Seeds
from grokscope.spec import Spec, SpecError
from grokscope.suite import axes
from grokscope.suite.errors import Findings
from grokscope.suite.keys import refuse_unknown
from grokscope.suite.specs import is_optional, kinds_of
from grokscope.suite.value import Value, in_words

PARTS = ("task", "net", "optimiser", "measurement", "transform", "filter", "loss")
LISTS = ("signals",)
"""Fields whose list is one value, not the axis of a grid."""
SCALARS = tuple(f.name for f in dataclasses.fields(Run) if f.name not in (*PARTS, *LISTS, "seeds"))
KNOWN = (*PARTS, *LISTS, "seeds", *SCALARS)
MOST_SPECS = 100_000
"""That a mapping may stand for."""
REQUIRED = ("task", "net", "optimiser", "measurement", "seeds")


def is_plain(values: Mapping[str, Value]) -> bool:
    """Whether an experiment names its task, as only the plain grammar does."""
    return "task" in values


def laid_over(own: Mapping[str, Value], defaults: Mapping[str, Value]) -> dict[str, Value]:
    """An experiment's keys over the defaults; a spec of the same kind only changes what it names."""
    values = {key: value for key, value in defaults.items() if key in KNOWN} | dict(own)
    for key in PARTS:
        if key in own and key in defaults and _same_kind(own[key], defaults[key]):
            merged = dict(defaults[key].mapping()) | dict(own[key].mapping())
            values[key] = Value(merged, own[key].line, own[key].path)
    return values


def _same_kind(own: Value, default: Value) -> bool:
    kinds = [value.mapping().get("kind") for value in (own, default)]
    named = [kind.data for kind in kinds if kind is not None]
    return bool(own.mapping() and default.mapping()) and (kinds[0] is None or named[0] == named[-1])


@dataclass
class PlainExperiment:
    """One entry of `experiments` in the plain grammar (see `expansion.Experiment`, whose ways it has)."""

    name: str
    at: Value
    values: Mapping[str, Value]
    findings: Findings
    settings: list[dict[str, Any]] = field(default_factory=list)
    seeds: list[Seeds] = field(default_factory=list)
    impossible: dict[tuple[int, str, str], tuple[Value, int]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What it measures, first."""
        return str(self.settings[0]["measurement"].kind) if self.settings else ""

    def prepare(self, room: int) -> int:
        """Makes every setting; what cannot be made is a fault in `findings`. Returns how many runs there are."""
        refuse_unknown(self.values, KNOWN, self.findings)
        for key in REQUIRED:
            if key not in self.values:
                self.findings.refuse(self.at, f"{key}: one of the keys that the plain grammar needs", found=f"no {key}")
        self.seeds = axes.seeds(
            axes.required_list(self.values.get("seeds"), "seeds", self.at, self.findings), self.findings
        )
        grid = {key: self._axis(key, value) for key, value in self.values.items() if key in (*PARTS, *LISTS, *SCALARS)}
        n_runs = math.prod(map(len, grid.values())) * len(self.seeds)
        if n_runs > room:
            self.findings.refuse(self.at, f"at most {room} more in this suite", found=f"{n_runs} runs")
            return 0
        for setting in itertools.product(*grid.values()):
            fields = dict(zip(grid, setting, strict=True))
            if all(key in fields for key in REQUIRED if key != "seeds") and self._fits(fields):
                self.settings.append(fields)
        return n_runs

    def runs(self) -> Iterator[Run]:
        """Every run: setting by setting, seeds fastest."""
        for fields in self.settings:
            for seeds in self.seeds:
                yield Run(**fields, seeds=seeds)

    def _axis(self, key: str, value: Value) -> list[Any]:
        if key in PARTS:
            found = specs(value, kinds_of(Run, key) or {}, self.findings, optional=is_optional(Run, key))
            return list(dict.fromkeys(found))
        if key in LISTS:
            return [several(value, kinds_of(Run, key) or {}, self.findings)]
        return [entry.data for entry in _elements(value, self.findings)]

    def _fits(self, fields: Mapping[str, Any]) -> bool:
        """Whether these make a run; if not, a fault at the key that is in the way."""
        try:
            run = Run(**fields)
            run.n_params  # noqa: B018  a net that does not fit its task says so here
        except SpecError as error:
            self.findings.refuse(self.values.get(error.field, self.at), error.expected, found=in_words(error.found))
            return False
        if run.measurement.validates and run.task.n_val < 1:
            self._refuse_nothing_to_validate(run)
            return False
        return True

    def _refuse_nothing_to_validate(self, run: Run) -> None:
        """A fault at the task, or at its fraction where it has one: as the published grammar refuses it."""
        task = self.values["task"]
        needs = f"validation needs examples, and {run.measurement.kind} is about them"
        if "fraction" in (named := task.mapping()):
            found = in_words(run.task.to_dict()["fraction"])
            self.findings.refuse(named["fraction"], f"less than 1: {needs}", found=found)
        else:
            found = f"{run.task.label}, which keeps none of its examples back"
            self.findings.refuse(
                task, f"a task with others than the {run.task.n_train} trained on: {needs}", found=found
            )


def specs(value: Value, kinds: Mapping[str, type[Spec]], findings: Findings, *, optional: bool = False) -> list[Any]:
    """Every spec that a value stands for: a kind alone, a mapping whose lists span a grid, or a list of either.

    Where there may be none, null stands for none.
    """
    if isinstance(value.data, list):
        each = (specs(entry, kinds, findings, optional=optional) for entry in _elements(value, findings))
        return list(itertools.chain.from_iterable(each))
    if optional and value.data is None:
        return [None]
    entries = dict(value.mapping()) if value.mapping() else {"kind": value}
    kind = entries.pop("kind", None)
    if kind is None or not isinstance(kind.data, str) or kind.data not in kinds:
        found = "no kind" if kind is None else kind.found
        findings.refuse(kind or value, "a kind: one of " + ", ".join(kinds), found=found)
        return []
    cls = kinds[kind.data]
    refuse_unknown(entries, [f.name for f in dataclasses.fields(cls)], findings)
    known = {name: entry for name, entry in entries.items() if name in {f.name for f in dataclasses.fields(cls)}}
    grid = {
        name: [element.data for element in _elements(entry, findings)]
        if (known_kinds := kinds_of(cls, name)) is None
        else specs(entry, known_kinds, findings, optional=is_optional(cls, name))
        for name, entry in known.items()
    }
    if (n_specs := math.prod(map(len, grid.values()))) > MOST_SPECS:
        findings.refuse(value, f"at most {MOST_SPECS}", found=f"{n_specs} specs")
        return []
    made = []
    for setting in itertools.product(*grid.values()):
        try:
            made.append(cls(**dict(zip(grid, setting, strict=True))))
        except SpecError as error:
            findings.refuse(known.get(error.field, value), error.expected, found=in_words(error.found))
    return made


def several(value: Value, kinds: Mapping[str, type[Spec]], findings: Findings) -> tuple[Any, ...]:
    """The specs of a list that is one value: names alone or mappings. A list inside one stands for one spec each; null
    and an empty list are none."""
    if value.data is None or value.data == []:
        return ()
    return tuple(itertools.chain.from_iterable(specs(entry, kinds, findings) for entry in value.elements()))


def _elements(value: Value, findings: Findings) -> list[Value]:
    """The elements of a list, of which there must be one; a lone value is a list of one."""
    if not (entries := value.elements()):
        findings.refuse(value, "at least one value")
    return entries
