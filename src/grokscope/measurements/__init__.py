"""When a run is done and what its result is. A new measurement is a new file."""

from grokscope.measurements.capacity import Capacity
from grokscope.measurements.groks import Groks
from grokscope.measurements.result import Result
from grokscope.measurements.speed import Speed
from grokscope.measurements.trace import Trace, first_epoch
from grokscope.measurements.watch import Watch

__all__ = ["Capacity", "Groks", "Result", "Speed", "Trace", "Watch", "first_epoch"]
