"""The outcome of a lane that ended, as the ledger keeps it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from grokscope.measurements import Trace
from grokscope.run import Run
from grokscope.training.observe import columns
from grokscope.training.outcomes import Failed, Finished, Outcome
from grokscope.training.params import FlatParams, params_to_bytes
from grokscope.training.provenance import provenance


def build_outcome(
    run: Run,
    params: Callable[[], FlatParams],
    records: Float[np.ndarray, "epochs columns"],
    strategy: str,
    layout: int,
    seconds: float,
    started: str,
) -> Outcome:
    """Finished, with its result; or Failed, if its loss left the finite numbers.

    Args:
        params: its parameters as the last epoch left them, in case they are to be kept.
    """
    record = provenance(strategy=strategy, layout=layout, seconds=seconds, started=started)
    trace = Trace.of(dict(zip(columns(run.shape), np.ascontiguousarray(records.T), strict=True)))
    finite = np.isfinite(trace.running_loss)
    if not finite.all():
        whole = int(np.argmin(finite))
        last = f"{trace.running_loss[whole - 1]:.6g} at epoch {whole}" if whole else "none"
        error = f"running loss is {trace.running_loss[whole]} at epoch {whole + 1}; last finite loss: {last}"
        return Failed(run, error, whole, record)
    final = params_to_bytes(run, params()) if run.keep == "final" else None
    return Finished(run, trace, run.measurement.result(run, trace), record, final)
