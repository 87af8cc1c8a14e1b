"""The published network and its training step a second time: plain float64 NumPy, no shortcut, no autodiff.

Written from the description in Song & Ye 2026 and from nothing in `grokscope`. Every position of every block is
computed; the backward pass is derived by hand. Parameters are named arrays as the published framework keeps them:
`embedding`, `layerI.attn_norm|wq|wk|wv|wo|proj_weight|proj_bias|ffn_norm|w1|w2|w3`, `norm`, `out`; weights (out, in).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

Arrays = dict[str, np.ndarray]
Masks = dict[str, np.ndarray]
"""Factors on what dropout acts on: `layerI.ffn` (batch, 4, hidden) and, with heads > 1, `layerI.attn` (batch, 4, d)."""

EPS_NORM = 1e-5
BASE = 1e6


class Model(NamedTuple):
    """What is not in the arrays."""

    heads: int
    rotary: str = "published"
    masks: Masks | None = None

    def mask(self, name: str) -> np.ndarray | float:
        return 1.0 if self.masks is None else self.masks[name]


def depth_of(params: Arrays) -> int:
    return sum(name.endswith(".wq") for name in params)


def norm(x: np.ndarray, gain: np.ndarray) -> np.ndarray:
    return x * (np.mean(x**2, axis=-1, keepdims=True) + EPS_NORM) ** -0.5 * gain


def norm_back(x: np.ndarray, gain: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of `norm` by its input and by its gain."""
    r = (np.mean(x**2, axis=-1, keepdims=True) + EPS_NORM) ** -0.5
    dxg = dy * gain
    return r * dxg - x * r**3 * np.mean(x * dxg, axis=-1, keepdims=True), rows(dy * x * r).sum(axis=0)


def rows(x: np.ndarray) -> np.ndarray:
    return x.reshape(-1, x.shape[-1])


def linear_back(x: np.ndarray, weight: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of x @ weight.T by x and by weight."""
    return dy @ weight, rows(dy).T @ rows(x)


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def split_heads(x: np.ndarray, heads: int) -> np.ndarray:
    """(batch, 4, d) -> (batch, heads, 4, d / heads)."""
    batch, length, dim = x.shape
    return x.reshape(batch, length, heads, dim // heads).transpose(0, 2, 1, 3)


def join_heads(x: np.ndarray) -> np.ndarray:
    batch, heads, length, dim_head = x.shape
    return x.transpose(0, 2, 1, 3).reshape(batch, length, heads * dim_head)


def rotate(x: np.ndarray, rotary: str, sign: float = 1.0) -> np.ndarray:
    """x (batch, heads, 4, dim_head), pair (2j, 2j+1) turned by index * BASE^(-2j / dim_head).

    `published` takes the axis of the heads for the axis of the positions: head h is turned by h at every position.
    """
    if rotary == "none":
        return x
    _, heads, length, dim_head = x.shape
    frequency = BASE ** (-np.arange(0, dim_head, 2) / dim_head)
    index = np.arange(heads)[:, None, None] if rotary == "published" else np.arange(length)[None, :, None]
    angle = sign * index * frequency
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = np.empty_like(x)
    turned[..., 0::2] = even * np.cos(angle) - odd * np.sin(angle)
    turned[..., 1::2] = even * np.sin(angle) + odd * np.cos(angle)
    return turned


def attention(params: Arrays, i: int, x: np.ndarray, model: Model) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """What attention adds to the residual stream, and what its backward pass needs."""
    n = norm(x, params[f"layer{i}.attn_norm"])
    q, k, v = (split_heads(n @ params[f"layer{i}.{name}"].T, model.heads) for name in ("wq", "wk", "wv"))
    q, k = rotate(q, model.rotary), rotate(k, model.rotary)
    length = x.shape[1]
    causal = np.where(np.tri(length, dtype=bool), 0.0, -np.inf)
    weights = softmax(q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]) + causal)
    read = join_heads(weights @ v)
    out = read @ params[f"layer{i}.wo"].T
    cache = {"x": x, "n": n, "q": q, "k": k, "v": v, "weights": weights, "read": read, "out": out}
    if model.heads > 1:
        projected = out @ params[f"layer{i}.proj_weight"].T + params[f"layer{i}.proj_bias"]
        out = projected * model.mask(f"layer{i}.attn")
    return out, cache


def attention_back(
    params: Arrays, grads: Arrays, i: int, c: dict[str, np.ndarray], dy: np.ndarray, model: Model
) -> np.ndarray:
    """Gradient by the residual stream that attention read; parameter gradients go into `grads`."""
    if model.heads > 1:
        dy = dy * model.mask(f"layer{i}.attn")
        grads[f"layer{i}.proj_bias"] = rows(dy).sum(axis=0)
        dy, grads[f"layer{i}.proj_weight"] = linear_back(c["out"], params[f"layer{i}.proj_weight"], dy)
    dread, grads[f"layer{i}.wo"] = linear_back(c["read"], params[f"layer{i}.wo"], dy)
    dread = split_heads(dread, model.heads)
    dweights = dread @ c["v"].swapaxes(-1, -2)
    w = c["weights"]
    dscores = w * (dweights - np.sum(w * dweights, axis=-1, keepdims=True)) / np.sqrt(c["q"].shape[-1])
    dq = rotate(dscores @ c["k"], model.rotary, sign=-1.0)
    dk = rotate(dscores.swapaxes(-1, -2) @ c["q"], model.rotary, sign=-1.0)
    dv = w.swapaxes(-1, -2) @ dread
    dn = np.zeros_like(c["n"])
    for name, d in (("wq", dq), ("wk", dk), ("wv", dv)):
        part, grads[f"layer{i}.{name}"] = linear_back(c["n"], params[f"layer{i}.{name}"], join_heads(d))
        dn += part
    dx, grads[f"layer{i}.attn_norm"] = norm_back(c["x"], params[f"layer{i}.attn_norm"], dn)
    return dx


def feed_forward(params: Arrays, i: int, x: np.ndarray, model: Model) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """w2(dropout(silu(w1 x) * (w3 x))) of the normed stream, and what its backward pass needs."""
    n = norm(x, params[f"layer{i}.ffn_norm"])
    gate, up = n @ params[f"layer{i}.w1"].T, n @ params[f"layer{i}.w3"].T
    hidden = gate * sigmoid(gate) * up * model.mask(f"layer{i}.ffn")
    return hidden @ params[f"layer{i}.w2"].T, {"x": x, "n": n, "gate": gate, "up": up, "hidden": hidden}


def feed_forward_back(
    params: Arrays, grads: Arrays, i: int, c: dict[str, np.ndarray], dy: np.ndarray, model: Model
) -> np.ndarray:
    """Gradient by the residual stream that the feed-forward read; parameter gradients go into `grads`."""
    dhidden, grads[f"layer{i}.w2"] = linear_back(c["hidden"], params[f"layer{i}.w2"], dy)
    dhidden = dhidden * model.mask(f"layer{i}.ffn")
    s = sigmoid(c["gate"])
    dgate = dhidden * c["up"] * s * (1 + c["gate"] * (1 - s))
    dup = dhidden * c["gate"] * s
    by_gate, grads[f"layer{i}.w1"] = linear_back(c["n"], params[f"layer{i}.w1"], dgate)
    by_up, grads[f"layer{i}.w3"] = linear_back(c["n"], params[f"layer{i}.w3"], dup)
    dx, grads[f"layer{i}.ffn_norm"] = norm_back(c["x"], params[f"layer{i}.ffn_norm"], by_gate + by_up)
    return dx


def forward(params: Arrays, inputs: np.ndarray, model: Model) -> tuple[np.ndarray, list[dict[str, np.ndarray]]]:
    """Logits (batch, V) at the last position, and what the backward pass needs."""
    x, caches = params["embedding"][inputs], []
    for i in range(depth_of(params)):
        for part in (attention, feed_forward):
            added, cache = part(params, i, x, model)
            x = x + added
            caches.append(cache)
    caches.append({"x": x})
    return norm(x, params["norm"])[:, -1] @ params["out"].T, caches


def logits(params: Arrays, inputs: np.ndarray, model: Model) -> np.ndarray:
    return forward(params, inputs, model)[0]


def loss_of(logits: np.ndarray, targets: np.ndarray) -> float:
    """Mean cross-entropy in nats."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return float(-np.mean(log_p[np.arange(len(targets)), targets]))


def loss(params: Arrays, inputs: np.ndarray, targets: np.ndarray, model: Model) -> float:
    return loss_of(logits(params, inputs, model), targets)


def gradient(params: Arrays, inputs: np.ndarray, targets: np.ndarray, model: Model) -> tuple[float, Arrays]:
    """Mean cross-entropy and its gradient by every parameter."""
    out, caches = forward(params, inputs, model)
    dout = softmax(out)
    dout[np.arange(len(targets)), targets] -= 1
    dout /= len(targets)
    grads: Arrays = {}
    x = caches.pop()["x"]
    last = np.zeros_like(x)
    last[:, -1], grads["out"] = linear_back(norm(x, params["norm"])[:, -1], params["out"], dout)
    dx, grads["norm"] = norm_back(x, params["norm"], last)
    for i in reversed(range(depth_of(params))):
        for back in (feed_forward_back, attention_back):
            dx = dx + back(params, grads, i, caches.pop(), dx, model)
    grads["embedding"] = np.zeros_like(params["embedding"])
    np.add.at(grads["embedding"], inputs, dx)
    return loss_of(out, targets), grads


class AdamW:
    """AdamW with decay decoupled and applied to everything."""

    def __init__(self, lr: float, weight_decay: float, beta1: float = 0.9, beta2: float = 0.98, eps: float = 1e-8):
        self.lr, self.weight_decay, self.betas, self.eps = lr, weight_decay, (beta1, beta2), eps
        self.moments: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self.t = 0

    def step(self, params: Arrays, grads: Arrays) -> Arrays:
        """The parameters one step on."""
        self.t += 1
        return {name: self._stepped(name, value, grads[name]) for name, value in params.items()}

    def _stepped(self, name: str, value: np.ndarray, g: np.ndarray) -> np.ndarray:
        (beta1, beta2), (m, v) = self.betas, self.moments.get(name, (np.zeros_like(g), np.zeros_like(g)))
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        self.moments[name] = (m, v)
        m_hat, v_hat = m / (1 - beta1**self.t), v / (1 - beta2**self.t)
        return value - self.lr * self.weight_decay * value - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
