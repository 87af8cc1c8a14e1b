"""What is measured of one run, from its trace and from its snapshots, which stream through one at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import jax.numpy as jnp
import numpy as np
import pandas as pd

from grokscope.ledger import Ledger
from grokscope.nets.base import ExampleNet
from grokscope.probes import geometry
from grokscope.probes.encodings import free_share, gini, weight_gini
from grokscope.probes.grokking import Times, times
from grokscope.run import Run
from grokscope.studies.paths.facts.anatomy import fishers, flat_params, live, net_on_host
from grokscope.studies.paths.facts.features import Features, find_features
from grokscope.tasks import Dataset
from grokscope.training.lane import stream_key
from grokscope.training.params import net_from_arrays

EXAMPLES = 1024
"""Test examples that the Fisher diagonal is taken over, at most."""
PRUNED = 24
"""Snapshots of a run that are pruned, at most, closer together where it begins."""
RANKS = 200
"""Points of a spectrum: evenly spaced ranks."""
AVERAGED = 5
"""Last epochs whose mean is what a run ended with."""


@dataclass(frozen=True)
class RunFacts:
    """Measurements of one run.

    Attributes:
        times: by running train accuracy and test accuracy, as published.
        ends: losses and accuracies at the end.
        through: a row a snapshot: features by epoch.
        layers: Ising: what each layer follows, by epoch.
        path: rows of `geometry.Here`.
        last: features of the last snapshot.
        spectra: F of the last snapshot by its name, ascending, at `RANKS` evenly spaced ranks.
        kept: snapshots to be pruned, by epoch, on the host.
        fishers: F of the last of them by its name, in the order of `anatomy.flat`.
    """

    run: Run
    trace: pd.DataFrame
    times: Times
    times_90: Times
    ends: dict[str, float]
    through: pd.DataFrame = field(default_factory=pd.DataFrame)
    layers: pd.DataFrame = field(default_factory=pd.DataFrame)
    path: pd.DataFrame = field(default_factory=pd.DataFrame)
    last: Features = field(default_factory=Features)
    spectra: dict[str, np.ndarray] = field(default_factory=dict)
    kept: dict[int, ExampleNet] = field(default_factory=dict)
    fishers: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def final(self) -> ExampleNet:
        """The last snapshot."""
        return self.kept[max(self.kept)]


def data_of(run: Run) -> Dataset:
    """The run's own examples."""
    data: Dataset = run.task.arrays(stream_key(run.seeds.data, "data"))
    return data


def measure_run(run: Run, ledger: Ledger) -> RunFacts:
    """Everything but pruning, which takes many runs at once."""
    trace = ledger.trace(run)
    train, test = (trace[name].to_numpy() for name in ("running_acc", "val_acc"))
    known = RunFacts(run, trace, times(train, test), times(train, test, fraction=0.9), last_accuracies(trace))
    on_grid = ledger.snapshot_epochs(run)
    if len(on_grid) < 2:
        return known
    data = data_of(run)
    inputs = jnp.asarray(data.val_inputs[:EXAMPLES])
    end, last = last_params(run, ledger, on_grid[-1], len(trace))
    chosen, kept = set(thin_epochs(sorted({*on_grid, end}))), {}
    rows: list[dict[str, float]] = []
    layers: list[pd.DataFrame] = []

    def see(epoch: int, net: ExampleNet) -> Features:
        found = find_features(run, net, data)
        rows.append({"epoch": epoch} | found.scalars)
        if len(found.layers):
            layers.append(found.layers.assign(epoch=epoch))
        if epoch in chosen:
            kept[epoch] = net_on_host(net)
        return found

    def snapshots() -> Iterator[tuple[int, np.ndarray, dict[str, np.ndarray]]]:
        for epoch, arrays in ledger.snapshots(run, on_grid):
            net = net_from_arrays(run, arrays)
            see(epoch, net)
            yield epoch, np.asarray(flat_params(net)), fishers(net, inputs)

    ended = {name: f.astype(np.float64) for name, f in fishers(last, inputs).items()}
    # steps of one length: an end beside the grid is seen and pruned, and is no step
    path = pd.DataFrame(list(geometry.path(snapshots(), geometry.split(ended["fisher"]), ended)))
    found = find_features(run, last, data) if end == on_grid[-1] else see(end, last)
    return dataclasses.replace(
        known,
        ends=known.ends | describe_params(last, ended),
        through=pd.DataFrame(rows),
        layers=pd.concat(layers, ignore_index=True) if layers else pd.DataFrame(),
        path=path,
        last=found,
        spectra={name: spectrum_at_ranks(each) for name, each in ended.items()},
        kept=kept,
        fishers=ended,
    )


def last_params(run: Run, ledger: Ledger, snapshot: int, epochs: int) -> tuple[int, ExampleNet]:
    """The last parameters that are known, and their epoch: what the run ended with if it kept that, or a snapshot."""
    if run.keep == "final":
        return epochs, net_from_arrays(run, ledger.params(run))
    ((epoch, arrays),) = ledger.snapshots(run, [snapshot])
    return epoch, net_from_arrays(run, arrays)


def describe_params(net: ExampleNet, ended: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Describe the last parameters: how unequal they and F are, how many are stiff, how many units live."""
    alive, f = live(net), ended["fisher"]
    return {
        "gini_fisher": float(gini(jnp.asarray(f))),
        "gini_categorical": float(gini(jnp.asarray(ended["categorical fisher"]))),
        "gini_weights": float(weight_gini(net)),
        "stiff_share": float(np.mean(f >= geometry.STIFF)),
        "live_units": float(np.sum(alive)),
        "free_share": float(free_share(alive)),
    }


def spectrum_at_ranks(fisher: np.ndarray) -> np.ndarray:
    """F ascending at `RANKS` evenly spaced ranks."""
    found: np.ndarray = np.sort(fisher)[np.linspace(0, len(fisher) - 1, RANKS).astype(int)]
    return found


def last_accuracies(trace: pd.DataFrame) -> dict[str, float]:
    """Mean losses and accuracies over a run's last epochs. Train loss and accuracy as running, before the updates."""
    tail = trace.tail(AVERAGED)
    names = {"running_loss": "train_loss", "running_acc": "train_acc", "val_loss": "test_loss", "val_acc": "test_acc"}
    return {ours: float(tail[theirs].mean()) for theirs, ours in names.items()}


def thin_epochs(epochs: list[int], most: int = PRUNED) -> list[int]:
    """At most so many of these, the last among them, evenly spaced in the square root of the epoch."""
    if len(epochs) <= most:
        return epochs
    places = np.array(epochs[1:])
    wanted = np.linspace(np.sqrt(places[0]), np.sqrt(places[-1]), most) ** 2
    return sorted({int(places[np.argmin(np.abs(places - w))]) for w in wanted} | {epochs[-1]})
