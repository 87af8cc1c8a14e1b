"""Pruning curves of many runs at once: what stacks is stacked, and goes through one compiled function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from grokscope.nets.base import ExampleNet
from grokscope.probes.encodings import compressibility
from grokscope.probes.pruning import SCHEMES, curves, fractions, layer_places, places, places_among, together
from grokscope.run import Run
from grokscope.studies.paths.anatomy import fisher, without_dead
from grokscope.studies.paths.measure import EXAMPLES, Measured, data_of

POINTS, THROUGH_POINTS = 100, 34
"""Of a last snapshot's curves, and of those through training: c differs by 0.1 % near 4, by 5 % near 15."""
BYTES = 2**28
"""Of stacked parameters and places in one call."""

Places = Callable[[ExampleNet], Any]


class Pruned(NamedTuple):
    """Curves in long form.

    Attributes:
        curves: run, scheme, fraction, accuracy, loss: of every last snapshot.
        last: run, scheme and what `encodings.Compressibility` says of each of those curves.
        through: run, epoch and the same for the layerwise scheme, of the snapshots that were kept.
    """

    curves: pd.DataFrame
    last: pd.DataFrame
    through: pd.DataFrame


def schemes(net: ExampleNet) -> dict[str, Places]:
    """By name, how places are given: by magnitude, without dead units, one weight tensor at a time."""
    n_weights = sum(leaf.ndim > 1 for leaf in jax.tree.leaves(eqx.filter(net, eqx.is_inexact_array)))
    ways: dict[str, Places] = {scheme: partial(places, scheme=scheme) for scheme in SCHEMES}
    ways["live units"] = lambda n: places_among(without_dead(n), n)
    return ways | {f"weights {i + 1} alone": partial(layer_places, layer=i) for i in range(n_weights)}


def pruned(runs: Sequence[Measured]) -> Pruned:
    """Of runs whose nets are of one shape and whose test sets are equally large."""
    last, through = [], []
    long: list[pd.DataFrame] = []
    grid = np.asarray(fractions(POINTS))
    ways = schemes(runs[0].final)
    for name in [*ways, "fisher"]:
        jobs = [(m.run, m.final, _given(m, ways.get(name))) for m in runs]
        accuracy, loss = curves_of(jobs, POINTS)
        for m, a, found, losses in zip(runs, accuracy, _rows(accuracy), loss, strict=True):
            ids = {"id": m.run.identity, "scheme": name}
            long.append(pd.DataFrame(ids | {"fraction": grid, "accuracy": a, "loss": losses}))
            last.append(ids | found)
    jobs, at = [], []
    for m in runs:
        for epoch, net in m.kept.items():
            jobs.append((m.run, net, places(net, "layerwise")))
            at.append({"id": m.run.identity, "epoch": epoch})
    accuracy, _ = curves_of(jobs, THROUGH_POINTS)
    through = [where | found for where, found in zip(at, _rows(accuracy), strict=True)]
    return Pruned(pd.concat(long, ignore_index=True), pd.DataFrame(last), pd.DataFrame(through))


def curves_of(jobs: Sequence[tuple[Run, ExampleNet, Any]], points: int) -> tuple[np.ndarray, np.ndarray]:
    """(accuracy, loss) of every job (run, net, places), each (jobs, points), on each run's own test examples."""
    found = []
    for block in _blocks(jobs):
        data = [data_of(run) for run, _, _ in block]
        nets = _stacked([net for _, net, _ in block])
        at = _stacked([places for _, _, places in block])
        inputs, targets = (np.stack([getattr(d, name) for d in data]) for name in ("val_inputs", "val_targets"))
        found.append(jax.tree.map(np.asarray, curves(nets, at, jnp.asarray(inputs), jnp.asarray(targets), points)))
    return np.concatenate([f.accuracy for f in found]), np.concatenate([f.loss for f in found])


def _blocks(jobs: Sequence[tuple[Run, ExampleNet, Any]]) -> Iterator[Sequence[tuple[Run, ExampleNet, Any]]]:
    """As many jobs at a time as memory is meant for."""
    size = max(1, BYTES // (8 * jobs[0][0].n_params))
    for first in range(0, len(jobs), size):
        yield jobs[first : first + size]


def _given(m: Measured, way: Places | None) -> Any:
    return _by_fisher(m) if way is None else way(m.final)


def _by_fisher(m: Measured) -> Any:
    """All parameters, biases too, in ascending order of F of the unpruned net."""
    arrays = eqx.filter(m.final, eqx.is_inexact_array)
    scores = fisher(m.final, jnp.asarray(data_of(m.run).val_inputs[:EXAMPLES]))
    leaves, tree = jax.tree.flatten(arrays)
    ends = np.cumsum([leaf.size for leaf in leaves])[:-1]
    parts = np.split(np.asarray(scores), ends)
    shaped = [part.reshape(leaf.shape) for part, leaf in zip(parts, leaves, strict=True)]
    return together(jax.tree.unflatten(tree, shaped), m.final, biases=True)


def _rows(accuracy: np.ndarray) -> list[dict[str, float]]:
    found = compressibility(accuracy)
    return [{name: float(column[i]) for name, column in found._asdict().items()} for i in range(len(accuracy))]


def _stacked(trees: Sequence[Any]) -> Any:
    arrays = [eqx.filter(tree, eqx.is_array) for tree in trees]
    rest = eqx.filter(trees[0], eqx.is_array, inverse=True)
    return eqx.combine(jax.tree.map(lambda *leaves: jnp.stack(leaves), *arrays), rest)
