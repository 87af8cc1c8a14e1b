"""What a second core gives, and what compiling costs: the quick suite from the command line, three times over.

    python benchmarks/cores.py [--epochs 3000] [--folder out/benchmarks/cores]

First on all cores with an empty compilation cache, then on all with what that left, then on one. `--epochs` ends every
run earlier than the suite does: the programs are the same, so compiling costs the same seconds, of less time in all.
Compiling is what JAX reports of it in all processes: tracing, lowering, XLA, or fetching a program from the cache.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML

from grokscope.cores import available_cores

QUICK = Path(__file__).parent.parent / "suites" / "quick.yaml"
REPORTED = re.compile(
    r"Finished (tracing|jaxpr to MLIR|XLA compilation).*?(?:jit\((.*?)\)|(\S+) for p?jit) in ([0-9.e-]+) sec"
)
"""Lines of JAX's log: what was done, for which function, in how many seconds."""


class Walk(NamedTuple):
    """A walk through the suite: wall seconds, and seconds that its workers compiled, all together."""

    workers: int
    seconds: float
    compiling: float

    @property
    def share(self) -> float:
        """Of the workers' time."""
        return self.compiling / (self.workers * self.seconds)


def walk(suite: Path, folder: Path, workers: int, cache: Path) -> Walk:
    """The suite into a new ledger."""
    where = ["--store", folder / "ledger.sqlite", "--out", folder / "out", "--workers", workers]
    command = [Path(sys.executable).with_name("grokscope"), "run", suite, *where]
    settings = os.environ | {"GROKSCOPE_CACHE": str(cache), "JAX_LOG_COMPILES": "1"}
    began = time.perf_counter()
    done = subprocess.run(list(map(str, command)), env=settings, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"grokscope run: exit status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Walk(workers, seconds, compiled_in(done.stderr))


def compiled_in(said: str) -> float:
    """Seconds by JAX's log. What is traced inside of something that is compiled is part of that already."""
    parts = [(part, inside or outside, float(took)) for part, inside, outside, took in REPORTED.findall(said)]
    compiled = {name for part, name, _ in parts if part == "XLA compilation"}
    return sum(took for _, name, took in parts if name in compiled)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, help="the most of a run (default: as the suite says)")
    parser.add_argument("--folder", type=Path, default=Path("out/benchmarks/cores"), help="where to put it all")
    options = parser.parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    yaml = YAML(typ="safe")
    suite = yaml.load(QUICK)
    if options.epochs:
        suite["defaults"]["max_epochs"] = options.epochs
    path = options.folder / "quick.yaml"
    yaml.dump(suite, path)

    cache, n = options.folder / "cache", len(available_cores())
    walks = {}
    for name, workers in (("first start", n), ("second start", n), ("one core", 1)):
        walks[name] = walk(path, options.folder / name.replace(" ", "-"), workers, cache)
        took = walks[name]
        print(
            f"{name}: {took.workers} workers, {took.seconds:.0f} s, compiling {took.compiling:.1f} s of theirs "
            f"({took.share:.1%})",
            flush=True,
        )
    print(f"{n} cores against one: {walks['one core'].seconds / walks['second start'].seconds:.2f} times")


if __name__ == "__main__":
    main()
