"""The epoch at which a stopping rule ends a run, read from its trace: `stopping.should_stop` replayed on the host."""

from __future__ import annotations

import numpy as np

from grokscope.measurements.stopping import NEVER, StopRule
from grokscope.measurements.trace import Column, Trace, first_streak, right_count


def end_epoch(rule: StopRule, trace: Trace, n_train: int, n_val: int) -> int | None:
    """The 1-based epoch with which the rule ends the run, or None if it goes on beyond its trace.

    Args:
        rule: of whole numbers, as `Measurement.rule` gives it.
        n_train, n_val: how many examples the accuracies are of; `n_val` 0 is no validation.
    """
    ends = [end for end in (_all_reached(rule, trace, n_train, n_val), _plateau(rule, trace)) if end is not None]
    return min(ends, default=None)


def _all_reached(rule: StopRule, trace: Trace, n_train: int, n_val: int) -> int | None:
    reached = (right_count(trace.running_acc, n_train) >= rule.running_count) & (
        right_count(trace.train_acc, n_train) >= rule.train_count
    )
    if n_val:
        reached &= right_count(trace.val_acc, n_val) >= rule.val_count
    streak = int(rule.streak)
    began = first_streak(reached, streak)
    return None if began is None else began + streak - 1


def _plateau(rule: StopRule, trace: Trace) -> int | None:
    if int(rule.patience) == NEVER:
        return None
    watched: Column = -trace.running_loss if rule.watch_sign < 0 else trace.val_acc
    min_delta = watched.dtype.type(rule.min_delta)  # in the run's own precision, as it was decided
    best, waited = watched.dtype.type(-np.inf), 0
    for epoch, value in enumerate(watched, 1):
        if value > best + min_delta:
            best, waited = value, 0
        else:
            waited += 1
        if waited >= rule.patience:
            return epoch
    return None
