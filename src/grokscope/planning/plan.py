"""What running a suite would do: how many runs are to be done, and what they may cost at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from grokscope.cores import available_cores
from grokscope.planning.reasons import Reason, explain_runs
from grokscope.run import Run, Shape
from grokscope.suite import Suite
from grokscope.training.cost import flops_per_epoch
from grokscope.training.strategy import is_tiny

NOMINAL_FLOPS = 5e10
"""Floating-point operations a second and core that are assumed while the ledger has no run to measure by."""
STEP_SECONDS, TINY_STEP_SECONDS = 5e-5, 1e-5
"""What a step takes then besides, between its operations; the second where lanes are taken together
(`benchmarks/lanes.py`)."""
START_SECONDS, COMPILE_SECONDS = 0.008, 4.0
"""What a run takes to begin, and a program to compile."""


class Share(NamedTuple):
    """The runs of one measurement; work and time are of those to be trained, if each goes on to its last epoch.

    Attributes:
        flops: floating-point operations of matrix products.
        core_seconds: at the rate of `Plan.flops_per_second`, with beginning, compiling and, at a nominal rate, steps.
    """

    runs: int
    done: int
    derivable: int
    running: int
    failed: int
    new: int
    flops: float
    core_seconds: float


@dataclass(frozen=True)
class Plan:
    """The plan of a suite.

    Attributes:
        shapes: programs to compile.
        flops_per_second: of one core; measured on the suite's finished runs, or nominal.
        rate_source: which of the two.
        skipped: impossible combinations that were left out, as (reason, runs).
        reasons: why each run is or is not to be trained, in the suite's order.
    """

    suite: str
    total: int
    measurements: dict[str, Share]
    shapes: int
    workers: int
    flops_per_second: float
    rate_source: str
    warnings: tuple[str, ...]
    skipped: tuple[tuple[str, int], ...]
    reasons: tuple[Reason, ...]

    @property
    def hours_at_most(self) -> float:
        """Wall hours on this machine's cores if every run goes on to its last epoch."""
        return sum(share.core_seconds for share in self.measurements.values()) / self.workers / 3600

    def to_dict(self, *, reasons: bool = False) -> dict[str, Any]:
        """Plain values, for JSON; with `reasons`, one by one too."""
        one_by_one = {"runs": [reason._asdict() for reason in self.reasons]} if reasons else {}
        return one_by_one | {
            "suite": self.suite,
            "total": self.total,
            "measurements": {kind: share._asdict() for kind, share in self.measurements.items()},
            "shapes": self.shapes,
            "workers": self.workers,
            "hours_at_most": self.hours_at_most,
            "flops_per_second": self.flops_per_second,
            "rate_source": self.rate_source,
            "warnings": list(self.warnings),
            "skipped": [{"reason": reason, "runs": runs} for reason, runs in self.skipped],
        }


def plan_suite(suite: Suite, store: str | Path) -> Plan:
    """The plan of a suite against a ledger, which need not be there."""
    reasons, rate = explain_runs(suite, store)
    by_kind: dict[str, list[tuple[Run, Reason]]] = {kind: [] for kind in suite.counts()}
    for run, reason in zip(suite.runs, reasons, strict=True):
        by_kind[run.measurement.kind].append((run, reason))
    shapes: set[Shape] = set()
    shares = {}
    for kind, pairs in by_kind.items():
        verdicts = Counter(reason.verdict for _, reason in pairs)
        todo = [run for run, reason in pairs if reason.trained]
        mine = {run.shape for run in todo} - shapes
        shapes |= mine
        flops = sum(flops_per_epoch(run) * run.max_epochs for run in todo)
        shares[kind] = Share(
            runs=len(pairs),
            done=verdicts["done"],
            derivable=verdicts["derivable"],
            running=verdicts["running"],
            failed=verdicts["failed"],
            new=verdicts["new"],
            flops=flops,
            core_seconds=flops / (rate or NOMINAL_FLOPS)
            + overhead_seconds(todo, stepping=not rate)
            + COMPILE_SECONDS * len(mine),
        )
    return Plan(
        suite=suite.name,
        total=len(suite.runs),
        measurements=shares,
        shapes=len(shapes),
        workers=len(available_cores()),
        flops_per_second=rate or NOMINAL_FLOPS,
        rate_source="measured on finished runs" if rate else "nominal",
        warnings=suite.warnings,
        skipped=tuple((skipped.reason, skipped.n_runs) for skipped in suite.skipped),
        reasons=tuple(reasons),
    )


def overhead_seconds(runs: Sequence[Run], *, stepping: bool) -> float:
    """Core seconds that no floating-point operation is counted in: beginning, and with `stepping` what is between the
    operations of a step, which a measured rate has in it."""
    each = {shape: TINY_STEP_SECONDS if is_tiny(shape) else STEP_SECONDS for shape in {run.shape for run in runs}}
    steps = (each[run.shape] * run.steps_per_epoch * run.max_epochs for run in runs if stepping)
    return sum(steps) + START_SECONDS * len(runs)
