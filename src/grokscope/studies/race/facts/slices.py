"""One prime (or width) under one setting: what of a part's results belongs to it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from grokscope.laws.results import Accuracy, Crossing, Delay, Onset, Timescale
from grokscope.report import words
from grokscope.report.words import Curve
from grokscope.studies.race.facts.contents import Contents, FigureFamily, Part
from grokscope.suite import FigureOptions as Options

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
    """The data of one figure: the curves of one prime (or width) under one setting, their crossing and the onset.

    Attributes:
        figure: options of the family that it belongs to.
        value: the prime (or width).
        composed: whether p is the order of a group of permutations, as in `Part.composed`.
        probe: whose T_mem its curves are.
        frame: its finished speed and groks runs.
        curves: timescales, ascending along the axis.
        crossings, onsets, delays: by the accuracy that memorising is read from.
    """

    figure: Options
    value: int
    setting: Mapping[str, object]
    composed: bool
    probe: str
    frame: pd.DataFrame
    curves: Mapping[Curve, tuple[Timescale, ...]]
    crossings: Mapping[Accuracy, Crossing]
    onsets: Mapping[Accuracy, Onset]
    delays: Mapping[Accuracy, tuple[Delay, ...]]

    @property
    def name(self) -> str:
        """The prime and the setting, fit for a file name."""
        return f"{self.value}{suffix(self.setting)}"

    @property
    def title(self) -> str:
        """The prime and the setting, for people."""
        head = words.group(self.value, self.figure.slice_field, composed=self.composed)
        return ", ".join([head, *(f"{key} {value}" for key, value in self.setting.items())])

    @property
    def widths(self) -> tuple[tuple[int, int], ...]:
        """(width, P) of every cell, ascending in P. Of the main family alone."""
        cells = {(t.x, t.dim) for curve in self.curves.values() for t in curve}
        cells |= {(d.x, d.dim) for found in self.delays.values() for d in found}
        if len(self.frame):
            every = self.frame[["x", "dim"]].drop_duplicates()
            cells |= {(int(x), int(d)) for x, d in zip(every["x"], every["dim"], strict=True)}
        return tuple((dim, int(params)) for params, dim in sorted(cells))


def suffix(setting: Mapping[str, object]) -> str:
    """A setting as the end of a file name, different for different settings; empty for the only one."""
    return "".join(f"_{key}-{_OPERATIONS.get(str(value), value)}" for key, value in setting.items()).translate(_SAFE)


def family_stem(shown: Slice) -> str:
    """The file stem of a slice's figure in a family that is not the main one."""
    return f"{shown.figure.name}_".translate(_SAFE) + shown.name


def slices(contents: Contents) -> Iterator[Slice]:
    """Every prime that has a finished speed or groks run, under every setting: the main figure family."""
    for part in contents.parts:
        family = part.families[0] if part.families else FigureFamily(Options(), _timed(part.frame))
        groups = {int(group) for group in family.frame["group"].unique()} if len(family.frame) else set()
        for group in sorted(groups | {t.group for t in part.timescales}):
            yield _slice(part, family, group, contents.rule)


def other_slices(contents: Contents) -> Iterator[Slice]:
    """The slices of the other families, where both T_mem and T_gen were measured."""
    for part in contents.parts:
        for family in part.families[1:]:
            for value in sorted({int(value) for value in family.frame["group"].unique()}):
                shown = _slice(part, family, value, contents.rule)
                if shown.curves["T_gen"] and (shown.curves["T_mem running"] or shown.curves["T_mem eval"]):
                    yield shown


def _slice(part: Part, family: FigureFamily, value: int, rule: str) -> Slice:
    frame, figure = family.frame, family.figure
    widest = figure.max_dim or math.inf
    cells = [t.along(figure.slice_field, figure.x_field) for t in part.timescales if t.dim <= widest]
    cells = [t for t in cells if t.group == value]
    return Slice(
        figure=figure,
        value=value,
        setting=part.setting,
        composed=part.composed,
        probe=part.probe,
        frame=frame[frame["group"] == value] if len(frame) else frame,
        curves={name: _curve(cells, name, part.probe) for name in CURVES},
        crossings={c.accuracy: c for c in family.crossings if c.group == value and c.rule == rule},
        onsets={o.accuracy: o for o in family.onsets if o.group == value},
        delays={accuracy: tuple(d for d in found if d.group == value) for accuracy, found in family.delays.items()},
    )


def _timed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["measurement"] != "capacity"] if len(frame) else frame


def _curve(timescales: Sequence[Timescale], name: Curve, probe: str) -> tuple[Timescale, ...]:
    quantity, _, accuracy = name.partition(" ")
    cells = {
        (t.x, t.dim): t
        for t in timescales
        if t.quantity == quantity and (quantity == "T_gen" or (t.accuracy == accuracy and t.probe == probe))
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
