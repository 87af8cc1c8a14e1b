"""T_mem: how fast a net memorises data that cannot be generalised. Source: method 4.4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grokscope.measurements.result import Result, base_result
from grokscope.measurements.stopping import StopRule
from grokscope.measurements.trace import Column, Trace, at_least, count_needed, first_streak
from grokscope.registry import register
from grokscope.run import Measurement, Run
from grokscope.spec import traced


@register
@dataclass(frozen=True)
class Speed(Measurement):
    """Ends at the first epoch of `patience` in a row (0 and 1 mean one) with train accuracy at `threshold`.

    `stop_on`: by `running` accuracy as published, by `eval` accuracy, or when `both` are there in the same epoch.
    """

    kind = "speed"

    threshold: float = traced(0.99, low=0.0, high=1.0)
    patience: int = traced(0, low=0)
    stop_on: Literal["running", "eval", "both"] = traced("running", choices=("running", "eval", "both"))

    @property
    def streak(self) -> int:
        """Epochs in a row that count as reached."""
        return max(1, self.patience)

    def rule(self, run: Run) -> StopRule:
        needed = count_needed(self.threshold, run.task.n_train)
        return StopRule(
            running_count=needed if self.stop_on != "eval" else 0,
            train_count=needed if self.stop_on != "running" else 0,
            streak=self.streak,
        )

    def result(self, run: Run, trace: Trace) -> Result:
        return base_result(run, trace)._replace(
            t_mem_running=self._reached(trace.running_acc, run), t_mem_eval=self._reached(trace.train_acc, run)
        )

    def _reached(self, accuracy: Column, run: Run) -> int | None:
        """First epoch of the first unbroken streak at the threshold."""
        return first_streak(at_least(accuracy, self.threshold, run.task.n_train), self.streak)
