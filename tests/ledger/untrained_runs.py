"""Runs and outcomes that no training was needed for."""

from typing import Any

import numpy as np
import safetensors.numpy

from grokscope.measurements import Groks, Result, Speed, Trace
from grokscope.measurements.trace import CORE
from grokscope.nets import Transformer
from grokscope.run import Run, Seeds
from grokscope.tasks import Modular, RandomLabels
from grokscope.training.optimisers import AdamW
from grokscope.training.outcomes import Failed, Finished, Provenance

PROVENANCE = Provenance(
    version="0.1.0",
    git="abc1234",
    host="here",
    device="cpu",
    strategy="loop/default",
    layout=4,
    seconds=1.5,
    started="2026-01-02T03:04:05+00:00",
    ended="2026-01-02T04:04:06+01:00",
    versions={"jax": "0.10.2"},
)


def groks(seed: int = 0, *, dim: int = 8, p: int = 13, **fields: Any) -> Run:
    return Run(Modular(p), Transformer(dim), AdamW(), Groks(), seeds=Seeds.all(seed), **fields)


def speed(seed: int = 0, *, n: int = 50) -> Run:
    return Run(RandomLabels(13, n), Transformer(8), AdamW(), Speed(), seeds=Seeds.all(seed))


def trace(epochs: int = 5, *, seed: int = 0, dtype: type = np.float32) -> Trace:
    return Trace(*np.random.default_rng(seed).random((len(CORE), epochs)).astype(dtype))


def finished(run: Run, *, epochs: int = 5, params: bool = False, **result: Any) -> Finished:
    """A run that ended after some epochs; `result` replaces fields of what its trace came to."""
    made = trace(epochs)
    came_to: Result = run.measurement.result(run, made)._replace(**result)  # type: ignore[attr-defined]
    data = safetensors.numpy.save({"head": np.arange(6, dtype=np.float32).reshape(2, 3)}) if params else None
    return Finished(run, made, came_to, PROVENANCE, data)


def failed(run: Run, error: str = "Traceback ...\nFloatingPointError: NaN") -> Failed:
    return Failed(run, error, 3, PROVENANCE)
