"""Which frequencies a net of modular arithmetic has found: spectra of its units, and how localised they are.

The convention is the complex discrete Fourier transform along the p numbers, nothing dropped: a real wave of one
frequency then has an inverse participation ratio of 1/2. Source: method 8.3; Manning-Coe et al.
2025, section 3, after Gromov 2023.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

LIVE = 1e-3
"""A unit is live whose outgoing weights have at least this share of the largest norm of any unit's."""


class Localisation(NamedTuple):
    """How localised each hidden unit is in frequency.

    Attributes:
        embedding: mean over the operands of the IPR of the unit's incoming weights; NaN where all of them are zero.
        unembedding: IPR of its outgoing weights.
        dc: share of the outgoing power at frequency zero.
        dominant: the frequency from 1 to p // 2 with the most outgoing power.
        live: whether the unit still does anything: coupled decay drives what is not used to zero.
    """

    embedding: Float[Array, " hidden"]
    unembedding: Float[Array, " hidden"]
    dc: Float[Array, " hidden"]
    dominant: Float[Array, " hidden"]
    live: Bool[Array, " hidden"]


def power(vectors: Float[Array, "*batch p"]) -> Float[Array, "*batch p"]:
    """|W_nu|^2 of the complex discrete Fourier transform, nu = 0 .. p - 1."""
    return jnp.abs(jnp.fft.fft(vectors)) ** 2


def ipr(vectors: Float[Array, "*batch p"]) -> Float[Array, "*batch"]:
    """Sum of |W_nu|^4 over the square of the sum of |W_nu|^2; NaN where a vector is zero.

    Each vector is scaled by its largest element first, so that denormal ones do not underflow.
    """
    largest = jnp.max(jnp.abs(vectors), axis=-1, keepdims=True)
    spectrum = power(vectors / largest)
    return jnp.sum(spectrum**2, axis=-1) / jnp.sum(spectrum, axis=-1) ** 2


def live_units(unembedding: Float[Array, "hidden p"]) -> Bool[Array, " hidden"]:
    """Units whose outgoing norm is at least `LIVE` of the largest."""
    norm = jnp.linalg.norm(unembedding, axis=-1)
    live: Array = norm > LIVE * jnp.max(norm)
    return live


def localisation(embedding: Float[Array, "operands hidden p"], unembedding: Float[Array, "hidden p"]) -> Localisation:
    """Of every hidden unit: weights from each operand's number to it, and from it to each answer."""
    spectrum = power(unembedding)
    half = spectrum.shape[-1] // 2
    return Localisation(
        embedding=jnp.mean(ipr(embedding), axis=0),
        unembedding=ipr(unembedding),
        dc=spectrum[..., 0] / jnp.sum(spectrum, axis=-1),
        dominant=1 + jnp.argmax(spectrum[..., 1 : half + 1], axis=-1),
        live=live_units(unembedding),
    )


def means(values: Float[Array, " hidden"], live: Bool[Array, " hidden"]) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Mean over the live units, and over all, for which a unit whose weights are zero counts as 0."""
    defined = jnp.nan_to_num(values)
    return jnp.sum(jnp.where(live, defined, 0)) / jnp.sum(live), jnp.mean(defined)
