"""How many bits a net holds: train on random data until the running loss stops falling. Source: method 4.3."""

from __future__ import annotations

from dataclasses import dataclass

from grokscope.measurements.result import Result, base_result
from grokscope.measurements.stopping import StopRule
from grokscope.measurements.trace import Trace
from grokscope.registry import register
from grokscope.run import Measurement, Run
from grokscope.spec import traced


@register
@dataclass(frozen=True)
class Capacity(Measurement):
    """Ends when the running loss has not fallen by more than `min_delta` nats below its best for `patience` epochs."""

    kind = "capacity"

    patience: int = traced(100, low=1)
    min_delta: float = traced(1e-4, low=0.0)

    def rule(self, run: Run) -> StopRule:
        return StopRule(patience=self.patience, min_delta=self.min_delta)

    def result(self, run: Run, trace: Trace) -> Result:
        return base_result(run, trace)
