"""Which feature of an Ising snapshot a neuron follows.

Source: method 8.4; Manning-Coe et al. 2025, section 3 and appendix.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

FEATURES = ("energy", "magnetisation", "absolute magnetisation")


class LayerSummary(NamedTuple):
    """What a layer follows, feature by feature.

    Attributes:
        weighted: sum of w_k |r_k|, w_k being the neuron's share of the layer's total |z|.
        divided: the same over the number of neurons, as published.
        plain: mean of |r_k| over neurons that vary.
        neurons: share of neurons whose largest |r| is with this feature.
        activation: share of the layer's total |z| that is theirs.
    """

    weighted: Float[Array, " features"]
    divided: Float[Array, " features"]
    plain: Float[Array, " features"]
    neurons: Float[Array, " features"]
    activation: Float[Array, " features"]


def features(spins: Float[Array, "n side side"]) -> Float[Array, "n features"]:
    """Energy per bond -sum s_i s_j / (2 L^2), in [-1, 1]; magnetisation per site and its absolute value."""
    energy = -jnp.mean(spins * (jnp.roll(spins, 1, 1) + jnp.roll(spins, 1, 2)), axis=(1, 2)) / 2
    magnetisation = jnp.mean(spins, axis=(1, 2))
    return jnp.stack([energy, magnetisation, jnp.abs(magnetisation)], axis=1)


def pearson(z: Float[Array, "n units"], of: Float[Array, "n features"]) -> Float[Array, "units features"]:
    """Correlation over examples of every unit's pre-activation with every feature; NaN where either does not vary."""
    z, of = z - jnp.mean(z, axis=0), of - jnp.mean(of, axis=0)
    norms = jnp.linalg.norm(z, axis=0)[:, None] * jnp.linalg.norm(of, axis=0)
    # rounding leaves a unit that does not vary a norm of its own
    varies = jnp.linalg.norm(z, axis=0) > 1e-6 * jnp.max(jnp.linalg.norm(z, axis=0))
    return jnp.where(varies[:, None] & (norms > 0), z.T @ of / norms, jnp.nan)


def most_active(z: Float[Array, "n units"]) -> Array:
    """The unit with the largest mean |z|."""
    return jnp.argmax(jnp.mean(jnp.abs(z), axis=0))


def summary(z: Float[Array, "n units"], r: Float[Array, "units features"]) -> LayerSummary:
    """Of a layer with pre-activations z and correlations r; neurons without a correlation follow nothing."""
    share = jnp.sum(jnp.abs(z), axis=0) / jnp.sum(jnp.abs(z))
    known = ~jnp.isnan(r).any(axis=1)
    size = jnp.where(known[:, None], jnp.abs(r), 0)
    first = known[:, None] & (jnp.arange(r.shape[1]) == jnp.argmax(size, axis=1)[:, None])
    weighted = share @ size
    return LayerSummary(
        weighted=weighted,
        divided=weighted / len(share),
        plain=jnp.sum(size, axis=0) / jnp.sum(known),
        neurons=jnp.mean(first, axis=0),
        activation=share @ first,
    )
