"""The study of order beside its published numbers, and what its measure costs.

    python benchmarks/order.py [--store out/ledger.sqlite] [--suite order-quick] [--no-timing]

First the measure on matrices of normal random numbers, one core: exact at the size of 16 hidden units, exact and the
heuristic at growing sizes (D without pins, with the gap that is left), the heuristic at 200 units. Then every cell of
the suite that the ledger has (`make order` fills it with `order-quick`) beside the numbers measured anew from the
published code (outputs pinned: D, excess, loss, share that learned), and beside the published means (as many pins as
inputs); and the losses of complete layers and perceptrons beside what the published figures show.
"""

from __future__ import annotations

import argparse
import os
import time

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # before any library makes its thread pool

import numpy as np
import pandas as pd

from grokscope.ledger import LedgerError, open_ledger
from grokscope.probes.orderedness import Orderedness, orderedness
from grokscope.studies.order.sentences import describe_published
from grokscope.studies.order.study import conclude
from grokscope.suite import load_suite

SIZES = ((9, 1.0), (17, 1.0), (20, 1.0), (25, 1.0), (30, 0.3), (40, 0.1))
"""Units and density."""


def matrix(units: int, density: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(units)
    return rng.normal(size=(units, units)) * (rng.uniform(size=(units, units)) < density)


def timed(weights: np.ndarray, method: str, **options: float) -> tuple[Orderedness, float]:
    began = time.process_time()
    found = orderedness(weights, method=method, **options)  # type: ignore[arg-type]
    return found, time.process_time() - began


def timing() -> None:
    timed(matrix(9), "ilp")  # imports
    found, seconds = timed(matrix(17), "dp", pinned=1)
    print(f"16 hidden units and an output, exactly: {seconds:.2f} s (D = {found.value:.4f}, gap {found.gap:g})")
    found, seconds = timed(matrix(200), "heuristic")
    print(f"200 units, heuristic: {seconds:.1f} s (D = {found.value:.4f}, gap {found.gap:.4f})\n")
    print("CPU seconds of one core:\n")
    print("| units | density | exact D | gap | s | heuristic D | short of exact | s |")
    print("|---|---|---|---|---|---|---|---|")
    for units, density in SIZES:
        best, slow = timed(matrix(units, density), "auto")
        good, fast = timed(matrix(units, density), "heuristic")
        print(
            f"| {units} | {density:g} | {best.value:.4f} | {best.gap:.4f} | {slow:.2f} | {good.value:.4f} | "
            f"{best.value - good.value:.4f} | {fast:.2f} |",
            flush=True,
        )
    print()


def published(store: str, name: str) -> None:
    suite = load_suite(name)
    try:
        with open_ledger(store, create=False) as ledger:
            sheet = conclude(suite, ledger)
    except LedgerError as error:
        print(f"{error}; `make order` fills one")
        return
    table = next((section.tables["published"] for section in sheet.sections if "published" in section.tables), None)
    if table is None:
        print(f"{store}: no cell of the comparison is done")
        return
    with pd.option_context("display.width", 250, "display.max_columns", 30, "display.max_rows", 200):
        print(table.round(4).to_string(index=False, na_rep=""))
        learning = next((s.tables["learning"] for s in sheet.sections if "learning" in s.tables), None)
        if learning is not None:
            print("\n" + learning.round(5).to_string(index=False, na_rep=""))
    print()
    print("\n".join(describe_published(table)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", default="out/ledger.sqlite", help="the ledger that the suite was run into")
    parser.add_argument("--suite", default="order-quick", choices=("order-quick", "order"), help="which of its suites")
    parser.add_argument("--no-timing", action="store_true", help="only the published numbers")
    args = parser.parse_args()
    if not args.no_timing:
        timing()
    published(args.store, args.suite)


if __name__ == "__main__":
    main()
