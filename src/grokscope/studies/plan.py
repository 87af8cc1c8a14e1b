"""What running a suite would do: how many runs, how many are done, and what the rest may cost at most."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from grokscope.ledger import NoLedgerError, open_ledger
from grokscope.run import Run, Shape
from grokscope.suite import Suite
from grokscope.training.cost import flops_per_epoch
from grokscope.workers.process import cores

NOMINAL_FLOPS = 5e10
"""Floating-point operations a second and core that are assumed while the ledger has no run to measure by."""


class Share(NamedTuple):
    """The runs of one measurement; work and time are of those that are not done, if each goes on to its last epoch.

    Attributes:
        flops: floating-point operations of matrix products.
        core_seconds: at the rate of `Plan.flops_per_second`.
    """

    runs: int
    done: int
    failed: int
    flops: float
    core_seconds: float


@dataclass(frozen=True)
class Plan:
    """What running a suite would do.

    Attributes:
        shapes: programs to compile.
        flops_per_second: of one core; measured on the suite's finished runs, or nominal.
        rate_source: which of the two.
        skipped: impossible combinations that were left out, as (reason, runs).
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

    @property
    def hours_at_most(self) -> float:
        """Wall hours on this machine's cores if every run goes on to its last epoch."""
        return sum(share.core_seconds for share in self.measurements.values()) / self.workers / 3600

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
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


def planned(suite: Suite, store: str | Path) -> Plan:
    """The plan of a suite against a ledger, which need not be there."""
    states, rate = known(suite, store)
    by_kind: dict[str, list[Run]] = {kind: [] for kind in suite.counts()}
    for run in suite.runs:
        by_kind[run.measurement.kind].append(run)
    shapes: set[Shape] = set()
    shares = {}
    for kind, runs in by_kind.items():
        status = Counter(states.get(run.identity, "pending") for run in runs)
        todo = [run for run in runs if states.get(run.identity) != "done"]
        shapes.update(run.shape for run in todo)
        flops = sum(flops_per_epoch(run) * run.max_epochs for run in todo)
        shares[kind] = Share(len(runs), status["done"], status["failed"], flops, flops / (rate or NOMINAL_FLOPS))
    return Plan(
        suite=suite.name,
        total=len(suite.runs),
        measurements=shares,
        shapes=len(shapes),
        workers=len(cores()),
        flops_per_second=rate or NOMINAL_FLOPS,
        rate_source="measured on finished runs" if rate else "nominal",
        warnings=suite.warnings,
        skipped=tuple((skipped.reason, skipped.n_runs) for skipped in suite.skipped),
    )


def known(suite: Suite, store: str | Path) -> tuple[dict[str, str], float | None]:
    """States of the suite's runs by identity, and the rate (flop/s) at which finished ones were done, if any were."""
    try:
        ledger = open_ledger(store, create=False)
    except NoLedgerError:
        return {}, None
    by_identity = {run.identity: run for run in suite.runs}
    with ledger:
        states = ledger.states(by_identity)
        if not any(state == "done" for state in states.values()):
            return states, None
        done = ledger.runs(status="done", where={"id": [i for i, state in states.items() if state == "done"]})
    flops = sum(flops_per_epoch(by_identity[row.id]) * row.epochs for row in done.itertuples())
    seconds = float(done["seconds"].sum())
    return states, flops / seconds if seconds > 0 else None
