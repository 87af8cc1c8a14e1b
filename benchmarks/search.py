"""Exact search in a million vectors: milliseconds a query, and the share of a plain sort that it takes, in one call."""

from __future__ import annotations

import time

import numpy as np

from grokscope.studies.paperclip.use.index import Exact

VECTORS, DIM, QUERIES, BEST = 1_000_000, 512, 9, 100


def median_ms(work: object, queries: np.ndarray) -> float:
    """Median over queries of one call's milliseconds."""
    times = []
    for query in queries:
        began = time.perf_counter()
        work(query)  # type: ignore[operator]
        times.append(1000 * (time.perf_counter() - began))
    return float(np.median(times))


def main() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((VECTORS, DIM), dtype=np.float32)
    index, queries = Exact(vectors), vectors[:QUERIES]
    ours = median_ms(lambda query: index.nearest(query, BEST), queries)
    plain = median_ms(lambda query: np.argsort(-(vectors @ query))[:BEST], queries)
    print(f"exact search, {VECTORS:,} vectors of {DIM}: {ours:.0f} ms a query; product and sort {plain:.0f} ms, "
          f"{plain / ours:.1f} times as long")  # fmt: skip


if __name__ == "__main__":
    main()
