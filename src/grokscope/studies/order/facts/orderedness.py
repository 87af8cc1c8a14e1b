"""From the parameters in the ledger to orderedness, its null and its excess: a row a run, epoch and choice of pins.

Scores of large layers take longer than training, so they are looked up where they were measured before: files lie in
`$GROKSCOPE_CACHE/orderedness`, named by a hash of all that they come from. Deleting them loses only time.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from grokscope.folders import atomic_write, cache_folder
from grokscope.ledger import Ledger
from grokscope.nets import Complete
from grokscope.nets.layers import kept_count
from grokscope.probes.orderedness import Scores, scores
from grokscope.probes.orderedness.null import DRAWS, TOGETHER
from grokscope.run import Run
from grokscope.studies.order.facts.cells import Cell

Snapshots = dict[str, dict[int, Float[np.ndarray, "units sources"]]]
OUTPUTS, INPUTS, FREE = "outputs", "inputs", "free"
"""Who is pinned: outputs, as in the later release of the published code; as many as there are inputs, as in the first,
by mistake; nobody."""
DRAWS_OF_LARGE = 3
"""Relocations where matrices are searched one after another."""
SCORE_COLUMNS = ["id", "seeds", "epoch", "pins", "orderedness", *Scores._fields[1:], "kept"]


def read_snapshots(ledger: Ledger, by_identity: Mapping[str, Run]) -> Snapshots:
    """Open connections of every run that is done, by identity and epoch."""
    found: Snapshots = {}
    for identity, epoch, arrays in ledger.all_snapshots(by_identity):
        found.setdefault(identity, {})[epoch] = open_weights(by_identity[identity], arrays)
    return found


def open_weights(run: Run, arrays: Mapping[str, np.ndarray]) -> Float[np.ndarray, "units sources"]:
    """W of a complete layer, shut connections at zero."""
    weights = np.asarray(arrays["weights"])
    net = run.net
    if not isinstance(net, Complete) or net.scores == "none":
        return weights
    order = np.argsort(-np.abs(arrays["scores"]).ravel(), kind="stable")
    open_ = np.zeros(weights.size, bool)
    open_[order[: int(kept_count(net.keep, weights.size))]] = True
    return weights * open_.reshape(weights.shape)


def pins(cell: Cell) -> dict[str, int]:
    """The number of units pinned under each choice. A layer with more inputs than units cannot pin the inputs."""
    signature = cell.run.task.signature
    assert isinstance(cell.run.net, Complete)
    units, sources = cell.run.net.shape(signature)
    chosen = {OUTPUTS: signature.classes, INPUTS: sources - units, FREE: 0}
    return {name: q for name, q in chosen.items() if q <= units}


def measure_cell(cell: Cell, runs: Mapping[str, Run], found: Snapshots) -> pd.DataFrame:
    """Columns: id, seeds, epoch, pins, orderedness, off_diagonal, diagonal_share, null, excess, gap, kept.

    `kept`: share of the connections among units that are not zero. Runs come in the order of `runs`, so that equal
    seeds of several cells meet the same relocations.
    """
    done = [identity for identity in runs if identity in found]
    seeds = [runs[identity].seeds for identity in done]
    epochs = sorted(set.intersection(*(set(found[identity]) for identity in done))) if done else []
    if cell.hidden > TOGETHER:
        epochs = epochs[:1] + epochs[-1:]
    frames = []
    for epoch in epochs:
        whole = np.stack([found[identity][epoch] for identity in done])
        weights = whole[:, :, : whole.shape[1]]
        kept = np.count_nonzero(weights, axis=(1, 2)) / weights[0].size
        chosen, draws = pins(cell), DRAWS if cell.hidden <= TOGETHER else DRAWS_OF_LARGE
        found_with = {pinned: cached_scores(weights, pinned=pinned, draws=draws) for pinned in set(chosen.values())}
        for name, pinned in chosen.items():
            score = found_with[pinned]
            columns = {"orderedness": score.value, **{k: v for k, v in score._asdict().items() if k != "value"}}
            frames.append(
                pd.DataFrame({"id": done, "seeds": seeds, "epoch": epoch, "pins": name, **columns, "kept": kept})
            )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=SCORE_COLUMNS)


SCORES_VERSION = 1
"""Of what `scores` gives: a change of it makes what was kept before unknown."""


def cached_scores(weights: Float[np.ndarray, "matrices m m"], *, pinned: int, draws: int) -> Scores:
    """Look up the scores of matrices in the cache, or measure and keep them."""
    path = cache_folder() / "orderedness" / f"{_cache_key(weights, pinned, draws)}.npy"
    with contextlib.suppress(OSError, ValueError, EOFError):  # not there, or not whole: measured anew
        table = np.load(path)
        if table.shape == (len(Scores._fields), len(weights)):
            return Scores(*table)
    measured = scores(weights, pinned=pinned, draws=draws)
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, and nothing else
        _write_scores(path, np.stack(measured))
    return measured


def _cache_key(weights: Float[np.ndarray, "matrices m m"], pinned: int, draws: int) -> str:
    given = f"{SCORES_VERSION}|{weights.dtype}|{weights.shape}|{pinned}|{draws}"
    return hashlib.blake2b(np.ascontiguousarray(weights).data, digest_size=16, key=given.encode()).hexdigest()


def _write_scores(path: Path, table: Float[np.ndarray, "fields matrices"]) -> None:
    with atomic_write(path) as new, new.open("wb") as file:
        np.save(file, table)
