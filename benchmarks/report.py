"""How long the report of a large suite takes, in how much memory, and how fast its page opens.

    python benchmarks/report.py [--seeds 18] [--folder out/benchmarks/report]

Makes a ledger of finished runs that were never trained, through the ledger's own writer: the central suite to width
256, ten primes, 18 seeds, 20 216 runs, each with the trace of a made-up race (`simulation.Truth`). Then reports
it in a process of its own, as `grokscope report` does, and prints seconds and peak memory; then opens the page in a
headless Chromium, if there is one, and prints how long that took. A ledger that is there is used again.
"""

from __future__ import annotations

import argparse
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from synthetic import fill, text

from grokscope.ledger import open_ledger
from grokscope.suite import parse_suite


def opening_seconds(page: Path) -> float | None:
    """From asking a headless Chromium for the page until it is drawn, by the page's own clock: the best of three."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        return None

    def seconds() -> float:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom")
            done = subprocess.run(
                [chromium, *flags, f"--user-data-dir={profile}", page.as_uri()],
                capture_output=True,
                text=True,
                check=True,
            )
        drawn = re.search(r'<html[^>]* data-drawn="(\d+)"', done.stdout)
        if drawn is None:
            raise SystemExit(f"{page}: found a page that did not draw itself")
        return int(drawn[1]) / 1000

    return min(seconds() for _ in range(3))


def main() -> None:
    """Make the ledger if it is not there, report it, open the page; print what each took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=18, help="seeds of every cell (default 18: 20 216 runs)")
    parser.add_argument("--folder", type=Path, default=Path("out/benchmarks/report"), help="where to put it all")
    options = parser.parse_args()
    suite = parse_suite(text(options.seeds))
    options.folder.mkdir(parents=True, exist_ok=True)
    source, store = options.folder / "synthetic.yaml", options.folder / f"ledger-{options.seeds}.sqlite"
    source.write_text(suite.text, encoding="utf-8")
    begun = time.perf_counter()
    with open_ledger(store) as ledger:
        states = ledger.states(suite=suite.name) if len(ledger.suites()) else {}
        if set(states.values()) != {"done"}:
            made = fill(ledger, suite)
            print(f"ledger: {made} runs in {time.perf_counter() - begun:.0f} s, {store.stat().st_size / 2**20:.0f} MiB")
    begun = time.perf_counter()
    command = [sys.executable, "-m", "grokscope", "report", str(source)]
    subprocess.run([*command, "--store", str(store), "--out", str(options.folder)], check=True, capture_output=True)
    took = time.perf_counter() - begun
    # Linux counts in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"report of {len(suite.runs)} runs: {took:.1f} s, {spent.ru_utime + spent.ru_stime:.0f} s of processor time, "
        f"peak memory of a process {peak / 2**30:.2f} GiB"
    )
    page = options.folder / "reports" / suite.name / "index.html"
    print(f"page: {page.stat().st_size / 2**20:.1f} MiB", end="")
    opening = opening_seconds(page.absolute())
    print("; no chromium to open it in" if opening is None else f", drawn {opening:.2f} s after it is opened")


if __name__ == "__main__":
    main()
