"""From an experiment to its runs: grid combination, prime, seed, width, size of data; the last runs fastest.

Two passes. The first makes every part once and collects all that is wrong; the second only puts parts together, so
that a suite costs little more than its runs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from grokscope.registry import kinds
from grokscope.run import Measurement, Net, Optimiser, Run, Seeds, Signal, Task
from grokscope.spec import SpecError
from grokscope.suite import axes, parts, widths
from grokscope.suite.errors import Findings
from grokscope.suite.keys import FALLBACKS, STRUCTURAL
from grokscope.suite.plain import several
from grokscope.suite.value import Value, in_words

MOST_RUNS = 5_000_000


class GridCell(NamedTuple):
    """One setting at one prime: its nets by width and its tasks by size, which every seed shares."""

    nets: list[Net]
    tasks: list[Task]
    optimiser: Optimiser
    measurement: Measurement
    fields: dict[str, Any]


@dataclass
class Experiment:
    """One entry of `experiments`, its defaults under it.

    Attributes:
        impossible: how many runs each impossible combination takes away, by its place, what was found and expected.
    """

    name: str
    kind: str
    at: Value
    values: Mapping[str, Value]
    findings: Findings
    cells: list[GridCell] = field(default_factory=list)
    seeds: list[Seeds] = field(default_factory=list)
    signals: tuple[Signal, ...] = ()
    impossible: dict[tuple[int, str, str], tuple[Value, int]] = field(default_factory=dict)

    def prepare(self, room: int = MOST_RUNS) -> int:
        """Makes every part; what cannot be made is a fault in `findings`, or an impossible combination.

        Returns how many runs there are at most, which is a fault if there is no room for them.
        """
        grid = {key: self._axis(value) for key, value in self.values.items() if key not in STRUCTURAL}
        primes = axes.primes(
            axes.required_list(self.values.get("primes"), "primes", self.at, self.findings), self.findings
        )
        self.seeds = axes.seeds(
            axes.required_list(self.values.get("seeds"), "seeds", self.at, self.findings), self.findings
        )
        sizes = axes.sizes(self.kind, self.values.get("n_samples"), self.at, self.findings)
        named = widths.given_widths(self.values, self.findings)
        targets = widths.targets(self.values, self.at, self.findings)
        if "signals" in self.values:
            self.signals = several(self.values["signals"], kinds("signals"), self.findings)
        lengths = [*map(len, grid.values()), len(primes), len(self.seeds), len(sizes)]
        # an axis that is all faults counts as one, so that a huge grid is never walked for the sake of its faults
        n_runs = math.prod(max(1, length) for length in [*lengths, len(named) + len(targets)])
        if n_runs > room:
            self.findings.refuse(self.at, f"at most {MOST_RUNS} in a suite", found=f"{n_runs} runs")
            return 0
        for setting in itertools.product(*grid.values()):
            self._prepare_setting(dict(zip(grid, setting, strict=True)), primes, named, targets, sizes)
        if targets and not named and self.cells and not any(cell.nets for cell in self.cells):
            at = self.values["param_count_targets"]
            self.findings.refuse(at, f"numbers that some width comes within {widths.TOLERANCE:.0%} of")
        return n_runs

    def runs(self) -> Iterator[Run]:
        """Every run, in order."""
        for nets, tasks, optimiser, measurement, fields in self.cells:
            for seeds in self.seeds:
                for net in nets:
                    for task in tasks:
                        yield Run(task, net, optimiser, measurement, seeds, **fields)

    def _axis(self, value: Value) -> list[Value]:
        """The values of a grid key; a lone value is an axis of one."""
        entries = value.elements()
        if not entries:
            self.findings.refuse(value, "at least one value")
        for entry in entries:
            if not entry.is_scalar:
                self.findings.refuse(entry, "a single value")
        return [entry for entry in entries if entry.is_scalar]

    def _prepare_setting(
        self,
        at: Mapping[str, Value],
        primes: list[int],
        named: Mapping[int, Value],
        targets: list[float],
        sizes: list[tuple[int | None, Value]],
    ) -> None:
        setting = FALLBACKS[self.kind] | {key: value.data for key, value in at.items()}
        optimiser = self._made(partial(parts.optimiser, setting), at)
        measurement = self._made(partial(parts.measurement, self.kind, setting), at)
        fields = self._made(partial(parts.run_fields, setting, self.signals), {**self.values, **at})
        self._warn_of_surprises(setting, at)
        for p in primes:
            tasks, lost_sizes = self._possible(
                [(n, place, partial(parts.task, self.kind, setting, p, n)) for n, place in sizes], at
            )
            wanted = dict(named) | self._matched(setting, p, targets)
            nets, lost_widths = self._possible(
                [(dim, place, partial(parts.net, setting, dim)) for dim, place in wanted.items()], at
            )
            for lost in lost_widths:
                self._count(*lost, len(self.seeds) * len(sizes))
            for lost in lost_sizes:
                self._count(*lost, len(self.seeds) * len(nets))
            if optimiser is not None and measurement is not None and fields is not None:
                self.cells.append(GridCell(nets, tasks, optimiser, measurement, fields))

    def _matched(self, setting: parts.Setting, p: int, targets: list[float]) -> dict[int, Value]:
        """Widths for the parameter targets; none where depth or heads are themselves faulty."""
        depth, heads = (setting.get(key, default) for key, default in (("depth", 2), ("heads", 1)))
        if not all(isinstance(number, int | float) and number >= 1 for number in (depth, heads)):
            return {}
        found = (widths.nearest(target, p, int(depth), int(heads)) for target in targets)
        return {dim: self.values["param_count_targets"] for dim in found if dim is not None}

    def _made(self, make: Callable[[], Any], at: Mapping[str, Value], instead: Value | None = None) -> Any:
        """What `make` makes, or None and a fault at the key that its SpecError is about."""
        try:
            return make()
        except SpecError as error:
            key = parts.YAML_KEY.get(error.field, error.field)
            place = at.get(key) or instead or self.at
            self.findings.refuse(place, f"{error.expected}", found=in_words(error.found))
        return None

    def _possible(
        self, wanted: list[tuple[int | None, Value, Callable[[], Any]]], at: Mapping[str, Value]
    ) -> tuple[list[Any], list[tuple[Value, str, str]]]:
        """Those that can be made, and the place and reason of those that only this combination makes impossible."""
        made, lost = [], []
        for number, place, make in wanted:
            try:
                made.append(make())
            except SpecError as error:
                # a width or a size that is itself in order fails for what it is combined with
                if error.field in ("dim", "n") and error.found == number:
                    lost.append((place, f"{error.field} = {number}", error.expected))
                else:
                    self._made(make, at, instead=place)
        return made, lost

    def _count(self, place: Value, found: str, expected: str, n_runs: int) -> None:
        if n_runs:
            _, before = self.impossible.get((place.line, found, expected), (place, 0))
            self.impossible[place.line, found, expected] = place, before + n_runs

    def _warn_of_surprises(self, setting: parts.Setting, at: Mapping[str, Value]) -> None:
        """What a published capacity experiment takes from `defaults` without saying so."""
        if self.kind != "capacity":
            return
        if parts.is_modular_capacity(setting):
            self.findings.warn(
                at.get("operation") or self.at,
                f"capacity experiment {self.name} trains on modular data, as its operation says; published capacity "
                "is meant on random data (operation: random)",
            )
        inherited = at["dropout"].path.startswith("defaults") if "dropout" in at else False
        if inherited and setting["dropout"]:
            self.findings.warn(
                at["dropout"],
                f"capacity experiment {self.name} trains under this dropout; published capacity is meant at 0",
            )
