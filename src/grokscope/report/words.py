"""Numbers and reason codes as people read them: the same words in figures, tables, sentences and the terminal."""

from __future__ import annotations

import math
import re
from typing import Any, Literal

from grokscope.laws.results import Crossing, CrossingCode, Estimate, Onset, OnsetCode, Timescale

Curve = Literal["T_mem running", "T_mem eval", "T_gen"]
"""The three curves of a race."""
LABELS: dict[Curve, str] = {
    "T_mem running": "T_mem, running accuracy",
    "T_mem eval": "T_mem, eval accuracy",
    "T_gen": "T_gen, eval accuracy",
}
AXES = {
    "n_params": "parameters P",
    "dim": "width d",
    "dataset_bits": "bits of the training data K",
    "p": "prime p",
}
"""What an axis or a scale of colours shows."""
GROUPS = {6: "S3", 24: "S4", 120: "S5", 720: "S6"}
"""Groups of permutations by their order."""
ABSENT = "–"


def number(value: float) -> str:
    """Three significant digits; from a thousand to a million in full, in groups of three."""
    if math.isnan(value):
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.2e}".replace("-", "−")
    shown = f"{value:.3g}" if abs(value) < 999.5 else f"{round(value):,}".replace(",", "\u202f")
    return shown.replace("-", "−")


def interval(low: float, high: float) -> str:
    """`[low, high]` in words where a side is unknown; empty where both are."""
    if math.isnan(low) and math.isnan(high):
        return ""
    if math.isnan(high):
        return f"[≥\u00a0{number(low)}]"
    return f"[≤\u00a0{number(high)}]" if math.isnan(low) else f"[{number(low)}, {number(high)}]"


def estimate(found: Estimate) -> str:
    """Value and 95 % interval."""
    return f"{number(found.value)} {interval(found.low, found.high)}".strip()


def timescale(cell: Timescale) -> str:
    """T in epochs with its interval and how many runs were censored; a bound where none arrived."""
    if cell.n_censored == cell.lognormal.n:
        return f"> {number(cell.longest)} (all {cell.n_censored} censored)"
    censored = f" ({cell.n_censored} of {cell.lognormal.n} censored)" if cell.n_censored else ""
    return estimate(cell.lognormal) + censored


def code(reason: CrossingCode | OnsetCode, *, fading: bool = False) -> str:
    """A reason code; where the axis is of data and grokking fades along it, of primes and seen from the other end."""
    return _CODE.sub(lambda found: _FROM_THE_OTHER_END[found[0]], reason) if fading else str(reason)


_FROM_THE_OTHER_END = {"width": "prime", "smallest": "largest", "largest": "smallest"}
_CODE = re.compile("|".join(_FROM_THE_OTHER_END))


def crossing(found: Crossing | None, *, fading: bool = False) -> str:
    """A crossing in words, with its interval, or why there is none; the code says when it is no crossing."""
    if found is None:
        return "not measured"
    reason = code(found.code, fading=fading)
    if math.isnan(found.x.value):
        return reason
    place = estimate(found.x)
    return place if found.code is CrossingCode.CROSSES else f"{place} ({reason})"


def onset(found: Onset | None, *, fading: bool = False) -> str:
    """An onset in words, with its interval, or why there is none."""
    if found is None:
        return "not measured"
    if found.code is OnsetCode.FOUND:
        return estimate(found.x)
    reason = code(found.code, fading=fading)
    if found.code is OnsetCode.FROM_SMALLEST:
        return f"{'≥' if fading else '≤'} {number(found.x.value)} ({reason})"
    return reason


def group(value: float, axis: str = "p", *, composed: bool = False) -> str:
    """The group that runs are of: `p = 97`, `width 32`; `S5 (order 120)` where permutations are composed."""
    if axis == "dim":
        return f"width {int(value)}"
    if axis == "group":
        return "all runs"
    return f"{GROUPS.get(int(value), 'group')} (order {int(value)})" if composed else f"{axis} = {int(value)}"


def group_word(axis: str = "p", *, composed: bool = False) -> str:
    """The word for what an axis of groups tells apart: primes, groups of permutations, or whatever it is called."""
    return "prime" if axis == "p" and not composed else "group" if composed else axis.replace("_", " ")


def axis(name: str, *, composed: bool = False) -> str:
    """The label of an axis or a scale of colours; p is the order of a group where permutations are composed."""
    return "order of the group" if composed and name == "p" else AXES.get(name, name.replace("_", " "))


def percent(fraction: float) -> str:
    """A fraction as a percentage."""
    return f"{100 * fraction:.4g} %"


def interval_columns(name: str, found: Estimate) -> dict[str, Any]:
    """The columns of an estimate: value and both ends of its 95 % interval, NaN where there is none."""
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
