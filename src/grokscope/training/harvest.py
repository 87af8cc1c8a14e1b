"""From a lane that ended to what the ledger keeps of it."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from safetensors.numpy import save

from grokscope.measurements import Trace
from grokscope.nets import to_published
from grokscope.nets.transformer import TransformerNet
from grokscope.run import Run
from grokscope.training.lane import Lane, frame
from grokscope.training.outcomes import Failed, Finished, Outcome
from grokscope.training.provenance import provenance


def outcome_of(
    run: Run,
    lane: Lane,
    records: Float[np.ndarray, "epochs columns"],
    strategy: str,
    layout: int,
    seconds: float,
    started: str,
) -> Outcome:
    """Finished, with its result; or Failed, if its loss left the finite numbers."""
    record = provenance(strategy=strategy, layout=layout, seconds=seconds, started=started)
    trace = Trace(*np.ascontiguousarray(records.T))
    finite = np.isfinite(trace.running_loss)
    if not finite.all():
        whole = int(np.argmin(finite))
        last = f"{trace.running_loss[whole - 1]:.6g} at epoch {whole}" if whole else "none"
        error = f"running loss is {trace.running_loss[whole]} at epoch {whole + 1}; last finite loss: {last}"
        return Failed(run, error, whole, record)
    params = kept(run, lane) if run.keep == "final" else None
    return Finished(run, trace, run.measurement.result(run, trace), record, params)


def kept(run: Run, lane: Lane) -> bytes:
    """The final parameters as safetensors, under the published names where the net has them."""
    net = frame(run.shape).net(jnp.asarray(lane.state.params), {})
    arrays = to_published(net) if isinstance(net, TransformerNet) else {"params": np.asarray(lane.state.params)}
    return save(arrays, metadata={"run": run.identity})
