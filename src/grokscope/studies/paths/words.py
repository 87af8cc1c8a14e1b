"""How numbers of this study are said."""

from __future__ import annotations

from grokscope.laws.results import Estimate


def said(value: Estimate, digits: int = 3) -> str:
    """A value with its interval, or with the reason that it has none."""
    if value.value != value.value:
        return "not known"
    if value.low != value.low:
        return f"{value.value:.{digits}g} (one seed, no interval)" if value.n == 1 else f"{value.value:.{digits}g}"
    return f"{value.value:.{digits}g} [{value.low:.{digits}g}, {value.high:.{digits}g}]"


def share(found: int, of: int) -> str:
    """How many of how many."""
    return f"{found} of {of}"
