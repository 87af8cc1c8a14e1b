"""How much a driver can hear of Ray's workers: checkpoints a second, 32 in one object, of three sizes. Needs Ray."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from grokscope import AdamW, Run
from grokscope.measurements import Groks
from grokscope.nets import Transformer
from grokscope.tasks import Modular
from grokscope.training.outcomes import Checkpoint
from grokscope.workers.actor import BATCH
from grokscope.workers.sites import open_site

WORKERS = 2
RUN = Run(Modular(113), Transformer(64), AdamW(), Groks(), max_epochs=1000)
OBJECTS = {1: 400, 64: 400, 1024: 60}
"""KiB of a checkpoint -> objects of a worker."""


class Talker:
    """Says the same again and again."""

    def __init__(self, n: int, kib: int):
        self.n, self.batch = n, [Checkpoint(RUN, i, os.urandom(1024 * kib)) for i in range(BATCH)]

    def is_ready(self) -> bool:
        return True

    def talk(self) -> Iterator[list[Checkpoint]]:
        for _ in range(self.n):
            yield self.batch


def heard(kib: int, objects: int) -> tuple[float, float]:
    """Checkpoints a second, and the driver's share of a core meanwhile."""
    import ray

    from grokscope.workers.cluster import wait_for_streams

    talkers = [ray.remote(Talker).options(num_cpus=1).remote(objects, kib) for _ in range(WORKERS)]
    ray.get([talker.is_ready.remote() for talker in talkers])
    began, cpu, n = time.perf_counter(), time.process_time(), 0
    streams = [talker.talk.remote() for talker in talkers]
    while streams:
        for stream in wait_for_streams(streams, 1.0):
            try:
                n += len(ray.get(next(stream)))
            except StopIteration:
                streams.remove(stream)
    seconds = time.perf_counter() - began
    return n / seconds, (time.process_time() - cpu) / seconds


def main() -> None:
    with open_site("ray", WORKERS, chunk_seconds=1.0):
        for kib, objects in OBJECTS.items():
            rate, share = heard(kib, objects)
            print(f"{kib:5} KiB: {rate:8,.0f} checkpoints a second, {share:.0%} of a core at the driver")


if __name__ == "__main__":
    main()
