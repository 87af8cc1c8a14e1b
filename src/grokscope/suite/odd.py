"""What a suite may ask for and is hardly meant."""

from __future__ import annotations

from collections.abc import Iterable

from grokscope.run import Run
from grokscope.spec import Spec
from grokscope.suite.errors import Findings
from grokscope.suite.value import Value


def warn_of_curves_apart(runs: Iterable[Run], at: Value, findings: Findings) -> None:
    """Say so where memorising and generalising are both timed, and never under the same settings."""
    timed: dict[str, set[tuple[object, ...]]] = {"speed": set(), "groks": set()}
    for run in runs:
        if run.measurement.kind in timed:
            parts = (part.canonical if isinstance(part, Spec) else part for part in (run.net, run.optimiser))
            timed[run.measurement.kind].add((run.task.group, *parts))
    if all(timed.values()) and timed["speed"].isdisjoint(timed["groks"]):
        findings.warn(
            at,
            "no speed run shares prime, net and optimiser with a groks run, so T_mem and T_gen cannot cross (where a "
            "suite says no weight_decay, it is 0.01 for speed and 1 for groks)",
        )
