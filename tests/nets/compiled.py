"""Nets as whole compiled functions: an uncompiled net is compiled operation by operation."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from grokscope.nets import TransformerNet


def loss_with_logits(net: TransformerNet, inputs: jax.Array, targets: jax.Array) -> tuple[jax.Array, jax.Array]:
    logits = net.batched(inputs)
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, targets)), logits


loss_and_gradient = jax.jit(jax.value_and_grad(loss_with_logits, has_aux=True))
_batched = jax.jit(lambda net, inputs, key: net.batched(inputs, key=key))
_single = jax.jit(lambda net, tokens: net(tokens))


def outputs(net: TransformerNet, inputs: np.ndarray, key: jax.Array | None = None) -> np.ndarray:
    """Logits for many examples."""
    return np.asarray(_batched(net, jnp.asarray(inputs), key))


def output(net: TransformerNet, tokens: np.ndarray) -> np.ndarray:
    """Logits for one example, in eval mode."""
    return np.asarray(_single(net, jnp.asarray(tokens)))
