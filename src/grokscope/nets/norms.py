"""RMSNorm and LayerNorm, whose gain is left to the matrix that comes after."""

from __future__ import annotations

import jax
from jaxtyping import Array, Float

from grokscope.nets.layers import dense, spread, total

NORM_EPS = 1e-5


def over_rms(x: Float[Array, "*rows dim"]) -> Float[Array, "*rows 1"]:
    """One over the root mean square of every row."""
    return jax.lax.rsqrt(total(x * x) / x.shape[-1] + NORM_EPS)


def centred(x: Float[Array, "*rows dim"]) -> Float[Array, "*rows dim"]:
    """Every row without its mean."""
    return x - spread(total(x) / x.shape[-1], x.shape[-1])


@jax.custom_vjp
def unit(x: Float[Array, "*rows dim"]) -> Float[Array, "*rows dim"]:
    """Every row over its root mean square."""
    return x * spread(over_rms(x), x.shape[-1])


def _unit(x: Array) -> tuple[Array, tuple[Array, Array]]:
    scale = over_rms(x)
    one = x * spread(scale, x.shape[-1])
    return one, (one, scale)


def _unit_gradient(of: tuple[Array, Array], along: Array) -> tuple[Array]:
    """What is left of `along` across the row. Divided by the root mean square, not multiplied by one over it: XLA forms
    a product again for everything that is made of it, but a quotient once."""
    one, scale = of
    dim = one.shape[-1]
    return ((along - one * spread(total(along * one) / dim, dim)) / spread(1 / scale, dim),)


unit.defvjp(_unit, _unit_gradient)


def normal(x: Float[Array, "*rows dim"], bias: Float[Array, " dim"] | None) -> Float[Array, "*rows dim"]:
    """RMSNorm before its gain; of a norm with a bias LayerNorm, which also takes the mean away."""
    return unit(x if bias is None else centred(x))


def gained(weight: Float[Array, "dim n"], gain: Float[Array, " dim"]) -> Float[Array, "dim n"]:
    """The matrix that does what a norm's gain and then `weight` do: there are fewer numbers in it than in the rows."""
    return spread(gain[:, None], weight.shape[-1]) * weight


def dense_gained(
    x: Float[Array, "*rows dim"],
    weight: Float[Array, "dim n"],
    gain: Float[Array, " dim"],
    bias: Float[Array, " dim"] | None,
) -> Float[Array, "*rows n"]:
    """`weight` of a `normal` stream with the norm's gain and, if it has one, its bias."""
    product = dense(x, gained(weight, gain))
    return product if bias is None else product + bias @ weight
