"""How numbers of this study are said."""

from __future__ import annotations

from grokscope.laws.results import Estimate


def said(value: Estimate) -> str:
    """A value with its interval, or with the reason that it has none."""
    if value.value != value.value:
        return "not known"
    if value.low != value.low:
        return f"{number(value.value)} (one seed, no interval)" if value.n == 1 else number(value.value)
    return f"{number(value.value)} [{number(value.low)}, {number(value.high)}]"


def number(value: float) -> str:
    """Three digits, or whole from a thousand on."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def share(found: int, of: int) -> str:
    """How many of how many."""
    return f"{found} of {of}"
