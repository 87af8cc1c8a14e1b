"""Pruning curves of many runs at once: what stacks is stacked, and goes through one compiled function."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from grokscope.nets.base import ExampleNet
from grokscope.probes.encodings import compressibility
from grokscope.probes.pruning import SCHEMES, Scheme, curves, fractions, layer_places, places, places_among, together
from grokscope.run import Run
from grokscope.studies.paths.facts.anatomy import FISHERS, without_dead
from grokscope.studies.paths.facts.run_facts import RunFacts, data_of
from grokscope.tasks import Dataset

POINTS, THROUGH_POINTS = 100, 34
"""Of a last snapshot's curves, and of those through training: c differs by 0.1 % near 4, by 5 % near 15."""
BYTES = 2**28
"""Of stacked parameters and places in one call."""
AT_ONCE = 20
"""Points of a curve that an accelerator is given side by side."""

Places = Callable[[RunFacts], Any]


class PruningJob(NamedTuple):
    """A curve to be had: of a run's net, and how its places are given once it is its turn."""

    run: Run
    net: ExampleNet
    places: Callable[[], Any]


class PruningCurves(NamedTuple):
    """Curves in long form.

    Attributes:
        curves: run, scheme, fraction, accuracy, loss: of every last snapshot.
        last: run, scheme and what `encodings.Compressibility` says of each of those curves.
        through: run, epoch and the same for the layerwise scheme, of the snapshots that were kept; with the end
            `_without_dead` over the weights of live units alone.
    """

    curves: pd.DataFrame
    last: pd.DataFrame
    through: pd.DataFrame


def schemes(net: ExampleNet) -> dict[str, Places]:
    """By name, how places are given: by magnitude, without dead units, by Fisher information, one tensor at a time."""
    n_weights = sum(leaf.ndim > 1 for leaf in jax.tree.leaves(eqx.filter(net, eqx.is_inexact_array)))
    ways: dict[str, Places] = {scheme: partial(_by_size, scheme=scheme) for scheme in SCHEMES}
    ways["live units"] = lambda m: _of_live(m.final)
    ways |= {f"weights {i + 1} alone": partial(_alone, layer=i) for i in range(n_weights)}
    ways |= {name: partial(_by_fisher, name=name) for name in FISHERS}
    return ways | {f"fisher, weights {i + 1} alone": partial(_alone_by_fisher, layer=i) for i in range(n_weights)}


def prune_runs(runs: Sequence[RunFacts], names: Collection[str] | None = None) -> PruningCurves:
    """Prune runs whose nets are of one shape and whose test sets are equally large; by the named schemes, or by all."""
    last: list[dict[str, Any]] = []
    long: list[pd.DataFrame] = []
    grid = np.asarray(fractions(POINTS))
    known = schemes(runs[0].final)
    for name, way in known.items() if names is None else ((name, known[name]) for name in names):
        jobs = [PruningJob(m.run, m.final, partial(way, m)) for m in runs]
        accuracy, loss = curves_of(jobs, POINTS)
        for m, a, found, losses in zip(runs, accuracy, _rows(accuracy), loss, strict=True):
            ids = {"id": m.run.identity, "scheme": name}
            long.append(pd.DataFrame(ids | {"fraction": grid, "accuracy": a, "loss": losses}))
            last.append(ids | found)
    return PruningCurves(pd.concat(long, ignore_index=True), pd.DataFrame(last), prune_through_training(runs, names))


def prune_through_training(runs: Sequence[RunFacts], names: Collection[str] | None = None) -> pd.DataFrame:
    """Compressibility of the snapshots that were kept, over all weights and over those of live units alone."""
    kept = [(m.run, epoch, net) for m in runs for epoch, net in m.kept.items()]
    rows = pd.DataFrame([{"id": run.identity, "epoch": epoch} for run, epoch, _ in kept])
    ways: dict[str, tuple[str, Callable[[ExampleNet], Any]]] = {
        "layerwise": ("", partial(places, scheme="layerwise")),
        "live units": ("_without_dead", _of_live),
    }
    for end, way in (found for name, found in ways.items() if names is None or name in names):
        accuracy, _ = curves_of([PruningJob(run, net, partial(way, net)) for run, _, net in kept], THROUGH_POINTS)
        rows = rows.join(pd.DataFrame(_rows(accuracy)).add_suffix(end))
    return rows


def curves_of(jobs: Sequence[PruningJob], points: int) -> tuple[np.ndarray, np.ndarray]:
    """(accuracy, loss) of every job, each (jobs, points), on each run's own test examples."""
    data: dict[str, Dataset] = {}
    found = []
    at_once = 1 if jax.default_backend() == "cpu" else AT_ONCE
    for block in _blocks(jobs):
        data = {job.run.identity: data.get(job.run.identity) or data_of(job.run) for job in block}
        nets, at = _stack([job.net for job in block]), _stack([job.places() for job in block])
        inputs, targets = (
            jnp.stack([getattr(data[job.run.identity], name) for job in block])
            for name in ("val_inputs", "val_targets")
        )
        found.append(jax.tree.map(np.asarray, curves(nets, at, inputs, targets, points, at_once)))
    return np.concatenate([f.accuracy for f in found]), np.concatenate([f.loss for f in found])


def _blocks(jobs: Sequence[PruningJob]) -> Iterator[Sequence[PruningJob]]:
    """As many jobs at a time as memory is meant for; jobs are of one shape."""
    run = jobs[0].run
    each = 8 * run.n_params + 4 * run.task.n_val * run.task.signature.length
    size = max(1, BYTES // each)
    for first in range(0, len(jobs), size):
        yield jobs[first : first + size]


def _by_size(m: RunFacts, scheme: Scheme) -> Any:
    return places(m.final, scheme)


def _of_live(net: ExampleNet) -> Any:
    """Within each layer, of the weights of live units; those of dead ones are gone from the start."""
    return places_among(without_dead(net), net)


def _alone(m: RunFacts, layer: int) -> Any:
    return layer_places(m.final, layer)


def _by_fisher(m: RunFacts, name: str) -> Any:
    """All parameters, biases too, in ascending order of F of the unpruned net."""
    return together(_as_net(m.fishers[name], m.final), m.final, biases=True)


def _alone_by_fisher(m: RunFacts, layer: int) -> Any:
    """The weights of one tensor in ascending order of F of the unpruned net."""
    return layer_places(m.final, layer, _as_net(m.fishers["fisher"], m.final))


def _as_net(vector: np.ndarray, net: ExampleNet) -> Any:
    """What `anatomy.flat_params` laid out, as a tree like the net's arrays."""
    leaves, tree = jax.tree.flatten(eqx.filter(net, eqx.is_inexact_array))
    parts = np.split(vector, np.cumsum([leaf.size for leaf in leaves])[:-1])
    shaped = [jnp.asarray(part).reshape(leaf.shape) for part, leaf in zip(parts, leaves, strict=True)]
    return jax.tree.unflatten(tree, shaped)


def _rows(accuracy: np.ndarray) -> list[dict[str, float]]:
    found = compressibility(accuracy)
    return [{name: float(column[i]) for name, column in found._asdict().items()} for i in range(len(accuracy))]


def _stack(trees: Sequence[Any]) -> Any:
    arrays = [eqx.filter(tree, eqx.is_array) for tree in trees]
    rest = eqx.filter(trees[0], eqx.is_array, inverse=True)
    return eqx.combine(jax.tree.map(lambda *leaves: jnp.stack(leaves), *arrays), rest)
