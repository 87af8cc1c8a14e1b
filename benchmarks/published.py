"""What of the published summary can be recomputed, what comes out, and what the mended tests make of it.

    python benchmarks/published.py

Prints: every published F with its p, published and recomputed; the published tests on cells that give the published
summary; and the verdict of every mended test on such cells, by how closely the crossing goes with the prime, which
was not published. docs/published.md says what to make of it.
"""

from __future__ import annotations

from grokscope.laws.claims.claims import evaluate_claims
from grokscope.laws.claims.published_summary import CENTRAL, TESTS, crossing_spread, reconstruct_cells

ALONG_PRIME = (0.5, 0.9, 0.99, 0.999)


def main() -> None:
    """Print the three tables."""
    print(f"{'sweep':15} {'test':20} {'F':>6} {'df':>6} {'p published':>12} {'recomputed':>11}")
    for test in TESTS:
        df = f"{test.columns}, {test.cells - test.model}"
        print(f"{test.sweep:15} {test.name:20} {test.f:6g} {df:>6} {test.p:12.2g} {test.recomputed_p:11.2g}")
    print(f"\nspread of the ten crossings: {crossing_spread():.3f} dex\n")
    for claim in evaluate_claims(reconstruct_cells(0.99), axes=["dropout"], design="published"):
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in claim.numbers.items())
        print(f"as published: {claim.name}: {claim.verdict}; {numbers}")
    print("published:", ", ".join(f"{name} {value:g}" for name, value in CENTRAL.items()), "\n")
    for correlation in ALONG_PRIME:
        print(f"mended, crossing with prime {correlation:g}:")
        for claim in evaluate_claims(reconstruct_cells(correlation), axes=["dropout"]):
            f = claim.numbers.get("f", float("nan"))
            print(
                f"  {claim.name:20} {claim.verdict:14}" + ("" if f != f else f" F {f:.3g}, p {claim.numbers['p']:.2g}")
            )


if __name__ == "__main__":
    main()
