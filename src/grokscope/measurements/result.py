"""The result of a run: one flat record for all measurements, so that a ledger keeps it as typed columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from grokscope.measurements.replay import end_epoch
from grokscope.measurements.trace import CORE, Trace

if TYPE_CHECKING:
    from grokscope.run import Run


class Result(NamedTuple):
    """The result of a run. A time is None where the run ended before it came: a right-censored observation.

    Attributes:
        n_params: P.
        dataset_bits: K = n_train * log2(V), n_train truncated as in the data; 0 where targets are numbers.
        epochs, steps: how long the run was.
        stopped: `max_epochs` if it was as long as it may be, `rule` if its measurement ended it before that.
        t_mem_running, t_mem_eval: epochs until the training examples are right, by running and by eval accuracy.
        t_gen: epochs until the validation examples are right, by eval accuracy.
        total_bits: sum over the training examples of log2(V) + log2 p(label), by the last parameters; NaN where the
            loss is no code length.
        final_*: the last epoch's trace.
    """

    n_params: int
    dataset_bits: float
    epochs: int
    steps: int
    stopped: str
    final_running_loss: float
    final_running_acc: float
    final_train_loss: float
    final_train_acc: float
    final_val_loss: float | None
    final_val_acc: float | None
    total_bits: float
    t_mem_running: int | None = None
    t_mem_eval: int | None = None
    t_gen: int | None = None


def total_bits(mean_loss: float, n: int, vocab: int) -> float:
    """Bits that a net holds about n labels: n * (log2 V - loss / ln 2), the loss in nats in eval mode."""
    return n * (math.log2(vocab) - mean_loss / math.log(2))


def stop_reason(run: Run, trace: Trace) -> str:
    """`max_epochs` or `rule`: why a run ended with its trace. The rule counts where both end it with the same epoch."""
    if trace.epochs < run.max_epochs:
        return "rule"
    ended = end_epoch(run.measurement.rule(run), trace, run.task.n_train, run.task.n_val)
    return "max_epochs" if ended is None else "rule"


def base_result(run: Run, trace: Trace) -> Result:
    """The part of a result that every measurement shares."""
    last = {name: float(trace[name][-1]) for name in CORE}
    n, signature = run.task.n_train, run.task.signature
    is_code = signature.labelled and run.loss_spec.code_length
    has_val = run.task.n_val > 0
    return Result(
        n_params=run.n_params,
        dataset_bits=run.task.dataset_bits,
        epochs=trace.epochs,
        steps=trace.epochs * run.steps_per_epoch,
        stopped=stop_reason(run, trace),
        final_running_loss=last["running_loss"],
        final_running_acc=last["running_acc"],
        final_train_loss=last["train_loss"],
        final_train_acc=last["train_acc"],
        final_val_loss=last["val_loss"] if has_val else None,
        final_val_acc=last["val_acc"] if has_val else None,
        total_bits=total_bits(last["train_loss"], n, signature.classes) if is_code else math.nan,
    )
