"""The lists that a grid is spanned over beside its settings: primes, seeds and sizes of data."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from grokscope.run import Seeds
from grokscope.spec import SpecError
from grokscope.suite.errors import Findings
from grokscope.suite.value import Value, in_words
from grokscope.tasks.modular import check_prime

LARGEST_PRIME = 46_340
"""The rows of a larger prime's table cannot be numbered with 32 bits."""
MOST_EXAMPLES = 2**31 - 1
MOST_SEEDS = 1_000_000
RANGE = {"first", "count"}
STREAMS = tuple(field.name for field in dataclasses.fields(Seeds))


def whole_number(value: Value, findings: Findings, *, low: int, high: int) -> int | None:
    """The number, or None and a fault."""
    number = value.data
    if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number):
        findings.refuse(value, "a whole number")
    elif not low <= number <= high:
        findings.refuse(value, f"a whole number from {low} to {high}")
    else:
        return int(number)
    return None


def required_list(value: Value | None, key: str, at: Value, findings: Findings) -> list[Value]:
    """The elements of a list that has to be there; a fault at `at` if it is not, or is empty."""
    if value is None or value.data in (None, []):
        findings.refuse(value or at, f"{key}: a list", found=f"no {key}")
        return []
    return value.elements()


def primes(values: Iterable[Value], findings: Findings) -> list[int]:
    """Every entry that is a prime, in order; faults for the rest."""
    found = []
    for value in values:
        p = whole_number(value, findings, low=2, high=LARGEST_PRIME)
        if p is None:
            continue
        try:
            check_prime(p)
        except SpecError as error:
            findings.refuse(value, error.expected)
        else:
            found.append(p)
    return found


def seeds(values: Iterable[Value], findings: Findings) -> list[Seeds]:
    """An integer seeds all four streams; {data, init, order, dropout} each one for itself; {first, count} is many."""
    found = []
    for value in values:
        streams = value.mapping()
        if set(streams) == RANGE:
            first = whole_number(streams["first"], findings, low=0, high=2**31 - 1 - MOST_SEEDS)
            count = whole_number(streams["count"], findings, low=1, high=MOST_SEEDS)
            found += [Seeds.all(seed) for seed in range(first or 0, (first or 0) + (count or 0))]
            continue
        if isinstance(value.data, dict) and set(streams) != set(STREAMS):
            findings.refuse(
                value,
                f"a number, or a mapping of {', '.join(STREAMS)} or of first, count",
                found=f"the keys {', '.join(streams) or '(none)'}",
            )
            continue
        try:
            found.append(Seeds(**value.plain()) if streams else Seeds.all(value.data))
        except SpecError as error:
            at = streams.get(error.field, value)
            findings.refuse(at, error.expected, found=in_words(error.found))
    return found


def sizes(kind: str, value: Value | None, at: Value, findings: Findings) -> list[tuple[int | None, Value]]:
    """`n_samples`: a list for capacity, `auto` (None here) or one number for speed, nothing or `auto` for groks."""
    if kind == "capacity":
        entries = required_list(value, "n_samples", at, findings)
    elif value is None or value.data == "auto":
        return [(None, value or at)]
    elif kind == "groks" or not value.is_scalar:
        findings.refuse(value, "auto" if kind == "groks" else "auto, or one number")
        return []
    else:
        entries = [value]
    numbers = ((whole_number(entry, findings, low=1, high=MOST_EXAMPLES), entry) for entry in entries)
    return [(n, entry) for n, entry in numbers if n is not None]
