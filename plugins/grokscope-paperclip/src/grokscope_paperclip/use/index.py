"""The nearest vectors: exactly in NumPy, or through faiss where it is installed and there are very many."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Protocol

import numpy as np

from grokscope.spec import InputError

Array = np.ndarray
BLOCK = 1 << 17
EXACT_UP_TO = 1_000_000


class Index(Protocol):
    """Something that finds the vectors nearest to a query."""

    def nearest(self, query: Array, k: int) -> tuple[Array, Array]:
        """(scores, places) of the k vectors with the largest inner products, best first."""


class Exact:
    """A matrix product in blocks; ties keep the order of the vectors."""

    def __init__(self, vectors: Array):
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)

    def nearest(self, query: Array, k: int) -> tuple[Array, Array]:
        scores = np.empty(len(self.vectors), np.float32)
        query = np.asarray(query, np.float32)
        for start in range(0, len(scores), BLOCK):
            np.matmul(self.vectors[start : start + BLOCK], query, out=scores[start : start + BLOCK])
        k = min(k, len(scores))
        if k == 0:
            return np.zeros(0, np.float32), np.zeros(0, np.int64)
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        places = np.flatnonzero(scores >= least)
        places = places[np.argsort(-scores[places], kind="stable")][:k]
        return scores[places], places


class Faiss:
    """faiss: graph search, approximate."""

    def __init__(self, vectors: Array, neighbours: int = 32):
        import faiss

        self._index = faiss.IndexHNSWFlat(vectors.shape[1], neighbours, faiss.METRIC_INNER_PRODUCT)
        self._index.hnsw.efSearch = 128
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def nearest(self, query: Array, k: int) -> tuple[Array, Array]:
        scores, places = self._index.search(np.asarray(query, np.float32)[None], min(k, self._index.ntotal))
        found = places[0] >= 0
        return scores[0][found], places[0][found]


def index_of(vectors: Array, how: str = "auto") -> Index:
    """`exact`, `faiss`, or `auto`: exact up to a million vectors, and wherever faiss is not installed."""
    if how not in ("auto", "exact", "faiss"):
        raise InputError(f"index: found {how!r}, expected auto, exact or faiss")
    there = find_spec("faiss") is not None
    if how == "faiss" and not there:
        raise InputError("index: found no faiss, expected it to be installed: pip install faiss-cpu")
    return (
        Faiss(vectors) if how == "faiss" or (how == "auto" and there and len(vectors) > EXACT_UP_TO) else Exact(vectors)
    )
