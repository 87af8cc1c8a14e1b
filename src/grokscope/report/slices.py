"""One prime under one setting: what of a part's results belongs to it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from grokscope.laws.results import Accuracy, Crossing, Delay, Onset, Timescale
from grokscope.report.contents import Contents

Curve = Literal["T_mem running", "T_mem eval", "T_gen"]
CURVES: tuple[Curve, ...] = ("T_mem running", "T_mem eval", "T_gen")
MOST_BEYOND = 4.0
"""Times the longest (or shortest) time that an interval may stretch the epochs of a figure."""
MARGIN = 1.4
_OPERATIONS = {"+": "add", "-": "sub", "*": "mul", "/": "div"}


class _Escapes(dict[int, str]):
    """What a file name should not hold, by its number."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        return char if char.isascii() and (char.isalnum() or char in "._-") else f"~{code:x}"


_SAFE = _Escapes()
ACCURACIES: tuple[Accuracy, ...] = ("running", "eval")


@dataclass(frozen=True)
class Slice:
    """What a figure shows: the curves of one prime under one setting, their crossing and the onset.

    Attributes:
        frame: its finished speed and groks runs.
        curves: timescales by width, ascending in P.
        crossings, onsets, delays: by the accuracy that memorising is read from.
    """

    p: int
    setting: Mapping[str, object]
    frame: pd.DataFrame
    curves: Mapping[Curve, tuple[Timescale, ...]]
    crossings: Mapping[Accuracy, Crossing]
    onsets: Mapping[Accuracy, Onset]
    delays: Mapping[Accuracy, tuple[Delay, ...]]

    @property
    def name(self) -> str:
        """The prime and the setting, fit for a file name."""
        return f"{self.p}{suffix(self.setting)}"

    @property
    def title(self) -> str:
        """The prime and the setting, for people."""
        return ", ".join([f"p = {self.p}", *(f"{key} {value}" for key, value in self.setting.items())])

    @property
    def widths(self) -> tuple[tuple[int, int], ...]:
        """(width, P) of every cell, ascending in P."""
        cells = {(t.n_params, t.dim) for curve in self.curves.values() for t in curve}
        cells |= {(d.n_params, d.dim) for found in self.delays.values() for d in found}
        if len(self.frame):
            cells |= {(int(x), int(d)) for x, d in zip(self.frame["n_params"], self.frame["dim"], strict=True)}
        return tuple((dim, params) for params, dim in sorted(cells))


def suffix(setting: Mapping[str, object]) -> str:
    """A setting as the end of a file name, different for different settings; empty for the only one."""
    return "".join(f"_{key}-{_OPERATIONS.get(str(value), value)}" for key, value in setting.items()).translate(_SAFE)


def slices(contents: Contents) -> Iterator[Slice]:
    """Every prime that has a finished speed or groks run, under every setting."""
    for part in contents.parts:
        timed = part.frame[part.frame["measurement"] != "capacity"] if len(part.frame) else part.frame
        primes = {int(p) for p in timed["p"].unique()} if len(timed) else set()
        for p in sorted(primes | {t.p for t in part.timescales}):
            yield Slice(
                p=p,
                setting=part.setting,
                frame=timed[timed["p"] == p] if len(timed) else timed,
                curves={name: _curve(part.timescales, name, p) for name in CURVES},
                crossings={
                    c.accuracy: c
                    for c in part.crossings
                    if c.p == p and c.probe == "random" and c.rule == contents.rule
                },
                onsets={o.accuracy: o for o in part.onsets if o.p == p},
                delays={accuracy: tuple(d for d in found if d.p == p) for accuracy, found in part.delays.items()},
            )


def _curve(timescales: tuple[Timescale, ...], name: Curve, p: int) -> tuple[Timescale, ...]:
    quantity, _, accuracy = name.partition(" ")
    cells = {
        (t.n_params, t.dim): t
        for t in timescales
        if t.p == p
        and t.quantity == quantity
        and (quantity == "T_gen" or (t.accuracy == accuracy and t.probe == "random"))
    }
    return tuple(cells[key] for key in sorted(cells))


def epochs_in_view(shown: Slice) -> tuple[float, float] | None:
    """The epochs that a figure of the curves spans: every time, and its interval as far as the times stay legible.

    A cell of few or censored runs can have an interval over many decades; it is drawn to the edge, and stated in full.
    """
    cells = [t for curve in shown.curves.values() for t in curve]
    times = [t.longest if math.isnan(t.lognormal.value) else t.lognormal.value for t in cells]
    if not times:
        return None
    low, high = min(times), max(times)
    ends = [end for t in cells for end in (t.lognormal.low, t.lognormal.high) if math.isfinite(end)]
    inside = [end for end in ends if low / MOST_BEYOND <= end <= high * MOST_BEYOND]
    return min([low, *inside]) / MARGIN, max([high, *inside]) * MARGIN
