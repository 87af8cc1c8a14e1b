"""Watch a run to its last epoch, whatever it reaches before that."""

from __future__ import annotations

from dataclasses import dataclass

from grokscope.measurements.result import Result, base_result
from grokscope.measurements.stopping import StopRule
from grokscope.measurements.trace import Trace, at_least, first_epoch
from grokscope.registry import register
from grokscope.run import Measurement, Run
from grokscope.spec import traced


@register
@dataclass(frozen=True)
class Watch(Measurement):
    """Never ends before the last epoch. Notes when train and validation accuracy first were at their thresholds."""

    kind = "watch"

    train_threshold: float = traced(0.99, low=0.0, high=1.0)
    val_threshold: float = traced(0.99, low=0.0, high=1.0)

    def rule(self, run: Run) -> StopRule:
        return StopRule()

    def result(self, run: Run, trace: Trace) -> Result:
        n_train, n_val, labelled = run.task.n_train, run.task.n_val, run.task.signature.labelled
        found = base_result(run, trace)
        if not labelled:
            return found
        return found._replace(
            t_mem_running=first_epoch(at_least(trace.running_acc, self.train_threshold, n_train)),
            t_mem_eval=first_epoch(at_least(trace.train_acc, self.train_threshold, n_train)),
            t_gen=first_epoch(at_least(trace.val_acc, self.val_threshold, n_val)) if n_val else None,
        )
