"""Which widths an experiment trains: named, in ranges, or found for a number of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from grokscope.nets import Transformer
from grokscope.run import Signature
from grokscope.suite.axes import required_list, whole_number
from grokscope.suite.errors import Findings
from grokscope.suite.keys import WIDTHS
from grokscope.suite.value import Value

LARGEST_WIDTH = 65_536
SEARCHED = range(8, 511, 2)
"""Widths among which a parameter target looks."""
TOLERANCE = 0.15
"""A target is dropped if the nearest P is further off than this share of it."""
MATCHED_BY = ("param_count", "n_params", "params", "parameters")


def given_widths(values: Mapping[str, Value], findings: Findings) -> dict[int, Value]:
    """Widths of `dims` and `dim_ranges`, in order, with the place that names each."""
    found: dict[int, Value] = {}
    if "dims" in values:
        for entry in required_list(values["dims"], "dims", values["dims"], findings):
            dim = whole_number(entry, findings, low=1, high=LARGEST_WIDTH)
            if dim is not None:
                found.setdefault(dim, entry)
    if "dim_ranges" in values:
        for entry in required_list(values["dim_ranges"], "dim_ranges", values["dim_ranges"], findings):
            for dim in _inclusive(entry, findings):
                found.setdefault(dim, entry)
    return found


def targets(values: Mapping[str, Value], at: Value, findings: Findings) -> list[float]:
    """Parameter targets; also a fault if an experiment has no widths of any kind."""
    if not any(key in values for key in WIDTHS):
        findings.refuse(at, "one of " + ", ".join(WIDTHS), found="no widths")
    by = values.get("match_by")
    if by is not None and "param_count_targets" in values and by.data not in MATCHED_BY:
        findings.warn(by, f"{by.found} is read as {MATCHED_BY[0]}: widths are matched by their number of parameters")
    value = values.get("param_count_targets")
    found = []
    for entry in required_list(value, "param_count_targets", at, findings) if value is not None else []:
        number = entry.data
        if isinstance(number, bool) or not isinstance(number, int | float) or number <= 0:
            findings.refuse(entry, "a number of parameters above 0")
        else:
            found.append(float(number))
    return found


def nearest(target: float, p: int, depth: int, heads: int) -> int | None:
    """The even width from 8 to 510 whose P is nearest to `target`, or None if it is off by more than 15 %.

    With several heads only widths that they divide are looked at. Source: Song & Ye 2026, depth sweep.
    """
    counts = _params_by_width(p, depth, heads)
    dim = min(counts, key=lambda d: abs(counts[d] - target), default=None)
    return dim if dim is not None and abs(counts[dim] - target) <= TOLERANCE * target else None


@lru_cache(maxsize=1024)
def _params_by_width(p: int, depth: int, heads: int) -> dict[int, int]:
    signature = Signature(vocab=p + 2, length=4, classes=p + 2)
    return {
        dim: Transformer(dim=dim, depth=depth, heads=heads).n_params(signature)
        for dim in SEARCHED
        if dim % (2 * heads) == 0
    }


def _inclusive(entry: Value, findings: Findings) -> range:
    """A mapping {start, end, step} as the numbers it stands for, its end among them."""
    parts = entry.mapping()
    if set(parts) != {"start", "end", "step"}:
        what = "the keys " + ", ".join(parts) if parts else entry.found
        findings.refuse(entry, "a mapping of start, end and step", found=what)
        return range(0)
    start, end, step = (
        whole_number(parts[key], findings, low=1, high=LARGEST_WIDTH) for key in ("start", "end", "step")
    )
    if start is None or end is None or step is None:
        return range(0)
    if end < start:
        findings.refuse(parts["end"], f"at least the start, {start}")
    return range(start, end + 1, step)
