"""What running a suite would do: which runs are to be done and why, and what they may cost at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from grokscope.ledger import Ledger, NoLedgerError, open_ledger
from grokscope.run import Run, Shape
from grokscope.studies.grow import Near, nearest
from grokscope.suite import Suite
from grokscope.training.cost import flops_per_epoch
from grokscope.training.strategy import is_tiny
from grokscope.workers.process import cores

NOMINAL_FLOPS = 5e10
"""Floating-point operations a second and core that are assumed while the ledger has no run to measure by."""
STEP_SECONDS, TINY_STEP_SECONDS = 5e-5, 1e-5
"""What a step takes then besides, between its operations; the second where lanes are taken together
(`benchmarks/lanes.py`)."""
START_SECONDS, COMPILE_SECONDS = 0.008, 4.0
"""What a run takes to begin, and a program to compile."""
Verdict = Literal["done", "derivable", "running", "failed", "new"]


class Reason(NamedTuple):
    """Why a run is or is not to be trained.

    `derivable` runs are read from a trace that the ledger has; `running` ones were begun and have not ended.
    """

    id: str
    label: str
    verdict: Verdict
    why: str

    @property
    def trained(self) -> bool:
        """Whether running the suite would train it."""
        return self.verdict not in ("done", "derivable")


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
    """What running a suite would do.

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


def planned(suite: Suite, store: str | Path) -> Plan:
    """The plan of a suite against a ledger, which need not be there."""
    reasons, rate = known(suite, store)
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
            + besides(todo, stepping=not rate)
            + COMPILE_SECONDS * len(mine),
        )
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
        reasons=tuple(reasons),
    )


def besides(runs: Sequence[Run], *, stepping: bool) -> float:
    """Core seconds that no floating-point operation is counted in: beginning, and with `stepping` what is between the
    operations of a step, which a measured rate has in it."""
    each = {shape: TINY_STEP_SECONDS if is_tiny(shape) else STEP_SECONDS for shape in {run.shape for run in runs}}
    steps = (each[run.shape] * run.steps_per_epoch * run.max_epochs for run in runs if stepping)
    return sum(steps) + START_SECONDS * len(runs)


def known(suite: Suite, store: str | Path) -> tuple[list[Reason], float | None]:
    """Why each run is or is not to be trained, and the rate (flop/s) at which finished ones were, if any were."""
    try:
        ledger = open_ledger(store, create=False)
    except NoLedgerError:
        return [Reason(run.identity, label(run), "new", "there is no ledger yet") for run in suite.runs], None
    by_identity = {run.identity: run for run in suite.runs}
    with ledger:
        states = ledger.states(by_identity)
        open_runs = [run for identity, run in by_identity.items() if states.get(identity) != "done"]
        traced = {run.identity: by_trace(near) for run, near in nearest(ledger, open_runs)}
        failures = failures_of(ledger, states)
        rate = rate_of(ledger, by_identity, states)
    found = {
        identity: verdict(states.get(identity), traced.get(identity), failures.get(identity))
        for identity in by_identity
    }
    return [Reason(identity, label(run), *found[identity]) for identity, run in by_identity.items()], rate


def verdict(state: str | None, traced: tuple[Verdict, str] | None, failure: str | None) -> tuple[Verdict, str]:
    """Whether a run is to be trained, and why: from its state, what traces say of it, and how it failed."""
    if state == "done":
        return "done", "its result is in the ledger"
    if traced is not None and traced[0] == "derivable":
        return traced
    if state == "failed":
        return "failed", failure or "failed"
    if state == "running":
        return "running", "begun and not ended: another process is at it, or was killed"
    return traced or ("new", "nothing like it has been trained" if state is None else "asked for and not begun")


def by_trace(near: Near) -> tuple[Verdict, str]:
    """What the nearest run of the same training says of a run."""
    source = near.source
    if near.enough:
        return "derivable", f"run {source.identity} has passed through all of its epochs, {near.end}"
    lacks = "has not kept the parameters that this run is to keep"
    if near.end is None:
        lacks = f"ended sooner, after {source.trace.epochs} epochs"
    return "new", f"run {source.identity} is the same training, but {lacks}"


def failures_of(ledger: Ledger, states: Mapping[str, str]) -> dict[str, str]:
    """How often and how each failed run failed, in a line."""
    if "failed" not in states.values():
        return {}
    failed = ledger.runs(status="failed")
    return {
        row.id: f"failed {row.attempts} times, the last time: {str(row.error).strip().rpartition(chr(10))[2]}"
        for row in failed.itertuples()
    }


def rate_of(ledger: Ledger, by_identity: Mapping[str, Run], states: Mapping[str, str]) -> float | None:
    """Floating-point operations a second at which these runs were trained; derived ones took no time."""
    if "done" not in states.values():
        return None
    done = ledger.runs(status="done")
    done = done[done["id"].isin(by_identity.keys()) & done["derived_from"].isna()]
    flops = sum(flops_per_epoch(by_identity[row.id]) * row.epochs for row in done.itertuples())
    seconds = float(done["seconds"].sum())
    return flops / seconds if seconds > 0 else None


def label(run: Run) -> str:
    """A run as an explanation calls it, which the rest of its cell must not be taken for."""
    return f"{run.label} {run.seeds.label}"
