"""The summary: per prime its widths, T_mem and T_gen with intervals, the crossing or its reason code, the onset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grokscope.laws.results import Onset, Timescale
from grokscope.report import words
from grokscope.studies.race.slices import ACCURACIES, CURVES, Slice


@dataclass(frozen=True)
class Cell:
    """One width in words: T_mem by running and by eval accuracy and T_gen, in epochs; then plain means, as published.

    A plain mean drops the censored runs, and where there are any it is too low.
    """

    dim: int
    n_params: int
    times: tuple[str, str, str]
    plain: tuple[str, str, str]


@dataclass(frozen=True)
class Summary:
    """One prime in words; crossings, onsets and the median of the seeds' own onsets by running and by eval accuracy."""

    title: str
    cells: tuple[Cell, ...]
    crossings: tuple[str, str]
    onsets: tuple[str, str]
    own_onsets: tuple[str, str]


def summary(shown: Slice) -> Summary:
    """A slice in words."""
    by_curve = [{(t.dim, t.n_params): t for t in shown.curves[name]} for name in CURVES]
    running, eval_ = ACCURACIES
    return Summary(
        title=shown.title,
        cells=tuple(
            _cell(dim, params, [cells.get((dim, params)) for cells in by_curve]) for dim, params in shown.widths
        ),
        crossings=(words.crossing(shown.crossings.get(running)), words.crossing(shown.crossings.get(eval_))),
        onsets=(words.onset(shown.onsets.get(running)), words.onset(shown.onsets.get(eval_))),
        own_onsets=(_own(shown.onsets.get(running)), _own(shown.onsets.get(eval_))),
    )


def _own(found: Onset | None) -> str:
    return "not measured" if found is None else words.estimate(found.by_seed)


def _cell(dim: int, n_params: int, found: Sequence[Timescale | None]) -> Cell:
    times = [words.ABSENT if t is None else words.timescale(t) for t in found]
    plain = [words.ABSENT if t is None else words.number(t.published_mean) for t in found]
    return Cell(dim, n_params, _three(times), _three(plain))


def _three(found: Sequence[str]) -> tuple[str, str, str]:
    return found[0], found[1], found[2]


def telling(shown: Slice, most: int) -> set[int]:
    """P of the widths that tell most, if there are more than `most`: the ends and those about crossing and onset."""
    params = [params for _, params in shown.widths]
    if len(params) <= most:
        return set(params)
    places = [c.n_params.value for c in shown.crossings.values()] + [o.n_params.value for o in shown.onsets.values()]
    chosen = {params[0], params[-1]}
    for place in places:
        below, above = [x for x in params if x <= place], [x for x in params if x > place]
        chosen |= set(below[-1:]) | set(above[:1])
    return chosen
