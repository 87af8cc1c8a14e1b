"""A suite that has grown: which of its runs the ledger's traces already contain.

What is done is not done again because it is the same run. What is new may still have been trained: under a lower
threshold, with less patience, for fewer epochs, as another measurement. Then it is read from that run's trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from grokscope.ledger import Ledger
from grokscope.ledger.batches import batches
from grokscope.run import Run
from grokscope.training.derive import Source, derived, end_within
from grokscope.training.outcomes import Finished

BATCH = 200
"""Derived runs a transaction."""


class Near(NamedTuple):
    """The run of the same training that comes nearest to containing another one.

    Attributes:
        end: the epoch of it with which the other run ends, or None if it goes on beyond.
        enough: whether the other run can be read from it, with its parameters if it is to keep them.
    """

    source: Source
    end: int | None
    enough: bool


def nearest(ledger: Ledger, runs: Sequence[Run]) -> Iterator[tuple[Run, Near]]:
    """Every run whose training is in the ledger, with the run that contains it or comes nearest to it."""
    trainings = [(run.training, run) for run in runs]
    known = ledger.trained({training for training, _ in trainings})
    read = lru_cache(maxsize=2)(ledger.source)
    # Runs of one training one after the other, so that no trace is read more often than once.
    for training, run in sorted((pair for pair in trainings if pair[0] in known), key=lambda pair: pair[0]):
        longest, *_ = known[training]
        end = end_within(run, read(longest.id).trace)
        as_long = [other for other in known[training] if other.has_params and other.epochs == end]
        wants_params = run.keep == "final"
        chosen = as_long[0] if wants_params and as_long else longest
        kept = bool(as_long) or not wants_params
        yield run, Near(read(chosen.id), end, end is not None and kept and not run.snapshot_every)


def derive(
    ledger: Ledger, runs: Sequence[Run], *, watch: Callable[[Finished], None] = lambda outcome: None
) -> list[Run]:
    """Enter every run that a trace contains into the ledger; those that remain to be trained, in their order."""
    found = (derived(run, near.source) for run, near in nearest(ledger, runs) if near.enough)
    had: set[str] = set()
    for batch in batches((outcome for outcome in found if outcome is not None), BATCH):
        ledger.record_all(batch)
        for outcome in batch:
            had.add(outcome.run.identity)
            watch(outcome)
    return [run for run in runs if run.identity not in had]
