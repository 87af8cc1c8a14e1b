"""Fine-tuning runs in the ledger: the same tables, states and provenance as every other run.

The ledger asks of a run its spec, identity, measurement, P and steps a row, of a trace its columns, of a result some of
the columns of `measurements.Result`. A `FineTune` with its trace and result has all of these under the same names.
"""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Any, cast

from grokscope.ledger import Ledger
from grokscope.measurements import Result, Trace
from grokscope.run import Run
from grokscope.studies.paperclip.learning.spec import FineTune
from grokscope.studies.paperclip.learning.train import DivergedError, Trained
from grokscope.training.outcomes import Failed, Finished, Provenance
from grokscope.training.provenance import git_revision, now, version

PACKAGES = ("torch", "transformers", "tokenizers", "accelerate", "peft", "numpy")


def as_run(run: FineTune) -> Run:
    """The run under the type that the ledger's signatures name."""
    return cast(Run, run)


def provenance(*, device: str, world: int, seconds: float, started: str) -> Provenance:
    """The record of a run that ends now. `layout`: processes that trained it."""
    return Provenance(
        version=version(), git=git_revision(), host=platform.node(), device=device, strategy="accelerate",
        layout=world, seconds=seconds, started=started, ended=now(),
        versions={name: metadata.version(name) for name in PACKAGES} | {"python": platform.python_version()},
    )  # fmt: skip


def record(ledger: Ledger, run: FineTune, trained: Trained, started: str, owner: str | None = None) -> None:
    """Keep a finished run, whole. `owner`: the driver that trained it."""
    made = provenance(device=trained.device, world=trained.world, seconds=trained.seconds, started=started)
    trace, result = cast(Trace, trained.trace), cast(Result, trained.result)
    ledger.record_all([Finished(as_run(run), trace, result, made)], owner)


def record_failure(ledger: Ledger, run: FineTune, error: DivergedError, started: str, owner: str | None = None) -> None:
    """Keep that a run could not go on."""
    made = provenance(device="unknown", world=1, seconds=0.0, started=started)
    ledger.record_all([Failed(as_run(run), str(error), error.epoch, made)], owner)


def trace_frame(ledger: Ledger, run: FineTune) -> Any:
    """The trace of a finished run, indexed by step."""
    return ledger.trace(run.identity).set_index("steps")
