"""Retrieval metrics of embeddings, as in the paper and beyond it.

Everywhere: embeddings are rows of unit length; a rank is 1 plus how many scores are strictly larger, so that ties
count in favour; k % of n candidates are floor(k n / 100), but at least one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

Array = np.ndarray
BLOCK = 1024


def ranks(queries: Array, candidates: Array, positive: Array) -> Array:
    """(n,) rank of candidate `positive[i]` for query i."""
    found = np.empty(len(queries), dtype=np.int64)
    for start in range(0, len(queries), BLOCK):
        scores = queries[start : start + BLOCK] @ candidates.T
        right = scores[np.arange(len(scores)), positive[start : start + BLOCK]]
        found[start : start + BLOCK] = 1 + (scores > right[:, None]).sum(axis=1)
    return found


def best_ranks(queries: Array, candidates: Array, query_of: Array, candidate_of: Array) -> Array:
    """(n,) best rank among the candidates whose label is the query's."""
    found = np.empty(len(queries), dtype=np.int64)
    for start in range(0, len(queries), BLOCK):
        scores = queries[start : start + BLOCK] @ candidates.T
        same = query_of[start : start + BLOCK, None] == candidate_of[None, :]
        right = np.where(same, scores, -np.inf).max(axis=1)
        found[start : start + BLOCK] = 1 + ((scores > right[:, None]) & ~same).sum(axis=1)
    return found


def share_within(rank: Array, share: float, n: int) -> float:
    """Fraction of ranks in the first `share` of n candidates."""
    return float(np.mean(rank <= top(share, n)))


def top(share: float, n: int) -> int:
    """Number of candidates in the first `share` of n."""
    return max(1, int(np.floor(share * n + 1e-9)))


def curve(rank: Array, n: int, shares: Array) -> Array:
    """Retrieval accuracy at shares of n candidates: monotone, 1 at a share of 1."""
    return np.array([share_within(rank, share, n) for share in shares])


def mean_average_precision(queries: Array, candidates: Array, query_of: Array, candidate_of: Array) -> float:
    """Mean over queries of the average precision, every candidate of the query's label being right."""
    total = []
    for start in range(0, len(queries), BLOCK):
        order = np.argsort(-(queries[start : start + BLOCK] @ candidates.T), axis=1, kind="stable")
        right = candidate_of[order] == query_of[start : start + BLOCK, None]
        precision = right.cumsum(axis=1) / np.arange(1, right.shape[1] + 1)
        total.append((precision * right).sum(axis=1) / np.maximum(right.sum(axis=1), 1))
    return float(np.concatenate(total).mean())


def batch_top(images: Array, texts: Array, k: int, batch: int, seed: int = 0) -> float:
    """The paper's training metric: text to image, the k best of each batch of pairs, batches drawn once."""
    order = np.random.default_rng(seed).permutation(len(images))
    hits = []
    for start in range(0, len(order) - batch + 1, batch):
        rows = order[start : start + batch]
        hits.append(ranks(texts[rows], images[rows], np.arange(batch)) <= k)
    return float(np.concatenate(hits).mean()) if hits else float("nan")


def infonce(images: Array, texts: Array, scale: float) -> float:
    """The InfoNCE loss of a batch in float64 nats, both directions averaged."""
    scores = scale * images.astype(np.float64) @ texts.astype(np.float64).T
    diagonal = np.diag(scores)

    def lost(table: Array) -> float:
        largest = table.max(axis=1)
        return float(np.mean(largest + np.log(np.exp(table - largest[:, None]).sum(axis=1)) - diagonal))

    return (lost(scores) + lost(scores.T)) / 2


def auroc(positive: Array, negative: Array) -> float:
    """Chance that a positive score is above a negative one, ties counted half."""
    both = rankdata(np.concatenate([positive, negative]))
    n, m = len(positive), len(negative)
    return float((both[:n].sum() - n * (n + 1) / 2) / (n * m))


def cosines(images: Array, texts: Array, groups: Array, seed: int = 0) -> tuple[Array, Array]:
    """Cosines of true pairs, and of as many pairs of different groups."""
    rng, n = np.random.default_rng(seed), len(images)
    other = rng.permutation(n)
    for _ in range(100):
        if not (same := groups == groups[other]).any() or len(np.unique(groups)) < 2:
            break
        other[same] = rng.integers(n, size=int(same.sum()))
    keep = groups != groups[other]
    return np.sum(images * texts, axis=1), np.sum(images[keep] * texts[other[keep]], axis=1)


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval, by bootstrap over `n` groups."""

    value: float
    low: float
    high: float
    n: int


def bootstrap(values: Array, groups: Array, *, samples: int = 1000, seed: int = 0) -> Interval:
    """The mean of `values` with percentiles of it under resampling whole groups (proposals) with replacement."""
    _, which = np.unique(groups, return_inverse=True)
    sums, sizes = np.bincount(which, weights=values), np.bincount(which)
    draws = np.random.default_rng(seed).integers(len(sums), size=(samples, len(sums)))
    means = sums[draws].sum(axis=1) / sizes[draws].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(np.mean(values)), float(low), float(high), len(sums))


def paired_difference(one: Array, other: Array, groups: Array, *, samples: int = 1000, seed: int = 0) -> Interval:
    """The mean difference of two models on the same images, by bootstrap over groups."""
    return bootstrap(one.astype(float) - other.astype(float), groups, samples=samples, seed=seed)


def precision_at(ranked_right: Array, ranked_groups: Array, k: int) -> tuple[float, int]:
    """Precision of the first k hits, and how many distinct groups are among them."""
    return float(np.mean(ranked_right[:k])), len(np.unique(ranked_groups[:k]))
