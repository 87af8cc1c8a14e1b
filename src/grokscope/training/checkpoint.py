"""A lane between two chunks as bytes, and back: checked, and without executing anything.

Layout: 32 bytes of BLAKE2b over the rest, then safetensors. The trace so far travels with the state, so that
a resumed run is whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.numpy import load, save

from grokscope.measurements.trace import CORE
from grokscope.run import Run
from grokscope.training.lane import Lane, State, fixed_part, initial_state, start_lane
from grokscope.training.observe import columns
from grokscope.training.outcomes import Job

DIGEST = 32


class CheckpointError(ValueError):
    """Bytes that are not a whole checkpoint of the run they are offered for."""


def pack_state(run: Run, state: State, records: Float[np.ndarray, "epochs columns"]) -> bytes:
    """A lane's state and the records of its epochs so far, sealed for this run alone."""
    leaves = {f"state.{i:03d}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(state))}
    names = np.frombuffer(json.dumps(columns(run.shape)).encode(), np.uint8)
    body = save(leaves | {"records": np.ascontiguousarray(records), "columns": names})
    return keyed_digest(run, body) + body


def keyed_digest(run: Run, body: bytes) -> bytes:
    """A checksum that is right for these bytes and this run together."""
    return hashlib.blake2b(body, digest_size=DIGEST, key=run.identity.encode()).digest()


def unpack_lane(run: Run, data: bytes) -> tuple[Lane, Float[np.ndarray, "epochs columns"]]:
    """The lane that `pack_state` was given, its data rebuilt from the run's spec, and its records.

    Raises:
        CheckpointError: the bytes are damaged, or belong to another run.
    """
    digest, body = data[:DIGEST], data[DIGEST:]
    if keyed_digest(run, body) != digest:
        raise CheckpointError(f"checkpoint of run {run.identity}: checksum does not match, so it is not used")
    try:
        arrays = load(body)
    except SafetensorError as error:
        raise CheckpointError(f"checkpoint of run {run.identity}: not safetensors ({error})") from error
    fresh = jax.eval_shape(lambda: initial_state(run))
    leaves, structure = jax.tree.flatten(fresh)
    found = [arrays.get(f"state.{i:03d}") for i in range(len(leaves))]
    for i, (leaf, array) in enumerate(zip(leaves, found, strict=True)):
        if array is None or array.shape != leaf.shape or array.dtype != leaf.dtype:
            raise CheckpointError(f"checkpoint of run {run.identity}: state {i} does not fit this run")
    if (names := _columns(arrays)) != columns(run.shape) or arrays["records"].shape[1:] != (len(names),):
        raise CheckpointError(f"checkpoint of run {run.identity}: its columns are not those that this run records")
    return Lane(fixed_part(run), jax.tree.unflatten(structure, [jnp.asarray(a) for a in found])), arrays["records"]


def _columns(arrays: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """What the records of a checkpoint are of. One that was written before runs had signals does not say."""
    return tuple(json.loads(arrays["columns"].tobytes())) if "columns" in arrays else CORE


def start_or_resume(job: Job, say: Callable[[str], None]) -> tuple[Lane, list[Float[np.ndarray, "epochs columns"]]]:
    """Start the lane of a run: from its checkpoint if that is whole, or else from its beginning.

    Args:
        say: told of a checkpoint that is not used.
    """
    if job.checkpoint is not None:
        try:
            lane, records = unpack_lane(job.run, job.checkpoint)
            return lane, [records]
        except CheckpointError as error:
            say(str(error))
    return start_lane(job.run), []
