"""The features that a net has found, snapshot by snapshot: frequencies, or what its neurons follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array

from grokscope.nets import CnnNet, MLPNet
from grokscope.nets.base import ExampleNet
from grokscope.probes import correlations, fourier
from grokscope.run import Run
from grokscope.studies.paths.facts.anatomy import is_one_layer
from grokscope.tasks import Dataset, Ising, Pairs
from grokscope.tasks.lattice import scramble

LAYERS = ("conv1", "conv2", "fc1")


@dataclass(frozen=True)
class Features:
    """Features of one snapshot.

    Attributes:
        scalars: by name, for a curve through training.
        units: a row for every neuron.
        layers: a row for every layer and feature (Ising).
        arrays: `spectrum` (frequency, unit) of the outgoing weights; `energy` and `active` of the neuron with the
            largest mean |z|.
    """

    scalars: dict[str, float] = field(default_factory=dict)
    units: pd.DataFrame = field(default_factory=pd.DataFrame)
    layers: pd.DataFrame = field(default_factory=pd.DataFrame)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


def find_features(run: Run, net: ExampleNet, data: Dataset) -> Features:
    """Find the features of a net on its task; none, where no features of it are known."""
    if isinstance(run.task, Pairs) and isinstance(net, MLPNet) and is_one_layer(net):
        return fourier_features(net)
    if isinstance(run.task, Ising) and isinstance(net, CnnNet):
        return ising_features(net, data.val_inputs, data.val_targets)
    return Features()


def fourier_features(net: MLPNet) -> Features:
    """Measure how localised the hidden units are in frequency, in 64 bits: live units alone, and all of them."""
    with jax.enable_x64(True):
        into, out = (jnp.asarray(np.asarray(layer.weight, np.float64)) for layer in net.layers)
        found, means, spectrum = _frequencies(into, out)
        scalars = {name: float(value) for name, value in means.items()}
        units = pd.DataFrame({name: np.asarray(column) for name, column in found._asdict().items()})
        return Features(scalars, units, arrays={"spectrum": np.asarray(spectrum)})


@jax.jit
def _frequencies(into: Array, out: Array) -> tuple[fourier.Localisation, dict[str, Array], Array]:
    p = out.shape[1]
    found = fourier.localisation(into.reshape(2, p, -1).transpose(0, 2, 1), out)
    means: dict[str, Array] = {}
    for name in ("embedding", "unembedding", "dc"):
        alive, every = fourier.means(getattr(found, name), found.live)
        means |= {f"{name}_live": alive, f"{name}_all": every}
    return found, means | {"live": jnp.sum(found.live)}, jnp.sqrt(fourier.power(out))[:, : p // 2 + 1].T


def ising_features(net: CnnNet, inputs: Any, labels: Any) -> Features:
    """Correlate neurons, a channel at a site being one, with energy and magnetisation on the test snapshots.

    And what the net makes of the same snapshots scrambled, which is magnetisation alone.
    """
    z, of, r, sums = _correlations(net, jnp.asarray(inputs))
    sums, layer_rows, unit_rows = jax.tree.map(np.asarray, sums), [], []
    for layer in LAYERS:
        for i, feature in enumerate(correlations.FEATURES):
            values = {name: float(column[i]) for name, column in sums[layer]._asdict().items()}
            layer_rows.append({"layer": layer, "feature": feature} | values)
        named = dict(zip(correlations.FEATURES, np.asarray(r[layer]).T, strict=True))
        unit_rows.append(pd.DataFrame({"layer": layer, "unit": np.arange(len(r[layer])), **named}))
    layers = pd.DataFrame(layer_rows)
    hidden = layers[layers["layer"] == "fc1"].set_index("feature")
    scalars = {f"weighted |r| {name}": float(hidden.loc[name, "weighted"]) for name in correlations.FEATURES}
    scalars |= {f"plain |r| {name}": float(hidden.loc[name, "plain"]) for name in correlations.FEATURES}
    scalars["accuracy"] = _accuracy(net, inputs, labels)
    scalars["accuracy, scrambled"] = _accuracy(net, scramble(np.asarray(inputs)), labels)
    best = int(correlations.most_active(z))
    arrays = {"energy": np.asarray(of[:, 0]), "active": np.asarray(z[:, best])}
    return Features(scalars, pd.concat(unit_rows, ignore_index=True), layers, arrays)


def _accuracy(net: CnnNet, inputs: Any, labels: Any) -> float:
    return float(np.mean(np.asarray(_predictions(net, jnp.asarray(inputs))) == np.asarray(labels)))


@eqx.filter_jit
def _predictions(net: CnnNet, inputs: Array) -> Array:
    return jnp.argmax(net.batched(inputs), axis=-1)


@eqx.filter_jit
def _correlations(net: CnnNet, inputs: Array) -> tuple[Array, Array, dict[str, Array], dict[str, Any]]:
    of = correlations.features(inputs[:, 0])
    z = {layer: units.reshape(len(inputs), -1) for layer, units in net.preactivations(inputs).items()}
    r = {layer: correlations.pearson(each, of) for layer, each in z.items()}
    return z["fc1"], of, r, {layer: correlations.summary(z[layer], r[layer]) for layer in z}
