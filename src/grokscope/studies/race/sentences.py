"""The race in words: what was found at a prime, what cannot be said of it, and what the report lacks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grokscope.laws.results import CROSSED, Accuracy, Crossing, CrossingCode, Onset, OnsetCode, Timescale
from grokscope.report import words
from grokscope.studies.race.facts.contents import Contents
from grokscope.studies.race.facts.slices import ACCURACIES, CURVES, Slice

_NO_CROSSING = {
    CrossingCode.ALWAYS_SLOWER: "memorising is slower than generalising at every width: the curves do not cross",
    CrossingCode.ALWAYS_FASTER: "memorising is faster than generalising at every width: the curves do not cross",
    CrossingCode.WRONG_WAY: "the curves cross only the other way: memorising becomes slower as P grows",
    CrossingCode.TOO_FEW: "fewer than two widths have both times, so nothing can be said of a crossing",
    CrossingCode.UNPROVEN: "the curves as drawn change sides, but within the noise between seeds: no crossing is shown",
    CrossingCode.CENSORED: "too many runs ended before they arrived to tell whether the curves cross",
}
_FEW_SEEDS = 4


def describe_slice(shown: Slice) -> str:
    """One or two sentences: the crossing by both accuracies, and the onset."""
    parts = [f"By {accuracy} accuracy, {_describe_crossing(shown.crossings.get(accuracy))}." for accuracy in ACCURACIES]
    return f"At {shown.title}: " + " ".join([*parts, *(_describe_onset(shown, accuracy) for accuracy in ACCURACIES)])


def _describe_crossing(crossing: Crossing | None) -> str:
    if crossing is None:
        return "the crossing was not measured"
    place = words.estimate(crossing.x)
    if crossing.code in CROSSED:
        first = "" if crossing.code is CrossingCode.CROSSES else f" (the first of {len(crossing.all)} places)"
        return (
            f"memorising becomes faster than generalising at P = {place} parameters{first}, "
            f"where both take about {words.number(crossing.epochs)} epochs"
        )
    if not math.isnan(crossing.x.value):
        return f"{_NO_CROSSING[crossing.code]}; the closest approach, which is no crossing, is at P = {place}"
    return _NO_CROSSING[crossing.code]


def _describe_onset(shown: Slice, accuracy: Accuracy) -> str:
    onset = shown.onsets.get(accuracy)
    if onset is None:
        return f"The onset by {accuracy} accuracy was not measured."
    if onset.code is OnsetCode.FOUND:
        return f"Grokking, by {accuracy} accuracy, begins at P = {words.estimate(onset.x)} parameters."
    if onset.code is OnsetCode.FROM_SMALLEST:
        smallest = words.number(onset.x.value)
        return (
            f"By {accuracy} accuracy the smallest width that memorised, P = {smallest}, groks already: the onset lies "
            "at or below it."
        )
    if onset.code is OnsetCode.NOT_YET:
        return f"By {accuracy} accuracy the largest width does not grok, so no onset is found."
    if onset.code is OnsetCode.NEVER:
        return f"By {accuracy} accuracy no width groks: validation is never later than training."
    if onset.code is OnsetCode.UNSEEN:
        return f"No run generalised before it ended, so the onset by {accuracy} accuracy is unknown."
    return f"No run has both accuracies at their thresholds, so the onset by {accuracy} accuracy is unknown."


def caveats(shown: Slice) -> list[str]:
    """Say what the data do not show, one sentence each; nothing where nothing stands out."""
    sentences = []
    missing = [words.LABELS[name] for name, cells in shown.curves.items() if not cells]
    if missing:
        sentences.append(f"Not measured here: {'; '.join(missing)}.")
    cells = [cell for curve in shown.curves.values() for cell in curve]
    censored, n = sum(c.n_censored for c in cells), sum(c.lognormal.n for c in cells)
    if censored:
        sentences.append(
            f"{censored} of {n} times are censored, their runs ended before they arrived: where none of a cell's runs "
            "arrived, its time is only known to be longer."
        )
    fewest = min((c.lognormal.n for c in cells), default=0)
    if 0 < fewest < _FEW_SEEDS:
        seeds = "one seed" if fewest == 1 else f"{fewest} seeds"
        wide = "say nothing of the spread between seeds" if fewest == 1 else "give wide intervals"
        sentences.append(f"Some cells rest on {seeds}, which {wide}.")
    bounded = [o for o in shown.onsets.values() if o.code is OnsetCode.FOUND]
    if any(math.isnan(o.x.low) or math.isnan(o.x.high) for o in bounded):
        sentences.append(
            "The onset is known to the grid of widths at best; a side without a bound is not bounded here."
        )
    return sentences


@dataclass(frozen=True)
class WidthSummary:
    """One width in words: T_mem by running and by eval accuracy and T_gen, in epochs; then plain means, as published.

    A plain mean drops the censored runs, and where there are any it is too low.
    """

    dim: int
    n_params: int
    times: tuple[str, str, str]
    plain: tuple[str, str, str]


@dataclass(frozen=True)
class SliceSummary:
    """One prime in words; crossings, onsets and the median of the seeds' own onsets by running and by eval accuracy."""

    title: str
    cells: tuple[WidthSummary, ...]
    crossings: tuple[str, str]
    onsets: tuple[str, str]
    own_onsets: tuple[str, str]


def summarise_slice(shown: Slice) -> SliceSummary:
    """A slice in words."""
    by_curve = [{(t.dim, t.x): t for t in shown.curves[name]} for name in CURVES]
    running, eval_ = ACCURACIES
    return SliceSummary(
        title=shown.title,
        cells=tuple(
            _summarise_width(dim, params, [cells.get((dim, params)) for cells in by_curve])
            for dim, params in shown.widths
        ),
        crossings=(words.crossing(shown.crossings.get(running)), words.crossing(shown.crossings.get(eval_))),
        onsets=(words.onset(shown.onsets.get(running)), words.onset(shown.onsets.get(eval_))),
        own_onsets=(_onset_by_seed(shown.onsets.get(running)), _onset_by_seed(shown.onsets.get(eval_))),
    )


def _onset_by_seed(found: Onset | None) -> str:
    return "not measured" if found is None else words.estimate(found.by_seed)


def _summarise_width(dim: int, n_params: int, found: Sequence[Timescale | None]) -> WidthSummary:
    times = [words.ABSENT if t is None else words.timescale(t) for t in found]
    plain = [words.ABSENT if t is None else words.number(t.published_mean) for t in found]
    return WidthSummary(dim, n_params, _three(times), _three(plain))


def _three(found: Sequence[str]) -> tuple[str, str, str]:
    return found[0], found[1], found[2]


def informative_widths(shown: Slice, most: int) -> set[int]:
    """P of the widths that tell most, if there are more than `most`: the ends and those about crossing and onset."""
    params = [params for _, params in shown.widths]
    if len(params) <= most:
        return set(params)
    places = [c.x.value for c in shown.crossings.values()] + [o.x.value for o in shown.onsets.values()]
    chosen = {params[0], params[-1]}
    for place in places:
        below, above = [x for x in params if x <= place], [x for x in params if x > place]
        chosen |= set(below[-1:]) | set(above[:1])
    return chosen


_REASONS = {
    "race": "no finished speed or groks run",
    "learning": "no trace of a run on random labels or on the task",
    "survival": "no finished run on random labels or on the task",
    "capacity": "no finished capacity run on random inputs",
    "speed": "no finished speed run on random inputs, or no capacity constant",
    "onset": "no onset under more than one pair of thresholds",
    "probes": "T_mem on random data alone",
    "prediction": "no cell has both a crossing and an onset",
    "residual": "no cell has both a crossing and an onset",
}


def describe_gaps(contents: Contents, absent: Iterable[str]) -> list[str]:
    """A sentence for every measurement that is not done, every figure that is not there, and untested claims.

    Args:
        contents: what is reported.
        absent: stems of the figures that could not be drawn.
    """
    said = []
    for measurement, count in contents.counts.items():
        if count.done < count.total:
            said.append(
                f"{measurement}: {count.done} of {count.total} runs are done, {count.failed} failed and "
                f"{count.pending} are pending; what is said rests on the done ones."
            )
    if not contents.parts:
        why = "The race has nothing to say of the runs that are done" if contents.silences else "No run is finished"
        said.append(f"{why}: there are no figures and nothing follows{'' if contents.silences else ' yet'}.")
    said += [f"The figure {stem} is absent: {_REASONS[stem.partition('_')[0]]}." for stem in absent]
    untested = [each for each in contents.predictions if each.claims is None]
    if untested or not contents.predictions:
        names = ", ".join(f"{each.figure.name} by {each.accuracy} accuracy" for each in untested)
        of = f" of {names}" if names else ""
        said.append(f"The claims{of} were not tested: that takes three cells with both a crossing and an onset.")
    if contents.calibrates and not contents.forecasts:
        said.append(
            "No forecast stands, although the suite says what one is calibrated on: "
            f"`grokscope forecast {contents.suite}` makes it."
        )
    return said
