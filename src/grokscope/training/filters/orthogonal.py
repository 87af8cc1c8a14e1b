"""The orthogonal gradient: what would only make the parameters longer or shorter is taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import optax

from grokscope.registry import register
from grokscope.run import Filter
from grokscope.spec import static
from grokscope.training.flat import Unravel, apply_to_arrays

TINY = 1e-30
"""As in the published code: a gradient that lies along the parameters becomes nothing, not NaN."""


@register
@dataclass(frozen=True)
class Orthogonal(Filter):
    """g - (theta.g / theta.theta) theta.

    `of`: theta is all parameters as one vector, or every `array` its own. `length`: the projected gradient as it is,
    or stretched to the length that g had. Source: Prieto et al. 2025, "Grokking at the edge of numerical stability",
    arXiv 2501.04697, equation of the orthogonal gradient; their code has `of: array, length: kept`.
    """

    kind = "orthogonal"

    of: Literal["net", "array"] = static("net", choices=("net", "array"))
    length: Literal["projected", "kept"] = static("projected", choices=("projected", "kept"))

    def transform(self, hyper: dict[str, Any], unravel: Unravel) -> optax.GradientTransformation:
        """The Optax transformation; no field is traced."""
        whole = optax.stateless(lambda gradient, params: jax.tree.map(self.project, gradient, params))
        return apply_to_arrays(whole, unravel) if self.of == "array" else whole

    def project(self, gradient: jax.Array, params: jax.Array) -> jax.Array:
        """The gradient's part at right angles to the parameters."""
        along = jnp.vdot(params, gradient) / (jnp.vdot(params, params) + TINY)
        across: jax.Array = gradient - along * params
        if self.length == "kept":
            across = across * (jnp.linalg.norm(gradient) / (jnp.linalg.norm(across) + TINY))
        return across
