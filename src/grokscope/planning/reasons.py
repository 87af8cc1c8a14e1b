"""Which runs of a suite are to be trained and why, by what a ledger has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from grokscope.ledger import Ledger, NoLedgerError, open_ledger
from grokscope.planning.derivable import Near, nearest
from grokscope.run import Run
from grokscope.suite import Suite
from grokscope.training.cost import flops_per_epoch

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
