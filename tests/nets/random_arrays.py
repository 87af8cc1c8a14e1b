"""Published arrays of any shape, with nothing left at a special value: no gain is 1, no bias 0."""

import numpy as np

from oracle import Arrays


def published_arrays(p: int = 13, dim: int = 8, *, depth: int = 2, heads: int = 1, seed: int = 0) -> Arrays:
    """Random float64 parameters under the published names."""
    draw = np.random.default_rng(seed)
    vocab, hidden = p + 2, 4 * dim

    def weight(n_out: int, n_in: int) -> np.ndarray:
        return draw.uniform(-1, 1, (n_out, n_in)) * 1.5 / np.sqrt(n_in)

    arrays = {"embedding": draw.normal(size=(vocab, dim)), "norm": random_gain(draw, dim), "out": weight(vocab, dim)}
    for i in range(depth):
        arrays |= {f"layer{i}.{name}": weight(dim, dim) for name in ("wq", "wk", "wv", "wo")}
        arrays |= {f"layer{i}.{name}": weight(hidden, dim) for name in ("w1", "w3")}
        arrays |= {f"layer{i}.{name}": random_gain(draw, dim) for name in ("attn_norm", "ffn_norm")}
        arrays[f"layer{i}.w2"] = weight(dim, hidden)
        if heads > 1:
            arrays |= {f"layer{i}.proj_weight": weight(dim, dim), f"layer{i}.proj_bias": draw.normal(size=dim)}
    return arrays


def random_gain(draw: np.random.Generator, dim: int) -> np.ndarray:
    return draw.uniform(0.5, 1.5, dim)


def random_tokens(p: int = 13, n: int = 24, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Random examples, every id at every position."""
    draw = np.random.default_rng(seed)
    return draw.integers(0, p + 2, (n, 4), dtype=np.int32), draw.integers(0, p + 2, n, dtype=np.int32)
