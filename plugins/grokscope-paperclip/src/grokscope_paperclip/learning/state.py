"""The state of a run in flight: its step, its trace, its best weights, and the checkpoint that keeps them."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grokscope.measurements import Trace
from grokscope_paperclip.learning import checkpoint
from grokscope_paperclip.learning.model import Towers
from grokscope_paperclip.learning.outcome import Row, trace_of
from grokscope_paperclip.learning.run import FineTune


class State:
    """The state of a run in flight, which a checkpoint keeps."""

    def __init__(self, run: FineTune, towers: Towers, optimiser: Any, place: Path | None, say: Callable[[str], None]):
        self.run, self.towers, self.optimiser, self.place = run, towers, optimiser, place
        self.step, self.before, self.seconds = 0, 0.0, 0.0
        self.trace: list[Row] = []
        self.best: dict[str, Any] = copy.deepcopy(towers.state_dict())
        self.best_acc = (-1.0, 0.0)
        kept = checkpoint.restore(place, run) if place is not None else None
        if isinstance(kept, str):
            say(kept)
        elif kept is not None:
            self.step, self.before, self.trace, self.best = kept["step"], kept["seconds"], kept["trace"], kept["best"]
            self.best_acc = (kept["best_acc"][0], kept["best_acc"][1])
            towers.load_state_dict(kept["towers"])
            optimiser.load_state_dict(kept["optimiser"])
            say(f"{run.label}: goes on from step {self.step}")

    def add(self, row: dict[str, float], began: float, *, main: bool) -> None:
        """One more row of the trace, the best weights, the checkpoint."""
        self.trace.append(row)
        self.seconds = self.before + time.perf_counter() - began
        if (reached := (row["val_acc"], -row["val_loss"])) > self.best_acc:
            self.best_acc, self.best = reached, copy.deepcopy(self.towers.state_dict())
        if self.place is not None and main:
            state = {
                "step": self.step,
                "seconds": self.seconds,
                "trace": self.trace,
                "best": self.best,
                "best_acc": list(self.best_acc),
                "towers": self.towers.state_dict(),
                "optimiser": self.optimiser.state_dict(),
            }
            checkpoint.keep(self.place, self.run, state)

    def as_trace(self) -> Trace:
        """The trace so far."""
        return trace_of(self.trace)
