"""Fine-tuning runs in the ledger: the same tables, states and provenance as every other run."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from grokscope.ledger import Ledger
from grokscope.measurements import Result, Trace
from grokscope.training.outcomes import Provenance
from grokscope.training.provenance import git_revision, now, version
from grokscope_paperclip.learning.run import FineTune
from grokscope_paperclip.learning.train import DivergedError, Trained

PACKAGES = ("torch", "transformers", "tokenizers", "accelerate", "peft", "numpy")


@dataclass(frozen=True)
class Finished:
    """A fine-tuning run at its end (a `ledger.kept.KeptFinish`). Its model is kept in a folder, not as `params`."""

    run: FineTune
    trace: Trace
    result: Result
    provenance: Provenance
    params: None = None


@dataclass(frozen=True)
class Failed:
    """A fine-tuning run that could not go on after `epoch` rows of its trace (a `ledger.kept.KeptFailure`)."""

    run: FineTune
    error: str
    epoch: int
    provenance: Provenance


def provenance(*, device: str, world: int, seconds: float, started: str) -> Provenance:
    """The record of a run that ends now. `layout`: processes that trained it."""
    return Provenance(
        version=version(),
        git=git_revision(),
        host=platform.node(),
        device=device,
        strategy="accelerate",
        layout=world,
        seconds=seconds,
        started=started,
        ended=now(),
        versions={name: metadata.version(name) for name in PACKAGES} | {"python": platform.python_version()},
    )


def record(ledger: Ledger, run: FineTune, trained: Trained, started: str, owner: str | None = None) -> None:
    """Keep a finished run, whole. `owner`: the driver that trained it."""
    made = provenance(device=trained.device, world=trained.world, seconds=trained.seconds, started=started)
    ledger.record_all([Finished(run, trained.trace, trained.result, made)], owner)


def record_failure(ledger: Ledger, run: FineTune, error: DivergedError, started: str, owner: str | None = None) -> None:
    """Keep that a run could not go on."""
    made = provenance(device="unknown", world=1, seconds=0.0, started=started)
    ledger.record_all([Failed(run, str(error), error.epoch, made)], owner)


def trace_frame(ledger: Ledger, run: FineTune) -> Any:
    """The trace of a finished run, indexed by step."""
    return ledger.trace(run.identity).set_index("steps")
