"""T_gen: how fast a net generalises on a modular task, and when it had memorised by then. Source: method 4.5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grokscope.measurements.result import Result, base_result
from grokscope.measurements.stopping import NEVER, StopRule
from grokscope.measurements.trace import Trace, at_least, count_needed, first_epoch
from grokscope.registry import register
from grokscope.run import Measurement, Run
from grokscope.spec import traced


@register
@dataclass(frozen=True)
class Groks(Measurement):
    """Ends at the first epoch with both train and validation accuracy at their thresholds.

    `patience` -1 is off; otherwise the run also ends when validation accuracy has not risen by more than
    `min_delta` for that many epochs. `stop_on` chooses the train accuracy waited for, as in `Speed`.
    """

    kind = "groks"
    validates = True

    train_threshold: float = traced(0.99, low=0.0, high=1.0)
    val_threshold: float = traced(0.99, low=0.0, high=1.0)
    patience: int = traced(-1, low=-1)
    min_delta: float = traced(1e-4, low=0.0)
    stop_on: Literal["running", "eval", "both"] = traced("running", choices=("running", "eval", "both"))

    def rule(self, run: Run) -> StopRule:
        needed = count_needed(self.train_threshold, run.task.n_train)
        return StopRule(
            running_count=needed if self.stop_on != "eval" else 0,
            train_count=needed if self.stop_on != "running" else 0,
            val_count=count_needed(self.val_threshold, run.task.n_val),
            streak=1,
            patience=NEVER if self.patience < 0 else self.patience,
            min_delta=self.min_delta,
            watch_sign=1.0,
        )

    def result(self, run: Run, trace: Trace) -> Result:
        n_train, n_val = run.task.n_train, run.task.n_val
        return base_result(run, trace)._replace(
            t_mem_running=first_epoch(at_least(trace.running_acc, self.train_threshold, n_train)),
            t_mem_eval=first_epoch(at_least(trace.train_acc, self.train_threshold, n_train)),
            t_gen=first_epoch(at_least(trace.val_acc, self.val_threshold, n_val)) if n_val else None,
        )
