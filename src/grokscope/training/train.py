"""Training of one run in this process, without a ledger."""

from __future__ import annotations

from collections.abc import Callable

from grokscope.run import Run
from grokscope.training.outcomes import Failed, Finished, Job, Progress
from grokscope.training.pack import Pack


class TrainingError(RuntimeError):
    """A run that could not go on; says why and at which epoch."""


def train(run: Run, *, watch: Callable[[Progress], None] = lambda progress: None) -> Finished:
    """Train one run to its end in this process and return its trace and result.

    Args:
        watch: told of its progress every few seconds.

    Returns:
        The run with its trace, result, provenance and, if it keeps them, parameters.

    Raises:
        TrainingError: the loss left the finite numbers.
    """
    pack = Pack(run.shape, "loop")
    for failure in pack.add([Job(run)]):
        if isinstance(failure, Failed):
            raise TrainingError(f"run {run.identity}: {failure.error}")
    while True:
        for event in pack.step():
            if isinstance(event, Finished):
                return event
            if isinstance(event, Failed):
                raise TrainingError(f"run {run.identity}: {event.error}")
            if isinstance(event, Progress):
                watch(event)
