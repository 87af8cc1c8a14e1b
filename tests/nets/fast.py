"""Nets as whole compiled functions, little optimised: an uncompiled net is compiled operation by operation."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from grokscope.nets import TransformerNet

FAST_COMPILE = {"xla_backend_optimization_level": 0}
"""Most tests of nets are of the net as it is written; what the compiler makes of it is tested with whole trainings."""


def loss_with_logits(net: TransformerNet, inputs: jax.Array, targets: jax.Array) -> tuple[jax.Array, jax.Array]:
    logits = net.batched(inputs)
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, targets)), logits


loss_and_gradient = jax.jit(jax.value_and_grad(loss_with_logits, has_aux=True), compiler_options=FAST_COMPILE)
_batched = jax.jit(lambda net, inputs, key: net.batched(inputs, key=key), compiler_options=FAST_COMPILE)
_single = jax.jit(lambda net, tokens: net(tokens), compiler_options=FAST_COMPILE)


def outputs(net: TransformerNet, inputs: np.ndarray, key: jax.Array | None = None) -> np.ndarray:
    """Logits for many examples."""
    return np.asarray(_batched(net, jnp.asarray(inputs), key))


def output(net: TransformerNet, tokens: np.ndarray) -> np.ndarray:
    """Logits for one example, in eval mode."""
    return np.asarray(_single(net, jnp.asarray(tokens)))
