"""Exact search in a million vectors: milliseconds a query, and the share of a plain sort that it takes, in one call.

Wall time is what a user waits; CPU time, over all threads, is what it costs where other work shares the machine.
"""

from __future__ import annotations

import time

import numpy as np

from grokscope_paperclip.use.index import Exact

VECTORS, DIM, QUERIES, BEST = 1_000_000, 512, 9, 100


def median_ms(work: object, queries: np.ndarray) -> tuple[float, float]:
    """Medians over queries of one call's milliseconds, on the wall and of the CPU."""
    times = []
    for query in queries:
        began, busy = time.perf_counter(), time.process_time()
        work(query)  # type: ignore[operator]
        times.append((time.perf_counter() - began, time.process_time() - busy))
    wall, cpu = 1000 * np.median(times, axis=0)
    return float(wall), float(cpu)


def main() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((VECTORS, DIM), dtype=np.float32)
    index, queries = Exact(vectors), vectors[:QUERIES]
    for name, work in (
        ("exact search", lambda query: index.nearest(query, BEST)),
        ("product and sort", lambda query: np.argsort(-(vectors @ query))[:BEST]),
    ):
        wall, cpu = median_ms(work, queries)
        print(f"{name}, {VECTORS:,} vectors of {DIM}: {wall:.0f} ms a query on the wall, {cpu:.0f} ms of CPU")


if __name__ == "__main__":
    main()
