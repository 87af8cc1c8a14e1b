"""Which runs of a suite are to be trained and why, and which the ledger's traces already contain.

What is done is not done again because it is the same run. What is new may still have been trained: under a lower
threshold, with less patience, for fewer epochs, as another measurement. Then it is read from that run's trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from grokscope.ledger import Ledger, NoLedgerError, open_ledger
from grokscope.ledger.database import batches
from grokscope.run import Run
from grokscope.suite import Suite
from grokscope.training.cost import flops_per_epoch
from grokscope.training.derive import Source, derive_finished, end_epoch_within, has_signals
from grokscope.training.outcomes import Finished

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


def explain_runs(suite: Suite, store: str | Path) -> tuple[list[Reason], float | None]:
    """Why each run is or is not to be trained, and the rate (flop/s) at which finished ones were, if any were."""
    try:
        ledger = open_ledger(store, create=False)
    except NoLedgerError:
        return [Reason(run.identity, run_label(run), "new", "there is no ledger yet") for run in suite.runs], None
    by_identity = {run.identity: run for run in suite.runs}
    with ledger:
        states = ledger.states(by_identity)
        open_runs = [run for identity, run in by_identity.items() if states.get(identity) != "done"]
        traced = {run.identity: judge_by_trace(near) for run, near in find_nearest(ledger, open_runs)}
        failures = failures_of(ledger, states)
        rate = rate_of(ledger, by_identity, states)
    found = {
        identity: judge_run(states.get(identity), traced.get(identity), failures.get(identity))
        for identity in by_identity
    }
    return [Reason(identity, run_label(run), *found[identity]) for identity, run in by_identity.items()], rate


def judge_run(state: str | None, traced: tuple[Verdict, str] | None, failure: str | None) -> tuple[Verdict, str]:
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


def judge_by_trace(near: NearestRun) -> tuple[Verdict, str]:
    """Judge a run by the nearest run of the same training."""
    source = near.source
    if near.enough:
        return "derivable", f"run {source.identity} has passed through all of its epochs, {near.end}"
    lacks = "has not kept the parameters that this run is to keep"
    if not near.has_signals:
        lacks = "has not recorded the signals that this run asks for"
    if near.end is None:
        lacks = f"ended sooner, after {source.trace.epochs} epochs"
    return "new", f"run {source.identity} is the same training, but {lacks}"


def failures_of(ledger: Ledger, states: Mapping[str, str]) -> dict[str, str]:
    """Say how often and how each failed run failed, in a line."""
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


def run_label(run: Run) -> str:
    """A run as an explanation calls it, which the rest of its cell must not be taken for."""
    return f"{run.label} {run.seeds.label}"


DERIVED_BATCH = 200
"""Derived runs a transaction."""


class NearestRun(NamedTuple):
    """The run of the same training that comes nearest to containing another one.

    Attributes:
        end: the epoch of it with which the other run ends, or None if it goes on beyond.
        enough: whether the other run can be read from it, with its parameters if it is to keep them.
        has_signals: whether it has the signals that the other run asks for.
    """

    source: Source
    end: int | None
    enough: bool
    has_signals: bool = True


def find_nearest(ledger: Ledger, runs: Sequence[Run]) -> Iterator[tuple[Run, NearestRun]]:
    """Every run whose training is in the ledger, with the run that contains it or comes nearest to it."""
    trainings = [(run.training, run) for run in runs]
    known = ledger.runs_by_training({training for training, _ in trainings})
    read = lru_cache(maxsize=2)(ledger.source)
    # Runs of one training one after the other, so that no trace is read more often than once.
    for training, run in sorted((pair for pair in trainings if pair[0] in known), key=lambda pair: pair[0]):
        with_signals = [other for other in known[training] if has_signals(run, other.signals)]
        others = with_signals or known[training]
        longest, *_ = others
        end = end_epoch_within(run, read(longest.id).trace)
        as_long = [other for other in others if other.has_params and other.epochs == end]
        wants_params = run.keep == "final"
        chosen = as_long[0] if wants_params and as_long else longest
        kept = bool(as_long) or not wants_params
        enough = bool(with_signals) and end is not None and kept and not run.snapshot_every
        yield run, NearestRun(read(chosen.id), end, enough, bool(with_signals))


def record_derivable(
    ledger: Ledger, runs: Sequence[Run], *, watch: Callable[[Finished], None] = lambda outcome: None
) -> list[Run]:
    """Enter every run that a trace contains into the ledger; those that remain to be trained, in their order."""
    found = (derive_finished(run, near.source) for run, near in find_nearest(ledger, runs) if near.enough)
    had: set[str] = set()
    for batch in batches((outcome for outcome in found if outcome is not None), DERIVED_BATCH):
        ledger.record_all(batch)
        for outcome in batch:
            had.add(outcome.run.identity)
            watch(outcome)
    return [run for run in runs if run.identity not in had]
